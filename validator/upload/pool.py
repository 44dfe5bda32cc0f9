"""Worker processes: started, fed, replaced when they die, ended."""

import json
import os
import queue
import subprocess
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from threading import Thread
from typing import Any, Self

from validator.errors import RemoteError
from validator.s3.client import S3Settings
from validator.s3.limits import MIB
from validator.upload.bandwidth import Bandwidth
from validator.upload.control_plane import ControlPlane
from validator.upload.original_settings import OriginalSettings
from validator.upload.starting import (
    THREADS_PER_PROCESS,
    Handle,
    end_workers,
    process_count,
    start_worker,
    worker_name,
)
from validator.upload.tasks import Answer, Task, answers_of, tasks_line
from validator.upload.timetable import Timetable

TASKS_WAITING_PER_THREAD = 2
DEATHS_WITHOUT_PROGRESS = 5
SMALL_TASKS_PER_PROCESS = 128
BYTES_PER_PROCESS = 64 * MIB
"""Tasks that wait in a worker beyond the usual two a thread: many if they are small."""
BYTES_SIDE_BY_SIDE = 256 * MIB
"""So that there are sixteen parts to digest at once, and as many that wait."""


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """What every worker is told.

    Attributes
    ----------
    s3, bucket
        Where objects go.
    folder, run
        State folder of the destination, and the number of this run.
    jobs
        Requests at once, over all processes; ``None`` lets the workers find out how many are good.
    bandwidth
        How fast all of them together may send; ``None`` is without a limit.
    originals
        Where bytes come from when that is another bucket; ``None`` for files.
    start
        With what their data path begins (see `validator.s3.wire.head_start`), as plain values that hold keys; ``None``
        lets them find out by themselves.
    client_soon
        Whether they will need boto3, too: files go in parts.
    side_by_side
        Whether they digest many runs of bytes at once: they have much to read.
    """

    s3: S3Settings
    bucket: str
    folder: Path
    run: int
    jobs: int | None
    bandwidth: Timetable | None = None
    originals: OriginalSettings | None = None
    start: dict[str, Any] | None = field(default=None, repr=False)
    client_soon: bool = False
    side_by_side: bool = False


