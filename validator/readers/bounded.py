"""A stream that never hands out, nor makes room for, more bytes than the file has."""

import os
from typing import BinaryIO


class BoundedStream:
    """Reads of a file whose own numbers cannot be trusted.

    A damaged image may ask for a read of 2**40 bytes; Python would make room for them before it noticed that the
    file is shorter.

    Parameters
    ----------
    stream
        The file, seekable.
    size
        Its bytes.
    """

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._size = size
        self._position = stream.tell()

    def read(self, size: int = -1) -> bytes:
        """Up to so many bytes, the rest of the file by default."""
        rest = max(0, self._size - self._position)
        content = self._stream.read(rest if size < 0 else min(size, rest))
        self._position += len(content)
        return content

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place in the file."""
        self._position = self._stream.seek(offset, whence)
        return self._position

    def tell(self) -> int:
        """Where the next read begins."""
        return self._position

    def close(self) -> None:
        """Leave the file open; who opened it closes it."""
