"""Cuts a long text into blocks of whole lines, which may be read here or elsewhere."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

BLOCK = 16 * 1024 * 1024
"""Bytes read at once: some 100,000 keys."""
_TAIL = 1 << 16


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whole lines of a file that somebody else is to read.

    Attributes
    ----------
    path
        The file.
    begin, size
        Where the stretch begins, and its bytes.
    """

    path: Path
    begin: int
    size: int

    def read(self) -> bytes:
        """Read it.

        Raises
        ------
        OSError
            When the system refuses, or the file has become shorter.
        """
        with self.path.open("rb") as stream:
            stream.seek(self.begin)
            data = stream.read(self.size)
        if len(data) < self.size:
            raise OSError(errno.EIO, "it has become shorter while it was read")
        return data


def stretches_of(path: Path, size: int | None = None) -> Iterator[Stretch]:
    """The same lines as `blocks_of` gives, not yet read.

    Parameters
    ----------
    path
        The file.
    size
        Bytes.
    """
    most = size or BLOCK
    with path.open("rb") as stream:
        whole = stream.seek(0, os.SEEK_END)
        begin = 0
        while begin < whole:
            end = begin + most
            if end < whole:
                end = _line_end(stream, begin, end, whole)
            end = min(end, whole)
            yield Stretch(path, begin, end - begin)
            begin = end


def _line_end(stream: BinaryIO, begin: int, end: int, whole: int) -> int:
    """Where the last line ends that ends between begin and end; of a longer line, where that ends."""
    at = end
    while at > begin:
        before = max(begin, at - _TAIL)
        stream.seek(before)
        found = stream.read(at - before).rfind(b"\n")
        if found >= 0:
            return before + found + 1
        at = before
    stream.seek(end)
    while data := stream.read(_TAIL):
        found = data.find(b"\n")
        if found >= 0:
            return end + found + 1
        end += len(data)
    return whole


def blocks_of(stream: BinaryIO, size: int | None = None) -> Iterator[bytes]:
    """Whole lines of a text, as many as fit; every line but the last of all ends with its line break.

    Parameters
    ----------
    stream
        Read to its end.
    size
        Bytes.
    """
    rest = b""
    # Some of them wait in memory at the same time, other than those that are read where they are needed.
    while data := stream.read(size or BLOCK // 2):
        end = data.rfind(b"\n") + 1
        if end == 0:
            rest += data
            continue
        yield b"".join((rest, memoryview(data)[:end]))
        rest = data[end:]
    if rest:
        yield rest
