"""Find, and throw away, multipart uploads that were begun and never ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from validator.errors import CpgateError, CredentialsError, ExitCode, UsageError
from validator.s3.client import endpoint_of, make_client
from validator.s3.grant import READWRITE
from validator.s3.settings import S3Settings
from validator.upload.destination import parse_destination
from validator.upload.state import default_state_root
from validator.upload.unfinished import Search, Unfinished, abort_unfinished, find_unfinished, own_uploads


@dataclass(frozen=True, slots=True)
class MultipartRequest:
    """Which unfinished uploads are meant.

    Attributes
    ----------
    place
        ``s3://bucket`` or ``s3://bucket/prefix``.
    s3
        How to reach the store.
    older_than
        Only what was begun so many seconds ago or earlier; ``None`` for all.
    others
        Also what the journals of this machine do not know.
    state
        Folder of the journals; ``None`` for the user's state folder.
    """

    place: str
    s3: S3Settings
    older_than: float | None = None
    others: bool = False
    state: Path | None = None


@dataclass(frozen=True, slots=True)
class UnfinishedUploads:
    """What was found.

    Attributes
    ----------
    place
        Where.
    listed
        Whether the bucket could be asked; if not, only what journals know was found.
    meant
        Uploads that the request means, oldest first.
    of_others
        How many were left out because others began them.
    younger
        How many were left out because they are younger, or nobody knows their age.
    """

    place: str
    listed: bool
    meant: Sequence[Unfinished]
    of_others: int = 0
    younger: int = 0


@dataclass(frozen=True, slots=True)
class Aborted:
    """What became of the uploads that were to be aborted.

    Attributes
    ----------
    found
        What was meant.
    problems
        Those that are still there, and why.
    """

    found: UnfinishedUploads
    problems: Sequence[tuple[Unfinished, CpgateError]] = ()

    @property
    def exit_code(self) -> ExitCode:
        """0; 5 a right is missing; 4 something else went wrong."""
        if any(isinstance(problem, CredentialsError) for _, problem in self.problems):
            return ExitCode.CREDENTIALS
        return ExitCode.FAILURE if self.problems else ExitCode.CLEAN


def list_unfinished(request: MultipartRequest, now: datetime | None = None) -> UnfinishedUploads:
    """Find multipart uploads that were begun and never ended; they are stored, and paid for, invisibly.

    Parameters
    ----------
    request
        Which.
    now
        What ages are counted from (UTC).

    Raises
    ------
    UsageError
        If the place is no address of a bucket.
    CredentialsError, RemoteError
        If the store refuses.
    """
    destination = parse_destination(request.place)
    client = make_client(request.s3.at(destination.bucket, destination.prefix, READWRITE))
    root = request.state or default_state_root()
    own = own_uploads(root, endpoint_of(client), destination.bucket, destination.prefix)
    search = find_unfinished(client, destination.bucket, destination.prefix, own, others=request.others)
    return _meant(request, str(destination), search, now or datetime.now(UTC))


def _meant(request: MultipartRequest, place: str, search: Search, now: datetime) -> UnfinishedUploads:
    mine = [upload for upload in search.uploads if request.others or upload.folder is not None]
    of_others = len(search.uploads) - len(mine)
    if request.older_than is None:
        return UnfinishedUploads(place, search.listed, mine, of_others)
    before = now - timedelta(seconds=request.older_than)
    old = [upload for upload in mine if upload.began is not None and upload.began <= before]
    return UnfinishedUploads(place, search.listed, old, of_others, len(mine) - len(old))


def abort_listed(request: MultipartRequest, now: datetime | None = None) -> Aborted:
    """Abort what `list_unfinished` finds; never beside an upload that runs here.

    Raises
    ------
    UsageError
        If uploads of others are meant without an age: somebody may be sending them at this moment.
    CredentialsError, RemoteError
        If the store refuses.
    """
    if request.others and request.older_than is None:
        raise UsageError(
            "uploads of others may be running at this moment",
            "say how old they must be: --others --older-than 7d",
        )
    found = list_unfinished(request, now)
    destination = parse_destination(request.place)
    client = make_client(request.s3.at(destination.bucket, destination.prefix, READWRITE))
    ended = abort_unfinished(client, destination.bucket, found.meant)
    return Aborted(found, [(upload, problem) for upload, problem in ended if problem is not None])
