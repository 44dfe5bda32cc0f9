"""Multipart uploads that were begun and never ended: found in the journals of this machine, and in the bucket."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from validator.errors import CpgateError, CredentialsError, RemoteError
from validator.recordlog.log import read_log
from validator.s3.failures import KeysExpired, NoRight, RequestRefused, UploadGone
from validator.s3.multipart import RemoteUpload, abort_upload, list_parts, list_uploads
from validator.upload.journal import JOURNAL_SUFFIX, Journal
from validator.upload.lock import UploadLock
from validator.upload.state import UPLOADS, folder_name

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REQUESTS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class OwnUpload:
    """An upload that a journal of this machine knows: its key, and the folder of the journal."""

    key: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A multipart upload that was begun and never ended.

    Attributes
    ----------
    key, upload_id
        Of the object that it would become, and of itself.
    folder
        Of the journal that knows it; ``None`` for one that somebody else began.
    began
        When (UTC); of the first part where the bucket may not be asked; ``None`` where nobody knows.
    who
        Who began it, as the store says it.
    size, parts
        Bytes and number of its parts; ``None`` where they may not be listed.
    """

    key: str
    upload_id: str
    folder: Path | None = None
    began: datetime | None = None
    who: str = ""
    size: int | None = None
    parts: int | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """What was found.

    Attributes
    ----------
    listed
        Whether the bucket could be asked; if not, only what journals know was found.
    uploads
        By age, oldest first.
    """

    listed: bool
    uploads: tuple[Unfinished, ...]


def own_uploads(state_root: Path, endpoint: str | None, bucket: str, prefix: str) -> dict[str, OwnUpload]:
    """Unfinished uploads below a prefix by their ids, from every journal of this machine for that bucket."""
    found: dict[str, OwnUpload] = {}
    for folder in sorted((state_root.expanduser() / UPLOADS).glob("*/")):
        begun = _begun(folder)
        known = {name for key in begun.values() for name in _names(endpoint, bucket, key)}
        if folder.name in known:
            found |= {i: OwnUpload(key, folder) for i, key in begun.items() if key.startswith(prefix)}
    return found


def _names(endpoint: str | None, bucket: str, key: str) -> Iterator[str]:
    """Names that the folder of a key's dataset may have: of its source, or of its project."""
    folders = key.split("/")[:-1]
    return (folder_name(endpoint, bucket, "/".join(folders[:depth])) for depth in range(1, len(folders) + 1))


def _begun(folder: Path) -> dict[str, str]:
    """Keys of a folder's unfinished uploads by their ids."""
    begun: dict[str, str] = {}
    ended: set[str] = set()
    for path in sorted(folder.glob(f"*{JOURNAL_SUFFIX}")):
        with suppress(FileNotFoundError):  # an upload that runs has put its journals together
            for record in read_log(path):
                if record["t"] == "begin":
                    begun[record["upload_id"]] = record["key"]
                elif record["t"] == "end":
                    ended.add(record["upload_id"])
    return {upload_id: key for upload_id, key in begun.items() if upload_id not in ended}


def find_unfinished(
    client: "S3Client", bucket: str, prefix: str, own: Mapping[str, OwnUpload], *, others: bool
) -> Search:
    """Find unfinished uploads below a prefix: in the bucket where that may be asked, else those of the journals.

    Parameters
    ----------
    client, bucket, prefix
        Where to look.
    own
        What the journals know.
    others
        Whether parts of uploads that others began are counted, too.

    Raises
    ------
    CredentialsError
        If keys are wrong or have expired.
    RemoteError
        If there is no such bucket, or nobody answers.
    """
    try:
        found = list(list_uploads(client, bucket, prefix))
        listed = True
    except (NoRight, RequestRefused):  # a grant has no right to it, and some stores do not know the request
        found = [RemoteUpload(upload.key, upload_id) for upload_id, upload in own.items()]
        listed = False
    begun = [
        Unfinished(
            upload.key,
            upload.upload_id,
            own[upload.upload_id].folder if upload.upload_id in own else None,
            upload.began,
            upload.who,
        )
        for upload in found
    ]
    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as threads:
        looked = threads.map(
            lambda upload: _with_parts(client, bucket, upload) if others or upload.folder else upload, begun
        )
        there = [upload for upload in looked if upload is not None]
    there.sort(
        key=lambda upload: (upload.began is None, upload.began and upload.began.timestamp(), upload.key)
    )
    return Search(listed, tuple(there))


def _with_parts(client: "S3Client", bucket: str, upload: Unfinished) -> Unfinished | None:
    """Add what its parts say; ``None`` if the store no longer knows it."""
    try:
        parts = list_parts(client, bucket, upload.key, upload.upload_id)
    except UploadGone:
        return None
    except (NoRight, RequestRefused):
        return upload
    first = min((part.modified for part in parts if part.modified is not None), default=None)
    return replace(
        upload, size=sum(part.size for part in parts), parts=len(parts), began=upload.began or first
    )


def abort_unfinished(
    client: "S3Client", bucket: str, uploads: Iterable[Unfinished]
) -> Iterator[tuple[Unfinished, CpgateError | None]]:
    """Throw uploads and their parts away; yields each with what went wrong, if anything did.

    Raises
    ------
    KeysExpired
        If keys expire meanwhile.
    """
    ordered = sorted(uploads, key=lambda upload: str(upload.folder or ""))
    for folder, group in groupby(ordered, key=lambda upload: upload.folder):
        if folder is None:
            for upload in group:
                yield upload, _abort(client, bucket, upload)
        else:
            yield from _abort_own(client, bucket, folder, list(group))


def _abort_own(
    client: "S3Client", bucket: str, folder: Path, uploads: list[Unfinished]
) -> Iterator[tuple[Unfinished, CpgateError | None]]:
    """Abort what a journal knows, and write that into it; never beside an upload that runs."""
    try:
        with UploadLock(folder):
            journal = Journal(folder, _next_run(folder), "multipart")
            try:
                for upload in uploads:
                    problem = _abort(client, bucket, upload)
                    if problem is None:
                        journal.end(upload.upload_id)
                    yield upload, problem
            finally:
                journal.close()
    except (CredentialsError, RemoteError):
        raise
    except CpgateError as running:
        yield from ((upload, running) for upload in uploads)


def _next_run(folder: Path) -> int:
    runs = (path.name.partition("-")[0] for path in folder.glob(f"*{JOURNAL_SUFFIX}"))
    return max((int(run) for run in runs if run.isdigit()), default=0) + 1


def _abort(client: "S3Client", bucket: str, upload: Unfinished) -> CpgateError | None:
    try:
        abort_upload(client, bucket, upload.key, upload.upload_id)
    except KeysExpired:
        raise
    except (CredentialsError, RemoteError) as error:
        return error
    return None
