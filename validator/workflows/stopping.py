"""Ctrl-C and a batch system's SIGTERM while something is under way that must stop cleanly."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from validator.errors import Interrupted, StoppedAtOnce
from validator.workflows.time_limit import TimeLimit

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name)]
"""Ctrl-C, what batch systems send, and Ctrl-Break of Windows."""
SIGNAL_PATIENCE = 5.0
LIMIT_PATIENCE = 60.0


@dataclass
class StopRequest:
    """Whether somebody asked to stop.

    Attributes
    ----------
    signal_number
        The signal; 0 as long as nobody asked.
    also
        Another reason to stop.
    limit
        How long the run may take.
    tell
        Is told once, when it is asked for the first time after a signal or the limit, how long stopping may take.
    """

    signal_number: int = 0
    also: Callable[[], bool] = lambda: False
    limit: TimeLimit = field(default_factory=lambda: TimeLimit.from_now(None))
    tell: Callable[[str], None] = lambda _: None
    _told: bool = field(default=False, init=False)

    def __call__(self) -> bool:
        """Whether to stop."""
        if not (self.signal_number != 0 or self.limit.is_over):
            return self.also()
        if not self._told:
            self._told = True
            more = "another Ctrl-C stops at once"
            if not self.signal_number:
                more = f"{SIGNAL_PATIENCE:.0f} s after Ctrl-C, and another one stops at once"
            self.tell(f"stopping: what is under way may take up to {self.patience():.0f} s to end; {more}")
        return True

    def patience(self) -> float:
        """Seconds that requests under way may still take: somebody who pressed Ctrl-C wants to leave."""
        return SIGNAL_PATIENCE if self.signal_number or self.also() else LIMIT_PATIENCE

    def require_going_on(self, safe: str) -> None:
        """Go on only if nobody asked to stop.

        Raises
        ------
        Interrupted
            After a signal.
        TimeIsUp
            At the time limit.
        """
        if self.signal_number:
            raise Interrupted(f"Stopped: {safe}", "The same command goes on from here", self.signal_number)
        self.limit.require(safe)


@contextmanager
def stop_request(
    also: Callable[[], bool] = lambda: False,
    limit: TimeLimit | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[StopRequest]:
    """Note the first signal for the block to see; a second one ends it at once.

    Outside of the main thread signals belong to somebody else: then nothing is noted.
    """
    request = StopRequest(also=also, limit=limit or TimeLimit.from_now(None), tell=tell)

    def note(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature of a signal handler
        if request.signal_number:
            raise StoppedAtOnce("Stopped at once", "The same command goes on from here", number)
        request.signal_number = number

    try:
        # A shell that starts something in the background lets it ignore Ctrl-C: that stays so.
        heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        before = [(number, signal.signal(number, note)) for number in heard]
    except ValueError:
        yield request
        return
    try:
        yield request
    finally:
        for number, handler in before:
            signal.signal(number, handler)


@contextmanager
def ctrl_c_told() -> Iterator[None]:
    """Say how to go on where Ctrl-C ends what need not stop cleanly: checking, listing, verifying.

    Raises
    ------
    Interrupted
        In place of `KeyboardInterrupt`.
    """
    try:
        yield
    except KeyboardInterrupt as error:
        raise Interrupted("Stopped", "The same command goes on from here") from error
