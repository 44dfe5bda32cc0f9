"""Long steps in a log: a line a minute while they last, and one when they have ended."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import TextIO

from validator.models.progress import Step
from validator.reporters.escape import shown
from validator.reporters.numbers import duration, number, size

LINE_SECONDS = 60.0


class LineStep:
    """A step that is counted; may be advanced from several threads.

    Parameters
    ----------
    label, total, unit
        Of the step.
    clock
        Seconds.
    """

    def __init__(self, label: str, total: int | None, unit: str, clock: Callable[[], float]) -> None:
        self._label = shown(label)
        self._total = total
        self._unit = unit
        self._clock = clock
        self._lock = Lock()
        self._note = ""
        self.done = 0
        self._began = self._seen = clock()
        self._done_then = 0

    def advance(self, amount: int = 1) -> None:
        """So much more is done."""
        with self._lock:
            self.done += amount

    def note(self, text: str) -> None:
        """Say this beside the numbers."""
        self._note = shown(text)

    def large(self, name: str, done: int, total: int) -> None:
        """A line has no room for single files."""

    def line(self) -> str:
        """How far it is, how fast since the line before, how long it will take at that rate.

        ``uploading: 61% · 128.4 GB of 210.4 GB · 51,200 of 84,122 files · 412.0 MB/s · 3 min 19 s left``
        """
        now = self._clock()
        with self._lock:
            done, moved, seconds = self.done, self.done - self._done_then, max(now - self._seen, 1e-9)
            self._seen, self._done_then = now, done
        parts = [self._amount(done)]
        if self._total:
            parts = [f"{min(done, self._total) * 100 // self._total}%", self._of(done, self._total)]
        if self._note:
            parts.append(self._note)
        if not moved:
            parts.append(f"nothing moved in {duration(seconds)}")
        elif self._unit == "B":
            parts.append(f"{size(int(moved / seconds))}/s")
        if moved and self._total and done < self._total:
            parts.append(f"{duration((self._total - done) * seconds / moved)} left")
        return f"{self._label}: {' · '.join(parts)}"

    def last_line(self) -> str:
        """What was done in all."""
        return f"{self._label}: {self._amount(self.done)} in {duration(self._clock() - self._began)}"

    def _amount(self, amount: int) -> str:
        return size(amount) if self._unit == "B" else f"{number(amount)} {self._unit}"

    def _of(self, done: int, total: int) -> str:
        whole = self._amount(total)
        return f"{size(done)} of {whole}" if self._unit == "B" else f"{number(done)} of {whole}"


class LineProgress:
    """Plain lines for logs.

    Parameters
    ----------
    stream
        Where the lines go.
    every_step
        Whether every step writes a line when it has ended; else only one that wrote lines before.
    seconds
        Between two lines of a step.
    clock
        Seconds; for tests.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        every_step: bool = True,
        seconds: float = LINE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._every_step = every_step
        self._seconds = seconds
        self._clock = clock

    @contextmanager
    def step(self, label: str, total: int | None = None, unit: str = "files") -> Iterator[Step]:
        """Write a line a minute, and one when the step has ended."""
        step = LineStep(label, total, unit, self._clock)
        ended, spoke = Event(), Event()

        def speak() -> None:
            while not ended.wait(self._seconds):
                spoke.set()
                self._write(step.line())

        speaker = Thread(target=speak, daemon=True)
        speaker.start()
        try:
            yield step
        finally:
            ended.set()
            speaker.join()
        if self._every_step or spoke.is_set():
            self._write(step.last_line())

    def _write(self, line: str) -> None:
        try:
            print(line, file=self._stream, flush=True)
        except (OSError, ValueError):  # nobody reads the log any more: the work goes on
            return
