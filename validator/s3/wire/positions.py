"""What bodies have in common that are read from a position on."""

import io
from typing import BinaryIO


class PositionedBody(io.RawIOBase, BinaryIO):
    """A body of so many bytes that can be read from anywhere on.

    Parameters
    ----------
    length
        Bytes.
    """

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length
        self._position = 0

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; nothing is read."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.length}[whence]
        self._position = base + offset
        return self._position
