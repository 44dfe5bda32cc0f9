"""After the transfer: leave no unfinished multipart uploads behind."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from validator.errors import CredentialsError, RemoteError
from validator.s3.multipart import RemoteUpload, abort_if_empty, abort_upload, try_list_uploads
from validator.upload.files import SelectedFiles
from validator.upload.journal_reading import JournalState
from validator.upload.remote import folder_prefixes

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Sweep:
    """What was found when the bucket was asked for unfinished uploads at the keys of this run.

    Attributes
    ----------
    listed
        Whether the credentials may list them at all; those of a grant probably may not.
    aborted
        Uploads that this journal had begun and nothing needs any more.
    kept
        Uploads that wait for the next run of a file that failed.
    foreign
        Uploads that somebody else began.
    """

    listed: bool
    aborted: int = 0
    kept: int = 0
    foreign: int = 0

    @property
    def leaves_nothing(self) -> bool:
        """Whether the bucket was seen to hold no upload of ours any more, so that the journal may forget them."""
        return self.listed and not self.kept


def sweep_uploads(
    client: "S3Client", bucket: str, files: SelectedFiles, journal: JournalState, kept_keys: Collection[str]
) -> Sweep:
    """Abort what this journal began at the keys of these files and nothing needs any more."""
    found = unfinished_uploads(client, bucket, files)
    if found is None:
        return Sweep(listed=False)
    aborted = kept = foreign = 0
    for upload_id, upload in found.items():
        if upload_id not in journal.uploads:
            unanswered = upload.key in journal.intents
            if unanswered and abort_if_empty(client, bucket, upload.key, upload_id):
                aborted += 1
            else:
                foreign += 1
        elif upload.key in kept_keys:
            kept += 1
        else:
            try:
                abort_upload(client, bucket, upload.key, upload_id)
                aborted += 1
            except (CredentialsError, RemoteError):
                kept += 1
    return Sweep(True, aborted, kept, foreign)


def unfinished_uploads(
    client: "S3Client", bucket: str, files: SelectedFiles
) -> dict[str, RemoteUpload] | None:
    """Unfinished uploads at the keys of these files, by their id; ``None`` where they cannot be listed."""
    found: dict[str, RemoteUpload] = {}
    deep, shallow = folder_prefixes({folder.rstrip("/") for folder in files.folders()})
    for prefix in [*deep, *shallow]:
        uploads = try_list_uploads(client, bucket, prefix)
        if uploads is None:
            return None
        found.update((upload.upload_id, upload) for upload in uploads if upload.key in files)
    return found
