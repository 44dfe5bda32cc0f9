"""Begins, lists, completes and aborts multipart uploads in the process that has a client of boto3 already.

A worker takes half a second to make a client of its own. Where few files go in parts that is long beside all else
that is not sending, and none of them needs one but for this.
"""

import queue
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING

from validator.errors import CpgateError
from validator.upload.errands import JOURNAL_MEND
from validator.upload.journal import Journal
from validator.upload.tasks import Answer, Do, Failure, Task

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from validator.s3.writing import Writing
    from validator.upload.perform import Performer

FEW_IN_PARTS = 8
"""Files: more than these are begun and completed side by side, in the workers."""
THREADS = 4
NAME = "w000-control"
KINDS = frozenset({Do.BEGIN, Do.PARTS, Do.COMPLETE, Do.ABORT})


class ControlPlane:
    """Threads that carry out what is no sending of bytes.

    Parameters
    ----------
    performer
        Carries out one task.
    """

    def __init__(self, performer: "Performer") -> None:
        self._performer = performer
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._threads: list[Thread] = []

    @staticmethod
    def takes(task: Task) -> bool:
        """Whether a task is one for these threads."""
        return task.do in KINDS

    def start(self, tell: Callable[[Answer | BaseException], None]) -> None:
        """Begin to work.

        Parameters
        ----------
        tell
            Takes answers; and what broke a thread, whose task would never have one.
        """
        left, leaving = count(1), Lock()

        def work() -> None:
            try:
                while (task := self._tasks.get()) is not None:
                    tell(self._performer.perform(task))
            except BaseException as error:  # noqa: BLE001  it is raised where the answers are waited for
                tell(error)
            # The last one closes: nobody writes any more, however the run ends. What the disk does not take, the bucket tells.
            with leaving, suppress(OSError):
                if next(left) == THREADS:
                    self._performer.journal.close()

        # Daemons: a store that does not answer must not keep anybody from leaving.
        self._threads = [Thread(target=work, name="cpgate-control", daemon=True) for _ in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def add(self, task: Task) -> None:
        """Enter a task."""
        self._tasks.put(task)

    def recall(self, tell: Callable[[Answer], None]) -> None:
        """Give back what was not begun: the run is to stop."""
        with suppress(queue.Empty):
            while (task := self._tasks.get_nowait()) is not None:
                tell(Answer(task.id, Failure.RECALLED))

    def finish(self) -> None:
        """Do what was entered, then end; `wait` for that."""
        for _ in self._threads:
            self._tasks.put(None)

    def wait(self, seconds: float) -> bool:
        """Wait for each thread to end; whether all did."""
        for thread in self._threads:
            thread.join(seconds)
        return not any(thread.is_alive() for thread in self._threads)


def open_control_plane(
    client: "S3Client", bucket: str, writing: "Writing", folder: Path, run: int, in_parts: int
) -> ControlPlane | None:
    """Make one where few files go in parts; ``None`` elsewhere.

    Parameters
    ----------
    client, bucket, writing
        Where objects go, and how.
    folder, run
        State folder of the destination, and the number of this run.
    in_parts
        How many files go in parts.

    Raises
    ------
    CpgateError
        If the journal cannot be written.
    """
    if not 0 < in_parts <= FEW_IN_PARTS:
        return None
    from validator.upload.perform import Performer  # noqa: PLC0415  most uploads have no parts

    try:
        journal = Journal(folder, run, NAME)
    except OSError as error:
        what = f"the journal cannot be written: {error.strerror or error} ({folder})"
        raise CpgateError(what, JOURNAL_MEND) from error
    return ControlPlane(Performer(client, bucket, journal, writing=writing))
