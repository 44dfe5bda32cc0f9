"""What a request carries: bytes in memory, or a run of a file that is read while it is sent.

Both are files as boto3 wants them, too, for the stores that only boto3 reaches.
"""

import errno
import io
import os
from collections.abc import Callable
from typing import BinaryIO

from validator.models.long_paths import openable

PIECE = 1024 * 1024
"""Bytes of a file that are in memory at once."""
_EMPTY = memoryview(b"")


class MemoryBody(io.BytesIO):
    """Bytes in memory."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.length = self.in_memory = len(data)
        self._data = memoryview(data)
        self._next: memoryview | None = self._data

    def rewind(self) -> None:
        """Begin again."""
        self.seek(0)
        self._next = self._data

    def piece(self) -> memoryview:
        """Give everything, then nothing."""
        data, self._next = self._next, None
        return data or _EMPTY

    def release(self) -> None:
        """Nothing to do: the bytes go with the last who needs them."""


class FileBody(io.RawIOBase, BinaryIO):
    """A run of a file, never wholly in memory.

    Parameters
    ----------
    path
        The file.
    offset, length
        Which bytes of it.
    unchanged
        Is given the open file before the first and after the last byte is read; raises if the file is not the
        one that was meant.
    """

    def __init__(self, path: str, offset: int, length: int, unchanged: Callable[[int], None]) -> None:
        super().__init__()
        self.length = length
        self.in_memory = min(length, PIECE)
        self._path = path
        self._offset = offset
        self._unchanged = unchanged
        self._descriptor = -1
        self._position = 0

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; the file is opened when it is read."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.length}[whence]
        self._position = base + offset
        return self._position

    def rewind(self) -> None:
        """Begin again."""
        self.release()
        self._position = 0

    def piece(self) -> memoryview:
        """Read what comes next, a MiB at most; empty at the end."""
        return memoryview(self._read(PIECE))

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # typeshed wants any buffer
        """Fill the buffer with what comes next."""
        data = self._read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _read(self, most: int) -> bytes:
        missing = self.length - self._position
        if missing <= 0:
            return b""
        if self._descriptor < 0:
            # What was listed was a file; a pipe that took its place would wait for somebody.
            flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
            self._descriptor = os.open(openable(self._path), flags | getattr(os, "O_CLOEXEC", 0))
            self._unchanged(self._descriptor)
        os.lseek(self._descriptor, self._offset + self._position, os.SEEK_SET)
        data = os.read(self._descriptor, min(most, missing))
        self._position += len(data)
        if len(data) == missing or not data:
            self._unchanged(self._descriptor)
        if not data:
            raise OSError(errno.EIO, "the file ends too early", self._path)
        return data

    def release(self) -> None:
        """Close the file; it is opened again when it is read."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def close(self) -> None:
        """Close the file."""
        self.release()
        super().close()


Body = MemoryBody | FileBody
