"""Pieces of the journal, put into the bucket every few minutes: what is left when this machine is lost.

They lie beside the receipts, below ``_cpgate/checkpoints/<journal>/``:

``<run>-<number>.journal``
    Objects that were verified since the last one.
``now.journal``
    Who uploads, and the multipart uploads under way; written over each time, so that its time is a heartbeat.

Records are those of the journal. Nothing is needed for them but the right to write objects.
"""

import hashlib
import os
import secrets
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from validator.errors import CpgateError, CredentialsError, RemoteError, StoppedAtOnce
from validator.recordlog.log import encode_record
from validator.s3.failures import AlreadyThere
from validator.s3.objects import Condition, delete_object, list_objects, put_object
from validator.upload.journal import DoneRecord, begin_values, done_values
from validator.upload.journal_reading import read_journal
from validator.upload.plan import PlanItem
from validator.upload.sending import Outcome, State

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHECKPOINTS_FOLDER = "_cpgate/checkpoints/"
NOW_NAME = "now.journal"
FIRST_SECONDS = 60.0
EVERY_SECONDS = 180.0
LARGEST_AT_STOP = 1 << 20
"""Bytes that are still put when somebody wants to leave."""
NAMES_TRIED = 100
NEWS_IN_MEMORY = 20_000
"""A kilobyte each; as lines they take a fourth of that."""
WRITTEN_MARK = "checkpoints"
ID_NAME = "journal-id"


class Checkpoints:
    """Puts checkpoints in the background while files are sent; use as a context manager.

    A checkpoint that cannot be put is put again with the next one. It never ends an upload.

    Parameters
    ----------
    client, bucket, prefix
        Where the receipt goes, too.
    folder
        State folder of the destination.
    run
        Number of this run.
    every
        Seconds between two of them; 0 puts none.
    """

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        prefix: str,
        folder: Path,
        run: int,
        every: float = EVERY_SECONDS,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._folder = folder
        self._place = f"{prefix}{CHECKPOINTS_FOLDER}{journal_id(folder)}/"
        self._run = run
        self._every = every
        self._began = time.time()
        self._news: list[Outcome] = []
        self._lines: list[bytes] = []
        self._number = 0
        self._lock = Lock()
        self._stop = Event()
        self._thread = Thread(target=self._keep_putting, daemon=True)

    def __enter__(self) -> Self:
        if self._every:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put a last one where the upload does not end well: somebody may go on from another machine."""
        self._stop.set()
        if not self._every:
            return
        self._thread.join()
        if isinstance(error, CpgateError) and not isinstance(error, CredentialsError | StoppedAtOnce):
            self.put(LARGEST_AT_STOP)

    def note(self, outcome: Outcome) -> None:
        """An object was verified."""
        if self._every and outcome.digest is not None and outcome.state in {State.UPLOADED, State.RESUMED}:
            self._news.append(outcome)
            if len(self._news) >= NEWS_IN_MEMORY:
                self._write_down()

    def _write_down(self) -> None:
        """Make lines of what is new; most uploads end before anybody needs them."""
        news, self._news = self._news, []
        self._lines.extend(_line(outcome.item, outcome) for outcome in news)

    def put(self, most: float = float("inf")) -> None:
        """Put what is new, if it is no more than so many bytes, and what is under way."""
        with self._lock:
            self._write_down()
            lines, self._lines = self._lines, []
            data = b"".join(lines)
            try:
                unfinished = list(read_journal(self._folder).uploads.values())
                if not data and not unfinished and not self._number:
                    return
                if data and len(data) <= most:
                    self._put_beside_others(data)
                    lines = []
                records = [self._who(), *(begin_values(upload) for upload in unfinished)]
                self._put(NOW_NAME, b"".join(encode_record(record) for record in records), None)
            except (RemoteError, CredentialsError, OSError):  # the disk of the journal is full, or away
                self._lines = lines + self._lines

    def _put_beside_others(self, data: bytes) -> None:
        """Write over nothing: a state folder may have been copied, with the journal's name, to a second machine."""
        for _ in range(NAMES_TRIED):
            name, self._number = f"{self._run:06d}-{self._number:05d}.journal", self._number + 1
            with suppress(AlreadyThere):
                self._put(name, data, Condition())
                return
        raise AlreadyThere(f"{NAMES_TRIED} checkpoints of others lie at {self._place}", "see --state")

    def _put(self, name: str, data: bytes, condition: Condition | None) -> None:
        (self._folder / WRITTEN_MARK).touch()
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        put_object(self._client, self._bucket, self._place + name, data, md5, condition)

    def _who(self) -> dict[str, Any]:
        return {
            "t": "run",
            "run": self._run,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": self._began,
        }

    def _keep_putting(self) -> None:
        seconds = min(FIRST_SECONDS, self._every)
        while not self._stop.wait(seconds):
            self.put()
            seconds = self._every


def _line(item: PlanItem, outcome: Outcome) -> bytes:
    if outcome.digest is None:
        raise ValueError(item.entry.key)
    record = DoneRecord(item.entry.key, item.state, outcome.digest, outcome.uploaded_at, outcome.version_id)
    return encode_record(done_values(record))


def journal_id(folder: Path) -> str:
    """Name of the journal in this state folder among all that upload to the same place."""
    path = folder / ID_NAME
    try:
        known = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        known = ""
    if len(known) == 16 and known.isalnum():
        return known
    name = secrets.token_hex(8)
    try:
        path.write_text(name, encoding="ascii")
    except OSError as error:
        raise CpgateError(
            f"the state folder {folder} cannot be written: {error.strerror or error}",
            "make room on the disk, or name another folder with --state",
        ) from error
    return name


def forget_checkpoints(
    client: "S3Client", bucket: str, prefix: str, folder: Path, superseded: Iterable[str] = ()
) -> int:
    """Remove the checkpoints of this journal: the receipt says more. How many.

    Where the right to remove objects is missing they stay; they do no harm.

    Parameters
    ----------
    client, bucket, prefix, folder
        As of `Checkpoints`.
    superseded
        Keys of other checkpoints of which every word is in the receipt.
    """
    mark = folder / WRITTEN_MARK
    own = f"{prefix}{CHECKPOINTS_FOLDER}{journal_id(folder)}/" if mark.exists() else ""
    removed = 0
    try:
        keys = [remote.key for remote in list_objects(client, bucket, own)] if own else []
        for key in [*keys, *superseded]:
            delete_object(client, bucket, key)
            removed += 1
    except (RemoteError, CredentialsError):
        return removed
    mark.unlink(missing_ok=True)
    return removed
