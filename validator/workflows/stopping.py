"""Ctrl-C and a batch system's SIGTERM while something is under way that must stop cleanly."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from validator.errors import Interrupted


@dataclass
class StopRequest:
    """Whether somebody asked to stop.

    Attributes
    ----------
    signal_number
        The signal; 0 as long as nobody asked.
    also
        Another reason to stop.
    """

    signal_number: int = 0
    also: Callable[[], bool] = lambda: False

    def __call__(self) -> bool:
        """Whether to stop."""
        return self.signal_number != 0 or self.also()


@contextmanager
def stop_request(also: Callable[[], bool] = lambda: False) -> Iterator[StopRequest]:
    """Note the first signal for the block to see; a second one ends it at once.

    Outside of the main thread signals belong to somebody else: then nothing is noted.
    """
    request = StopRequest(also=also)

    def note(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature of a signal handler
        if request.signal_number:
            raise Interrupted("Stopped at once", "The same command goes on from here", number)
        request.signal_number = number

    try:
        before = [(number, signal.signal(number, note)) for number in (signal.SIGINT, signal.SIGTERM)]
    except ValueError:
        yield request
        return
    try:
        yield request
    finally:
        for number, handler in before:
            signal.signal(number, handler)
