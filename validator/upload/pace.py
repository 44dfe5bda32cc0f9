"""How many requests a worker has under way: more while the store answers slowly, fewer when it says slow down."""

from time import monotonic

from validator.s3.limits import MIB

FIRST = 4
MOST = 64
MOST_WHILE_SENDING = 8
"""Requests under way that wait for the network to take their bytes: more of them would not make it wider."""
BYTES_UNDER_WAY = 48 * MIB
"""Of bodies in memory, in one process."""
CALM_SECONDS = 2.0
"""How long after a SlowDown nothing is added."""


class Pace:
    """The limit of one worker; used by one thread.

    Parameters
    ----------
    most
        Requests under way at most; ``None`` lets the worker find out.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most or MOST
        self.limit = min(FIRST, self._most)
        self._calm_until = 0.0
        self._level = float(self.limit)
        self._slowed = False

    def wants_more(self, sending: int) -> bool:
        """Say whether another request should be under way.

        Asked when everything that may be under way is, nothing can be done but wait, and more is to do.

        Parameters
        ----------
        sending
            How many of the requests wait for the network rather than for the store.
        """
        if monotonic() < self._calm_until or self.limit >= self._most:
            return False
        return not sending or self.limit < MOST_WHILE_SENDING

    def grow(self) -> None:
        """One more; after a SlowDown slower, so that it is found out carefully what the store bears."""
        self._level += 1 / self.limit if self._slowed else 1
        self.limit = min(self._most, int(self._level))

    def slow_down(self) -> None:
        """The store asks for fewer requests."""
        now = monotonic()
        if now < self._calm_until:
            return  # said by requests that were under way already when it was said first
        self._calm_until = now + CALM_SECONDS
        self._slowed = True
        self._level = max(1.0, self.limit / 2)
        self.limit = int(self._level)
