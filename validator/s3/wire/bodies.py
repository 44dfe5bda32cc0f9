"""What a request carries: bytes in memory, or a run of a file that is read while it is sent.

Both are files as boto3 wants them, too, for the stores that only boto3 reaches.
"""

import errno
import io
import os
import socket
import ssl
import sys
from collections.abc import Callable
from typing import BinaryIO

from validator.models.long_paths import openable

PIECE = 1024 * 1024
"""Bytes of a file that are in memory at once."""
_EMPTY = memoryview(b"")
_SENDFILE = sys.platform == "linux"
"""Elsewhere it differs, and is not tried."""
_CANNOT = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
"""Some file systems do not hand bytes to a connection."""
_OF_THE_FILE = frozenset({errno.EIO, errno.ESTALE, errno.EOVERFLOW, errno.EACCES, errno.EPERM})


class BodyUnreadable(Exception):
    """The file of a body cannot be read; the system's error is its cause."""


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
        self._sendfile = _SENDFILE

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

    @property
    def complete(self) -> bool:
        """Whether all has been read."""
        return self._position >= self.length

    def sends_itself(self, connection: socket.socket) -> bool:
        """Whether the system can hand its bytes to this connection: they are not encrypted on the way."""
        return self._sendfile and not isinstance(connection, ssl.SSLSocket)

    def send_to(self, connection: socket.socket, most: int) -> int:
        """Let the system send what comes next; how many bytes it took, 0 if it cannot do this with this file.

        Raises
        ------
        BodyUnreadable
            If it is the file that fails, or has changed.
        OSError
            If it is the connection; `BlockingIOError` if that takes no more for now.
        """
        try:
            self._open()
        except OSError as error:
            raise BodyUnreadable from error
        at = self._offset + self._position
        try:
            sent = os.sendfile(
                connection.fileno(), self._descriptor, at, min(most, self.length - self._position)
            )
        except OSError as error:
            if error.errno in _CANNOT:
                self._sendfile = False
                return 0
            if error.errno in _OF_THE_FILE:
                raise BodyUnreadable from error
            raise
        self._position += sent
        try:
            self._check(sent)
        except OSError as error:
            raise BodyUnreadable from error
        return sent

    def _open(self) -> None:
        if self._descriptor < 0:
            # What was listed was a file; a pipe that took its place would wait for somebody.
            flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
            self._descriptor = os.open(openable(self._path), flags | getattr(os, "O_CLOEXEC", 0))
            self._unchanged(self._descriptor)

    def _check(self, count: int) -> None:
        """So many bytes were read: the file must be the same at its end, and must not end before."""
        if self.complete or not count:
            self._unchanged(self._descriptor)
        if not count:
            raise OSError(errno.EIO, "the file ends too early", self._path)

    def _read(self, most: int) -> bytes:
        missing = self.length - self._position
        if missing <= 0:
            return b""
        self._open()
        os.lseek(self._descriptor, self._offset + self._position, os.SEEK_SET)
        data = os.read(self._descriptor, min(most, missing))
        self._position += len(data)
        self._check(len(data))
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
