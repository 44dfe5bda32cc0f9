"""Pieces of the journal, put into the bucket every few minutes: what is left when this machine is lost.

They lie beside the receipts, below ``_cpgate/checkpoints/<journal>/``:

``<run>-<number>.journal``
    Objects that were verified since the last one.
``now.journal``
    Who uploads, and the multipart uploads under way; written over each time, so that its time is a heartbeat (unless
    it says that the run has ended).

Records are those of the journal. Nothing is needed for them but the right to write objects.
"""

import hashlib
import os
import secrets
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import accumulate
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from validator.errors import CpgateError, CredentialsError, RemoteError, StoppedAtOnce
from validator.recordlog.log import encode_record
from validator.s3.failures import AlreadyThere
from validator.s3.objects import Condition, delete_object, list_objects, put_object
from validator.upload.journal import DoneRecord, begin_values, done_line
from validator.upload.journal_reading import read_journal
from validator.upload.sending import Outcome, State

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHECKPOINTS_FOLDER = "_cpgate/checkpoints/"
NOW_NAME = "now.journal"
HEARD_SECONDS = 10.0
"""So soon others can hear of this upload; a shorter one says nothing."""
FIRST_SECONDS = 60.0
EVERY_SECONDS = 180.0
STOP_SECONDS = 5.0
"""So long more is put when somebody wants to leave."""
NO_LAST_ONE = (CredentialsError, StoppedAtOnce)
PIECE_AT_STOP = 1 << 20
"""Bytes of one object then: on a slow line not much is begun that nobody will wait for."""
NAMES_TRIED = 100
NEWS_IN_MEMORY = 40_000
"""Half a kilobyte each; as lines they take half of that."""
WRITTEN_MARK = "checkpoints"
ID_NAME = "journal-id"


class Checkpoints:
    """Puts checkpoints in the background while files are sent, and a last one when a run ends incomplete.

    Use it as a context manager around all of a run, and `putting` around what is sent. A checkpoint that cannot be
    put is put again with the next one. It never ends an upload.

    Parameters
    ----------
    client, bucket, prefix
        Where the receipt goes, too.
    folder
        State folder of the destination.
    every
        Seconds between two of them; 0 puts none.
    run
        Number of this run, if it is known already.
    """

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        prefix: str,
        folder: Path,
        every: float = EVERY_SECONDS,
        run: int = 0,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._folder = folder
        self._place = f"{prefix}{CHECKPOINTS_FOLDER}{journal_id(folder)}/"
        self._run = run
        self._every = every
        self._ended = False
        self._began = time.time()
        self._news: list[Outcome] = []
        self._lines: list[bytes] = []
        self._number = 0
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put a last one unless all is said elsewhere: somebody may go on from another machine."""
        if not self._every or not self._run:
            return
        self._ended = True
        if error is None:
            self.put()
        elif isinstance(error, CpgateError | KeyboardInterrupt) and not isinstance(error, NO_LAST_ONE):
            self.put(STOP_SECONDS)

    @contextmanager
    def putting(self, run: int) -> Iterator[Self]:
        """Put one every few minutes during the block.

        Parameters
        ----------
        run
            Number of this run.
        """
        self._run = run
        if not self._every:
            yield self
            return
        stop = Event()
        thread = Thread(target=self._keep_putting, args=(stop,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            stop.set()
            thread.join()

    def forget(self, superseded: Iterable[str] = ()) -> None:
        """The receipt is in the bucket: remove what it says, too; see `forget_checkpoints`."""
        self._run = 0
        forget_checkpoints(self._client, self._bucket, self._prefix, self._folder, superseded)

    def note(self, outcome: Outcome) -> None:
        """An object was verified."""
        if self._every and outcome.digest is not None and outcome.state in {State.UPLOADED, State.RESUMED}:
            self._news.append(outcome)
            if len(self._news) >= NEWS_IN_MEMORY:
                self._write_down()

    def _write_down(self) -> None:
        """Make lines of what is new; most uploads end before anybody needs them."""
        news, self._news = self._news, []
        self._lines.extend(done_line(record) for record in map(_record, news) if record is not None)

    def put(self, seconds: float = float("inf")) -> None:
        """Put what is new and what is under way; nothing more is begun after so many seconds."""
        until = time.monotonic() + seconds
        with self._lock:
            self._write_down()
            try:
                unfinished = list(read_journal(self._folder).uploads.values())
                if not self._lines and not unfinished and not self._number:
                    return
                records = [self._who(), *(begin_values(upload) for upload in unfinished)]
                self._put(NOW_NAME, b"".join(encode_record(record) for record in records), None)
                while self._lines and time.monotonic() < until:
                    self._put_some(PIECE_AT_STOP if seconds < self._every else None)
            except (RemoteError, CredentialsError, OSError):  # the disk of the journal is full, or away
                return

    def _put_some(self, most: int | None) -> None:
        """Put lines of so many bytes, or all; they are forgotten when they are there."""
        count = len(self._lines)
        if most is not None:
            sizes = accumulate(len(line) for line in self._lines)
            count = max(1, sum(size <= most for size in sizes))
        self._put_beside_others(b"".join(self._lines[:count]))
        del self._lines[:count]

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
            "ended": self._ended,
        }

    def _keep_putting(self, stop: Event) -> None:
        if stop.wait(min(HEARD_SECONDS, self._every)):
            return
        self.put(0)
        seconds = min(FIRST_SECONDS, self._every) - min(HEARD_SECONDS, self._every)
        while not stop.wait(seconds):
            self.put()
            seconds = self._every


def _record(outcome: Outcome) -> DoneRecord | None:
    item, digest = outcome.item, outcome.digest
    if digest is None:
        return None
    return DoneRecord(item.entry.key, item.state, digest, outcome.uploaded_at, outcome.version_id)


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
