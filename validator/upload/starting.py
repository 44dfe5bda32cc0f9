"""Worker processes at their beginning: how they are started, and some that are started before they are needed."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from validator.errors import CpgateError
from validator.upload.machine import default_processes, usable_cores

THREADS_PER_PROCESS = 4
APART = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""On Windows, Ctrl-C does not reach the workers (elsewhere they ignore it), and they open no windows of their own."""


MUCH = b"much\n"
"""What a worker may be told before its settings."""

Handle = subprocess.Popen[bytes]


def process_count(jobs: int | None) -> int:
    """How many processes carry so many requests: at most one a core, four requests each."""
    if jobs is None:
        return default_processes()
    return max(1, min(usable_cores(), -(-jobs // THREADS_PER_PROCESS)))


def worker_name(number: int) -> str:
    """Name of a worker within its run, 1 is the first."""
    return f"w{number:03d}"


def start_worker(log: Path | None = None) -> Handle:
    """Start a worker, which then waits for its settings; they say where it complains from then on.

    Parameters
    ----------
    log
        Where it complains until then.

    Raises
    ------
    CpgateError
        If the system refuses.
    """
    try:
        with (log or Path(os.devnull)).open("ab") as complaints:
            return start_process("validator.upload.worker", complaints)
    except OSError as error:  # of the log
        raise _refused(error) from error


def start_process(module: str, log: IO[bytes], more: Mapping[str, str] | None = None) -> Handle:
    """Start a module of this package in a process of its own, which hears and answers through pipes.

    Parameters
    ----------
    module
        Its name.
    log
        Where it complains.
    more
        Added to its environment.

    Raises
    ------
    CpgateError
        If the system refuses.
    """
    try:
        return subprocess.Popen(  # noqa: S603  a module of this package
            # -P: files of the current folder, a contributor's perhaps, are never imported.
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            # A worker must import this very package, wherever the caller found it.
            env=os.environ | {"PYTHONPATH": _import_path()} | dict(more or {}),
            creationflags=APART,
        )
    except OSError as error:
        raise _refused(error) from error


def _refused(error: OSError) -> CpgateError:
    return CpgateError(
        f"a worker process cannot be started: {sys.executable}: {error.strerror or error}",
        "check that this user may run that program, and the limits on processes and memory",
    )


def end_workers(handles: list[Handle]) -> None:
    """End workers now."""
    for handle in handles:
        handle.kill()
        if handle.stdin is not None:
            try:
                handle.stdin.close()
            except OSError:  # its end of the pipe is gone already
                continue
    for handle in handles:
        handle.wait()


def _import_path() -> str:
    package_parent = str(Path(__file__).resolve().parents[2])
    inherited = os.environ.get("PYTHONPATH")
    return os.pathsep.join([package_parent, inherited]) if inherited else package_parent


class WorkersAhead:
    """Workers that begin to import what they need while it is still decided what they will do; a context manager.

    Those that nobody takes are ended.

    Parameters
    ----------
    jobs
        See `process_count`.
    """

    def __init__(self, jobs: int | None) -> None:
        self._count = process_count(jobs)
        self._handles: list[Handle] = []
        self._told = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        end_workers(self._handles)
        for handle in self._handles:
            if handle.stdout is not None:
                handle.stdout.close()

    def start_some(self) -> None:
        """Start so many that a core is left for whoever starts them: all at once would only wait for each other.

        The first gets ready to digest much, whether there is much or not: it would have nothing to do meanwhile.
        """
        self._start(min(self._count, max(1, usable_cores() - 1)))
        self._tell_to_expect_much(self._handles[:1])

    def start(self) -> None:
        """Start as many as a pool will want; once."""
        self._start(self._count)

    def _start(self, count: int) -> None:
        while len(self._handles) < count:
            self._handles.append(start_worker())

    def expect_much(self) -> None:
        """Tell them that there is much to read: they get ready to digest it side by side."""
        self._tell_to_expect_much(self._handles[self._told :])

    def _tell_to_expect_much(self, handles: Sequence[Handle]) -> None:
        for handle in handles:
            self._told += 1
            if handle.stdin is not None:
                with suppress(OSError, ValueError):  # it died: whoever wants to use it will notice
                    handle.stdin.write(MUCH)
                    handle.stdin.flush()

    def take(self) -> list[Handle]:
        """Hand them over, the first is named first."""
        handles, self._handles = self._handles, []
        return handles
