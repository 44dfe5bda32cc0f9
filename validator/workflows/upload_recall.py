"""A journal that was lost, or a second machine: what the bucket remembers takes its place."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from validator.digests.files import FileState
from validator.errors import CredentialsError, RemoteError
from validator.models.counts import counted
from validator.upload.checkpoints import journal_id
from validator.upload.journal import DoneRecord, Journal, UploadRecord
from validator.upload.ledger import Ledger
from validator.upload.plan import Action
from validator.upload.recovery import Remains, find_remains, recall_digests, same_moment
from validator.upload.superseded import superseded_checkpoints
from validator.workflows.upload_result import Notice

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ADOPTED = "w000-adopted"


class Recall:
    """Brings what checkpoints and receipts say into a plan.

    Parameters
    ----------
    client, bucket, prefix
        Where receipts go.
    folder
        State folder of the destination.
    ledger
        Holds the plan.
    """

    def __init__(self, client: "S3Client", bucket: str, prefix: str, folder: Path, ledger: Ledger) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._folder = folder
        self._ledger = ledger
        self._others = False

    def apply(self, run: int, tell: Callable[[Notice], None], *, rehash: bool) -> None:
        """Look into the bucket if something could be saved by that: reading files again, or sending parts again.

        Parameters
        ----------
        run
            Number of this run.
        tell
            Is told when somebody else seems to upload to the same place.
        rehash
            Whether files are read again whatever is known of them.
        """
        ledger = self._ledger
        in_parts = ledger.in_parts > 0 and any(
            item.part_size is not None for _, item in ledger.items(Action.SEND)
        )
        to_compare = ledger.planned[Action.COMPARE] and not rehash
        if not in_parts and not to_compare:
            return
        try:
            own = journal_id(self._folder)
            remains = find_remains(self._client, self._bucket, self._prefix, own)
        except (RemoteError, CredentialsError):
            return  # it only would have saved time
        self._others = bool(remains.journals)
        self._tell_of_others(remains, tell)
        if in_parts and remains.uploads:
            self._adopt(remains.uploads, run)
        if to_compare:
            believed = recall_digests(self._client, self._bucket, remains, self._know, self._missing)
            if believed:
                tell(Notice(_not_read(believed)))

    def _tell_of_others(self, remains: Remains, tell: Callable[[Notice], None]) -> None:
        now = datetime.now(UTC)
        alive = [heartbeat for heartbeat in remains.heartbeats if heartbeat.is_alive(now)]
        for other in alive:
            tell(
                Notice(
                    f"another upload to this place was heard of {(now - other.heard).seconds} s ago: process {other.pid} "
                    f"on {other.host}, since {other.since:%Y-%m-%d %H:%M} UTC; if it still runs both go on, and "
                    "nothing is written over"
                )
            )

    def superseded(self) -> list[str]:
        """Keys of checkpoints of other journals that say nothing which the receipt of all files does not say."""
        if not self._others:
            return []
        try:
            return superseded_checkpoints(
                self._client,
                self._bucket,
                self._prefix,
                journal_id(self._folder),
                self._ledger.files.__contains__,
                datetime.now(UTC),
            )
        except (RemoteError, CredentialsError):
            return []  # they do no harm

    def _adopt(self, uploads: list[UploadRecord], run: int) -> None:
        """Go on with multipart uploads of files that are still in the state in which they were begun."""
        ledger, journal = self._ledger, None
        for upload in uploads:
            position = ledger.files.position(upload.key)
            if position is None:
                continue
            item = ledger.item(position)
            if (
                item.action is not Action.SEND
                or item.part_size is None
                or not _same(item.entry.mark, upload, item.state)
            ):
                continue
            record = replace(upload, state=item.state)
            journal = journal or Journal(self._folder, run, ADOPTED)
            journal.begin(record)
            ledger.plan(
                position, replace(item, action=Action.RESUME, part_size=upload.part_size, upload=record)
            )
        if journal is not None:
            journal.close()

    def _know(self, record: DoneRecord) -> bool:
        ledger = self._ledger
        position = ledger.files.position(record.key)
        if position is None:
            return False
        item = ledger.item(position)
        if item.action is not Action.COMPARE or item.there is None:
            return False
        if item.digest is not None:  # the journal on this disk knows the file by another ETag: it is read
            return False
        fits = record.digest.size == item.there.size and record.digest.is_stored_as(item.there.etag)
        if not fits or not _same(item.entry.mark, record, item.state):
            return False
        ledger.plan(position, replace(item, action=Action.UNCHANGED, digest=record.digest))
        return True

    def _missing(self) -> int:
        return self._ledger.planned[Action.COMPARE]


def _not_read(files: int) -> str:
    """Say what rests on the word of the bucket, where others may write, too."""
    them = f"{counted(files, 'file')} {'is' if files == 1 else 'are'}"
    return (
        f"{them} not read, because checkpoints or receipts in the bucket name size, time and the ETag that is listed; "
        "if others may write there, --rehash reads what they name"
    )


def _same(mark: int, record: UploadRecord | DoneRecord, state: FileState) -> bool:
    """Whether a record is of this state of a file; times of another file system may be coarser."""
    if mark or record.state == state:
        return record.state == state
    return record.state.size == state.size and same_moment(record.state.mtime_ns, state.mtime_ns)
