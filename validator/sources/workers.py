"""A few threads that do small pieces of work, for disks that answer slowly."""

import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

Result = TypeVar("Result")

_WAKE = 0.5
"""Seconds after which a wait looks around: on Windows a wait without an end cannot be interrupted."""


class Pending(Generic[Result]):
    """A piece of work that has been handed over."""

    __slots__ = ("_done", "_error", "_result", "_work")

    def __init__(self, work: Callable[[], Result]) -> None:
        self._work = work
        self._done = threading.Event()
        self._result: list[Result] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        """Do the work, in whichever thread this is."""
        try:
            self._result.append(self._work())
        except BaseException as error:  # noqa: BLE001  carried to the thread that waits for it
            self._error = error
        self._done.set()

    def result(self) -> Result:
        """Wait for the work; what it raised is raised here."""
        while not self._done.wait(_WAKE):
            pass
        if self._error is not None:
            raise self._error
        return self._result[0]


class Workers:
    """Threads that begin when the first work comes and end with the ``with`` block.

    They are daemons: leaving (an exception, Ctrl-C) never waits for one that hangs in a network share.

    Parameters
    ----------
    threads
        How many.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._started = False
        self._stopping = threading.Event()
        self._tasks: queue.SimpleQueue[Pending[Any] | None] = queue.SimpleQueue()

    def submit(self, work: Callable[[], Result]) -> Pending[Result]:
        """Hand over a piece of work."""
        if not self._started:
            self._started = True
            for number in range(self._threads):
                threading.Thread(target=self._serve, name=f"cpgate-list-{number}", daemon=True).start()
        pending = Pending(work)
        self._tasks.put(pending)
        return pending

    def _serve(self) -> None:
        while (task := self._tasks.get()) is not None:
            if not self._stopping.is_set():
                task.run()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        for _ in range(self._threads if self._started else 0):
            self._tasks.put(None)
