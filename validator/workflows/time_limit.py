"""``--time-limit``: an upload that ends before the batch system ends it."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

from validator.errors import TimeIsUp, UsageError
from validator.models.progress import Progress, Step

_DURATION = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m(?:in)?)?(?:(\d{1,8})s)?", re.IGNORECASE)
_SECONDS = (86_400, 3_600, 60, 1)


def parse_duration(text: str) -> int:
    """Read a duration in seconds.

    Raises
    ------
    UsageError
        If it is none, or zero.

    Examples
    --------
    >>> parse_duration("11h"), parse_duration("1h30m"), parse_duration("90s")
    (39600, 5400, 90)
    """
    match = _DURATION.fullmatch("".join(text.split()))
    parts = [int(part or 0) for part in match.groups()] if match else []
    seconds = sum(part * unit for part, unit in zip(parts, _SECONDS, strict=bool(parts)))
    if seconds <= 0:
        raise UsageError(f"{text} is not a duration", "write it as 7d, 11h, 90m or 1h30m")
    return seconds


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """A moment at which nothing new is begun any more.

    Attributes
    ----------
    seconds
        How long the run may take; ``None`` for as long as it needs.
    began
        On the monotonic clock.
    """

    seconds: float | None
    began: float

    @classmethod
    def from_now(cls, seconds: float | None) -> "TimeLimit":
        """Begin to count."""
        return cls(seconds, monotonic())

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return self.seconds is not None and monotonic() - self.began >= self.seconds

    def require(self, state: str) -> None:
        """Go on only if there is time left.

        Raises
        ------
        TimeIsUp
            With what is safe, in words.
        """
        if self.is_over:
            raise TimeIsUp(
                f"Stopped because the time of --time-limit is up: {state}",
                "The same command goes on from here",
            )


class LimitedProgress:
    """Progress that ends a long step when the time is up, where ending it loses nothing: listing and checking.

    Parameters
    ----------
    progress
        Where the steps are shown.
    limit
        When to stop.
    """

    def __init__(self, progress: Progress, limit: TimeLimit) -> None:
        self._progress = progress
        self._limit = limit

    @contextmanager
    def step(self, label: str, total: int | None = None, unit: str = "files") -> Iterator[Step]:
        """Show a step that ends when the time is up."""
        with self._progress.step(label, total, unit) as step:
            yield _LimitedStep(step, self._limit.require)


class _LimitedStep:
    def __init__(self, step: Step, require: Callable[[str], None]) -> None:
        self._step = step
        self._require = require
        self._thread = threading.get_ident()

    def advance(self, amount: int = 1) -> None:
        self._step.advance(amount)
        if threading.get_ident() == self._thread:  # in a worker thread it would end that thread alone
            self._require("nothing was sent yet")

    def note(self, text: str) -> None:
        self._step.note(text)

    def large(self, name: str, done: int, total: int) -> None:
        self._step.large(name, done, total)
