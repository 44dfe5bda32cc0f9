"""Slows the bodies of requests down while they are sent, to so many bytes a second."""

import io
from collections.abc import Callable, Iterator
from threading import Condition
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PIECE = 64 * 1024
"""Bytes that go at once: small enough that a low rate flows, large enough to cost nothing."""

BURST_SECONDS = 0.5
"""How much may be made up for after a pause."""

_LONGEST_WAIT = 1.0
_SENDING = ("before-send.s3.PutObject", "before-send.s3.UploadPart")


class Readable(Protocol):
    """A body that is read in pieces."""

    def read(self, size: int = -1, /) -> bytes:
        """Some bytes; none at the end."""


class Throttle:
    """Lets all threads of a process together send so many bytes a second.

    Parameters
    ----------
    rate
        Bytes a second; ``None`` is without a limit, 0 holds everything until another rate is set.
    clock
        Seconds; for tests.
    """

    def __init__(self, rate: float | None = None, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._changed = Condition()
        self._rate = rate
        self._credit = 0.0
        self._credited = clock()

    @property
    def rate(self) -> float | None:
        """Bytes a second; ``None`` is without a limit."""
        return self._rate

    def set_rate(self, rate: float | None) -> None:
        """Change the rate, also for those who wait."""
        with self._changed:
            self._earn()
            self._rate = rate
            self._changed.notify_all()

    def wait_for(self, amount: int) -> None:
        """Return when so many bytes may be sent; they may be more than what is allowed in one go."""
        with self._changed:
            while (needed := self._shortage()) > 0:
                self._changed.wait(min(needed, _LONGEST_WAIT))
            self._credit -= amount

    def pieces(self, data: bytes | memoryview) -> Iterator[memoryview]:
        """Yield a body in pieces, each when it may be sent."""
        view = memoryview(data)
        step = PIECE if self._rate is not None else max(PIECE, len(view))
        for start in range(0, len(view), step):
            piece = view[start : start + step]
            self.wait_for(len(piece))
            yield piece

    def watch(self, client: "S3Client") -> None:
        """Slow down what a client of boto3 sends; signing and hashing a body take their full speed."""
        for event in _SENDING:
            client.meta.events.register(event, self._slow_down)

    def _slow_down(self, request: Any, **_: object) -> None:
        if self._rate is None or request.body is None:
            return
        body = request.body
        request.body = PacedBody(io.BytesIO(body) if isinstance(body, bytes | bytearray) else body, self)

    def _earn(self) -> None:
        now = self._clock()
        if self._rate is not None:
            most = max(PIECE, self._rate * BURST_SECONDS)
            self._credit = min(most, self._credit + (now - self._credited) * self._rate)
        self._credited = now

    def _shortage(self) -> float:
        """Seconds until something may be sent at this rate."""
        self._earn()
        if self._rate is None:
            self._credit = 0.0
            return 0.0
        if self._credit >= 0 and self._rate > 0:
            return 0.0
        return -self._credit / self._rate if self._rate > 0 else _LONGEST_WAIT


class PacedBody:
    """A body whose bytes come as fast as a throttle lets them.

    Parameters
    ----------
    stream
        The body.
    throttle
        Shared by all that a process sends.
    """

    def __init__(self, stream: Readable, throttle: Throttle) -> None:
        self._stream = stream
        self._throttle = throttle

    def read(self, size: int = -1, /) -> bytes:
        """Read some bytes, when they may be sent; none at the end."""
        piece = self._stream.read(PIECE if size < 0 else min(size, PIECE))
        if piece:
            self._throttle.wait_for(len(piece))
        return piece
