"""Bodies whose bytes stay in memory from their digests until they are sent, in memory that is used again."""

import mmap
import sys
from threading import RLock

from validator.s3.wire.positions import PositionedBody

STEP = 128 * 1024
"""Bytes: memory comes in multiples of this, so that it serves bodies of about the same size."""
_EMPTY = memoryview(b"")

if sys.platform == "win32":

    def _fresh(size: int) -> mmap.mmap:
        return mmap.mmap(-1, size)

else:

    def _fresh(size: int) -> mmap.mmap:
        return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


class Buffers:
    """Memory for bodies: fresh memory costs as much as reading the bytes a second time, so it goes from one to the next.

    Parameters
    ----------
    most
        Bytes that wait for use, at most; what is given back beyond them goes back to the system.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: dict[int, list[mmap.mmap]] = {}
        self._bytes = 0
        # A body that is thrown away may give back while its thread is in here.
        self._lock = RLock()

    @property
    def waiting(self) -> int:
        """Bytes that wait for use."""
        return self._bytes

    def take(self, length: int) -> mmap.mmap:
        """Memory for so many bytes, up to twice as large, or of one `STEP`; only pages that are written to take room.

        Raises
        ------
        OSError
            If the system has none.
        """
        size = -(-length // STEP) * STEP
        with self._lock:
            fitting = [other for other in self._waiting if size <= other <= 2 * size]
            if fitting:
                best = min(fitting)
                found = self._waiting[best].pop()
                if not self._waiting[best]:
                    del self._waiting[best]
                self._bytes -= best
                return found
        return _fresh(size)

    def give_back(self, buffer: mmap.mmap) -> None:
        """Nobody uses it any more."""
        size = len(buffer)
        with self._lock:
            if self._bytes + size <= self._most:
                self._waiting.setdefault(size, []).append(buffer)
                self._bytes += size


class KeptBody(PositionedBody):
    """Bytes in memory of `Buffers`, which gets it back when the body is closed or nobody has it any more.

    Parameters
    ----------
    buffers, buffer
        The memory, and where it came from.
    length
        How many bytes of it.
    """

    def __init__(self, buffers: Buffers, buffer: mmap.mmap, length: int) -> None:
        super().__init__(length)
        self.in_memory = length
        self._buffers = buffers
        self._buffer = buffer

    def rewind(self) -> None:
        """Begin again."""
        self._position = 0

    def piece(self) -> memoryview:
        """Give everything that comes next, then nothing."""
        at, self._position = self._position, self.length
        return memoryview(self._buffer)[at : self.length] if at < self.length else _EMPTY

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # typeshed wants any buffer
        """Fill the buffer with what comes next."""
        end = min(self.length, self._position + len(buffer))
        count = max(0, end - self._position)
        buffer[:count] = memoryview(self._buffer)[self._position : self._position + count]
        self._position += count
        return count

    def release(self) -> None:
        """Nothing to do: the bytes may have to be sent again."""

    def close(self) -> None:
        """Give the memory back."""
        if not self.closed:
            super().close()
            self._buffers.give_back(self._buffer)
