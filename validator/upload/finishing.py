"""After the transfer: compare what the bucket lists with what was sent, and leave nothing behind."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from validator.digests.sha256 import WholeDigest
from validator.errors import CredentialsError, RemoteError
from validator.models.place import Place
from validator.models.receipt import ReceiptObject
from validator.s3.multipart import RemoteUpload, abort_if_empty, abort_upload, try_list_uploads
from validator.s3.objects import RemoteObject
from validator.upload.journal import JournalState
from validator.upload.remote import listing_prefixes
from validator.upload.sending import Outcome, State
from validator.upload.tasks import Failure

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RECEIPT_STATES: Mapping[State, Literal["uploaded", "resumed", "unchanged"]] = {
    State.UPLOADED: "uploaded",
    State.RESUMED: "resumed",
    State.UNCHANGED: "unchanged",
}
PRESENT = frozenset(RECEIPT_STATES)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def compare_with_listing(outcomes: Iterable[Outcome], remote: Mapping[str, RemoteObject]) -> list[Outcome]:
    """Trust only what the bucket lists: an object that is not there with its size and ETag has failed."""
    return [_compared(outcome, remote.get(outcome.item.entry.key)) for outcome in outcomes]


def _compared(outcome: Outcome, there: RemoteObject | None) -> Outcome:
    digest = outcome.digest
    if outcome.state not in PRESENT or digest is None:
        return outcome
    if there is None:
        reason = "it was sent, but the bucket does not list it"
    elif (there.size, there.etag) != (digest.size, digest.etag):
        reason = (
            f"the bucket lists other bytes ({there.size:,} bytes, ETag {there.etag}) than were sent "
            f"({digest.size:,} bytes, ETag {digest.etag})"
        )
    else:
        if outcome.uploaded_at:
            return outcome
        return replace(outcome, uploaded_at=there.modified.isoformat())
    return replace(
        outcome,
        state=State.FAILED,
        failure=Failure.REMOTE,
        reason=reason,
        mend="find out who else writes to this place, then run the same command again",
    )


def receipt_object(
    outcome: Outcome, place: Place | None = None, whole: WholeDigest | None = None
) -> ReceiptObject:
    """Make the receipt's record of an object that is in the bucket.

    Parameters
    ----------
    outcome
        What became of the file.
    place
        What the layout makes of its key.
    whole
        SHA-256 of the file, where it was asked for.
    """
    digest, entry = outcome.digest, outcome.item.entry
    if digest is None:
        raise ValueError(entry.key)
    return ReceiptObject(
        key=entry.key,
        kind=place.kind if place is not None and place.misfit is None else None,
        entities=dict(place.entities) if place is not None else {},
        size=digest.size,
        etag=digest.etag,
        part_size=digest.part_size,
        parts=digest.parts,
        crc64nvme=digest.crc64nvme,
        version_id=outcome.version_id,
        mtime=EPOCH + timedelta(microseconds=entry.mtime_ns // 1000),
        uploaded_at=datetime.fromisoformat(outcome.uploaded_at),
        state=RECEIPT_STATES[outcome.state],
        sha256=whole.sha256 if whole is not None else None,
        sha2_256_chunked=whole.sha2_256_chunked if whole is not None else None,
    )


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


def sweep_uploads(
    client: "S3Client", bucket: str, keys: Collection[str], journal: JournalState, kept_keys: Collection[str]
) -> Sweep:
    """Abort what this journal began at these keys and nothing needs any more."""
    found: dict[str, RemoteUpload] = {}
    deep, shallow = listing_prefixes(keys)
    for prefix in [*deep, *shallow]:
        uploads = try_list_uploads(client, bucket, prefix)
        if uploads is None:
            return Sweep(listed=False)
        found.update((upload.upload_id, upload) for upload in uploads if upload.key in keys)
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
