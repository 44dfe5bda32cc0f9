"""What a request carries: bytes in memory, or a run of a file that is read while it is sent.

All of them are files as boto3 wants them, too, for the stores that only boto3 reaches.
"""

import errno
import io
import os
import socket
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress

from validator.models.long_paths import openable
from validator.s3.wire.kept import KeptBody
from validator.s3.wire.positions import PositionedBody

PIECE = 1024 * 1024
"""Bytes of a file that are in memory at once."""
_EMPTY = memoryview(b"")
SENDFILE = sys.platform == "linux"
"""Whether the system sends files by itself; elsewhere it differs, and is not tried."""
_CANNOT = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
"""Some file systems do not hand bytes to a connection."""
_OF_THE_FILE = frozenset({errno.EIO, errno.ESTALE, errno.EOVERFLOW, errno.EACCES, errno.EPERM})


class BodyUnreadable(Exception):
    """The file of a body cannot be read; the system's error is its cause."""


Read = Callable[[int], bytes]
"""Reads so many bytes at most."""


def _once(read: Read) -> Read:
    return read


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


class FileBody(PositionedBody):
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
    again
        Makes of a function that opens the file and reads some of it one that does so again when the disk fails for
        a moment.
    """

    def __init__(
        self,
        path: str,
        offset: int,
        length: int,
        unchanged: Callable[[int], None],
        again: Callable[[Read], Read] = _once,
    ) -> None:
        super().__init__(length)
        self.in_memory = min(length, PIECE)
        self._path = path
        self._offset = offset
        self._unchanged = unchanged
        self._again = again
        self._descriptor = -1
        self._sendfile = SENDFILE

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
        """Let the system send what comes next; how many bytes it took, 0 if what comes next is to be read instead.

        Raises
        ------
        BodyUnreadable
            If it is the file that cannot be opened, or ends too early.
        OSError
            If it is the connection; `BlockingIOError` if that takes no more for now.
        """
        if self._descriptor < 0:
            self._check(self._open)
        at = self._offset + self._position
        rest = min(most, self.length - self._position)
        try:
            sent: int = os.sendfile(connection.fileno(), self._descriptor, at, rest)
        except OSError as error:
            if error.errno in _CANNOT:
                self._sendfile = False
                return 0
            if error.errno in _OF_THE_FILE:
                self.release()  # what reads next opens it again, or says what is wrong
                return 0
            raise
        self._position += sent
        if self.complete or not sent:
            self._check(self._look_again)
        if not sent:
            raise BodyUnreadable from self._too_short()
        return sent

    def _check(self, look: Read) -> None:
        try:
            self._again(look)(0)
        except OSError as error:
            raise BodyUnreadable from error

    def _too_short(self) -> OSError:
        return OSError(errno.EIO, "the file ends too early", self._path)

    def _read(self, most: int) -> bytes:
        missing = self.length - self._position
        if missing <= 0:
            return b""
        data = self._again(self._read_next)(min(most, missing))
        if not data:
            raise self._too_short()
        self._position += len(data)
        return data

    def _open(self, _: int = 0) -> bytes:
        """Open the file unless it is open, and make sure that it is the one that was meant."""
        if self._descriptor < 0:
            # What was listed was a file; a pipe that took its place would wait for somebody.
            flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
            self._descriptor = os.open(openable(self._path), flags | getattr(os, "O_CLOEXEC", 0))
            self._look()
        return b""

    def _look_again(self, _: int) -> bytes:
        """Make sure at the end that it is still the same."""
        self._open()
        self._look()
        return b""

    def _read_next(self, most: int) -> bytes:
        """Read what comes next; the handle of a disk that failed is worth nothing any more."""
        self._open()
        try:
            os.lseek(self._descriptor, self._offset + self._position, os.SEEK_SET)
            data = os.read(self._descriptor, most)
        except OSError:
            self.release()
            raise
        if len(data) == self.length - self._position or not data:
            self._look()
        return data

    def _look(self) -> None:
        try:
            self._unchanged(self._descriptor)
        except OSError:
            self.release()
            raise

    def release(self) -> None:
        """Close the file; it is opened again when it is read."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            with suppress(OSError):  # ESTALE; nothing was written
                os.close(descriptor)

    def close(self) -> None:
        """Close the file."""
        self.release()
        super().close()


Body = MemoryBody | KeptBody | FileBody