@dataclass
class _Process:
    name: str
    handle: Handle
    threads: int
    tasks: dict[int, Task] = field(default_factory=dict)
    outbox: list[Task] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker died; these tasks have no answer and may or may not be done."""

    tasks: tuple[Task, ...]


class WorkerPool:
    """Processes that carry out tasks; use as a context manager.

    Processes rather than threads alone, because digests and requests of a fast network keep more than one
    core busy. They are started with ``-m``, so a caller's own script is not imported again.

    Parameters
    ----------
    settings
        What every worker is told.
    ahead
        Workers that were started already; they are the first.
    control
        Carries out in this process what is no sending of bytes; ``None`` leaves that to the workers, too.
    """

    def __init__(
        self, settings: PoolSettings, ahead: Iterable[Handle] = (), control: ControlPlane | None = None
    ) -> None:
        self._settings = settings
        self._ahead = deque(ahead)
        self._control = control
        self._events: queue.SimpleQueue[tuple[_Process, bytes | None] | Answer | BaseException] = (
            queue.SimpleQueue()
        )
        self._answers: deque[Answer] = deque()
        self._processes: list[_Process] = []
        self._started = 0
        self._deaths = 0
        self._given = 0
        self._bytes = 0
        self._bandwidth = Bandwidth(settings.bandwidth)
        self._count = process_count(settings.jobs)
        self._jobs = settings.jobs or self._count * THREADS_PER_PROCESS
        self.capacity = self._jobs * TASKS_WAITING_PER_THREAD

    def has_room(self) -> bool:
        """Whether another task may be given, so that no worker waits and little is lost when one dies."""
        if self._given < self.capacity:
            return True
        few = self._settings.jobs is not None and not self._settings.side_by_side
        if few or self._given >= self._count * SMALL_TASKS_PER_PROCESS:
            return False
        enough = BYTES_SIDE_BY_SIDE if self._settings.side_by_side else BYTES_PER_PROCESS
        return self._bytes < self._count * enough

    def __enter__(self) -> Self:
        count = self._count
        base, extra = divmod(self._jobs, count)
        for index in range(count):
            self._start(base + (index < extra))
        if self._control is not None:
            self._control.start(self._events.put)
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    def submit(self, task: Task) -> None:
        """Give a task to the process that has least to do.

        Raises
        ------
        RemoteError
            If no process is left.
        """
        if not self._processes:
            raise RemoteError("the upload's worker processes have ended", "run the same command again")
        if self._control is not None and self._control.takes(task):
            self._control.add(task)
            return
        process, least = self._processes[0], inf
        for other in self._processes:
            load = len(other.tasks) / other.threads
            if load < least:
                process, least = other, load
        process.tasks[task.id] = task
        self._given += 1
        self._bytes += task.bytes_to_send
        process.outbox.append(task)

    def next_event(self, seconds: float) -> Answer | Lost | None:
        """Return the next answer, or the tasks of a worker that died, or ``None`` after so many seconds.

        Raises
        ------
        RemoteError
            If workers die again and again without doing anything.
        """
        if not self._answers:
            self._share_bandwidth()
            self._hand_out()
            try:
                event = self._events.get(timeout=seconds)
            except queue.Empty:
                return None
            if isinstance(event, Answer):
                return event
            if isinstance(event, BaseException):
                raise event
            process, line = event
            if line is None:
                return self._replace(process)
            self._take(process, line)
        return self.answer_at_hand()

    def answer_at_hand(self) -> Answer | None:
        """The next answer, if it has come already; answers come some at a time."""
        return self._answers.popleft() if self._answers else None

    def _take(self, process: _Process, line: bytes) -> None:
        try:
            answers = answers_of(line)
        except (ValueError, TypeError):
            return  # something in the environment of the worker writes to its output
        for answer in answers:
            if answer.id >= 0:
                done = process.tasks.pop(answer.id, None)
                if done is not None:
                    self._given -= 1
                    self._bytes -= done.bytes_to_send
                self._deaths = 0
        self._answers.extend(answers)

    def _hand_out(self) -> None:
        """Write what was submitted, all of it at once: a process is woken once, not for every small file."""
        for process in list(self._processes):
            if process.outbox:
                tasks, process.outbox = process.outbox, []
                self._write(process, tasks_line(tasks))

    def _share_bandwidth(self) -> None:
        loads = {process.name: min(len(process.tasks), process.threads) for process in self._processes}
        rates = dict(self._bandwidth.changes(loads))
        by_name = {process.name: process for process in self._processes}
        for name, rate in rates.items():
            self._write(by_name[name], json.dumps({"rate": rate}).encode("ascii") + b"\n")

    def recall(self) -> None:
        """Take back what waits in the workers; each such task is answered with `Failure.RECALLED`."""
        self._hand_out()
        for process in self._processes:
            self._write(process, b'{"recall":true}\n')
        if self._control is not None:
            self._control.recall(self._events.put)

    def finish(self) -> None:
        """Let the workers do what they have and end by themselves."""
        self._hand_out()
        for process in self._processes:
            self._write(process, b'{"finish":true}\n')
        if self._control is not None:
            self._control.finish()

    def kill(self) -> None:
        """End every worker now."""
        end_workers([*(process.handle for process in self._processes), *self._ahead])
        if self._control is not None:
            self._control.finish()  # threads that wait for tasks end; none waits for them
        self._processes.clear()
        self._ahead.clear()

    def wait(self, seconds: float) -> bool:
        """Wait for the workers to end; whether they did."""
        try:
            for process in self._processes:
                process.handle.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return self._control is None or self._control.wait(seconds)

    def _start(self, threads: int) -> None:
        self._started += 1
        name = worker_name(self._started)
        log = self._settings.folder / f"{name}.log"
        handle = self._ahead.popleft() if self._ahead else start_worker(log)
        process = _Process(name, handle, threads)
        self._processes.append(process)
        settings = {
            "s3": self._settings.s3.to_dict(),
            "bucket": self._settings.bucket,
            "folder": str(self._settings.folder),
            "run": self._settings.run,
            "name": name,
            "threads": threads,
            "processes": self._count,
            "most": threads if self._settings.jobs is not None else None,
            "originals": self._settings.originals.to_dict() if self._settings.originals else None,
            "start": self._settings.start,
            "client_soon": self._settings.client_soon,
            "side_by_side": self._settings.side_by_side,
            "log": str(log),
            "pythonpath": os.environ.get("PYTHONPATH"),
        }
        self._write(process, json.dumps(settings).encode("ascii") + b"\n")
        Thread(target=self._listen, args=(process,), daemon=True).start()

    def _listen(self, process: _Process) -> None:
        stream = process.handle.stdout
        if stream is not None:
            with stream:
                for line in stream:
                    if line.endswith(b"\n"):
                        self._events.put((process, line))
        self._events.put((process, None))

    @staticmethod
    def _write(process: _Process, line: bytes) -> None:
        stream = process.handle.stdin
        if stream is None:
            return
        try:
            stream.write(line)
            stream.flush()
        except (OSError, ValueError):  # Windows has several names for a pipe without a reader
            return  # it died: its end of the other pipe tells, and its tasks are given to others

    def _replace(self, process: _Process) -> Lost | None:
        if process not in self._processes:
            return None
        process.handle.wait()
        self._processes.remove(process)
        if process.handle.returncode == 0 and not process.tasks:
            return None
        self._deaths += 1
        if self._deaths > DEATHS_WITHOUT_PROGRESS:
            raise RemoteError(
                f"the upload's worker processes end unexpectedly (see {self._settings.folder / process.name}.log)",
                "check the memory of this machine and the limits of the batch system; the same command goes on",
            )
        self._start(process.threads)
        self._given -= len(process.tasks)
        self._bytes -= sum(task.bytes_to_send for task in process.tasks.values())
        return Lost(tuple(process.tasks.values()))
