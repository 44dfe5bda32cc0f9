"""Who does the work on a long listing: threads, or processes where there is much of it."""

import os
import pickle
import queue
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import IO, Any, Self, TypeVar

from validator.errors import CpgateError
from validator.upload.machine import default_processes
from validator.upload.starting import Handle, end_workers, start_process

MUCH = 64 * 1024 * 1024
"""Bytes of a text from which on it is worth it to start processes."""
THREADS = 2
"""polars uses more by itself."""
MOST_PROCESSES = 2
"""Each needs up to 190 MiB, of which it shares some 60 with the others; all together stay below 600, a third one's would not."""
_MODULE = "validator.workflows.listing_worker"
_ENVIRONMENT = {
    "POLARS_MAX_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # Columns of megabytes come and go: glibc would give each back to the system, and have every page filled with zeros again.
    "MALLOC_MMAP_THRESHOLD_": str(1 << 28),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 28),
    # And it would have each of its pages of 4 KiB asked for by itself.
    "GLIBC_TUNABLES": os.environ.get("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"),
}
_SAID = 2000

Item = TypeVar("Item")
Result = TypeVar("Result")


class Hands:
    """Do work for many items in order; use as a context manager.

    Parameters
    ----------
    processes
        How many processes work once there is much to do; 1 for threads of this one. ``None`` for as many as may be used.
    """

    def __init__(self, processes: int | None = None) -> None:
        self._count = processes if processes is not None else min(default_processes(), MOST_PROCESSES)
        self._pool = ThreadPoolExecutor(max(THREADS, self._count))
        self._processes: list[_Process] = []
        self._idle: queue.SimpleQueue[_Process] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """End the processes; nothing is done any more."""
        # Threads that wait for a process see it end.
        self._pool.shutdown(wait=False, cancel_futures=True)
        end_workers([process.handle for process in self._processes])
        self._pool.shutdown()
        for process in self._processes:
            process.close()
        self._processes = []

    def look_ahead(self, place: str) -> None:
        """Start the processes if a long file is named: they import what they need while it is found out what it is."""
        with suppress(OSError, ValueError):  # whoever opens it will say what is wrong
            if os.path.isfile(place) and os.path.getsize(place) >= MUCH:  # noqa: PTH113, PTH202  a name as it was given
                self.expect_much()

    def expect_much(self) -> None:
        """Start the processes, once."""
        if self._count > 1 and not self._processes:
            self._processes = [_Process() for _ in range(self._count)]
            for process in self._processes:
                self._idle.put(process)

    def results(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Results in the order of the items, of which only a few are under way.

        Parameters
        ----------
        function
            Of a module; it, the items and the results can be pickled.
        items
            Taken only as fast as results are.

        Raises
        ------
        CpgateError
            If a process ends.
        """
        under_way: deque[Future[Result]] = deque()
        for item in items:
            under_way.append(self._pool.submit(self._do, function, item))
            if len(under_way) > max(THREADS, self._count):
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()

    def _do(self, function: Callable[[Item], Result], item: Item) -> Result:
        if not self._processes:
            return function(item)
        process = self._idle.get()
        try:
            answer: Result | Exception = process.ask(function, item)
        finally:
            self._idle.put(process)
        if isinstance(answer, Exception):
            raise answer
        return answer


class _Process:
    """One process, and what it complains of."""

    def __init__(self) -> None:
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  closed with the process
        self.handle: Handle = start_process(_MODULE, self._log, _ENVIRONMENT)

    def ask(self, function: Callable[[Any], Any], item: Any) -> Any:
        """Let it do something, and wait.

        Raises
        ------
        CpgateError
            If it ends.
        """
        tasks, answers = self.handle.stdin, self.handle.stdout
        try:
            if tasks is not None and answers is not None:
                pickle.dump((function, item), tasks, pickle.HIGHEST_PROTOCOL)
                tasks.flush()
                return pickle.load(answers)  # noqa: S301  from a process of this very run
        except (
            OSError,
            EOFError,
            ValueError,
            pickle.UnpicklingError,
        ):  # whichever end of whichever pipe broke
            pass
        raise CpgateError(
            f"A process that reads the listing ended unexpectedly ({self._why()})",
            "Look at the memory of this machine and the limits of the batch system, then run the same command again",
        )

    def _why(self) -> str:
        code = self.handle.wait()
        self._log.seek(0)
        said = self._log.read()[-_SAID:].decode(errors="replace").strip().rpartition("\n")[2]
        return said or (f"signal {-code}" if code < 0 else f"exit code {code}")

    def close(self) -> None:
        """Close its log and its answers."""
        self._log.close()
        if self.handle.stdout is not None:
            self.handle.stdout.close()
