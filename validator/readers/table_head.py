"""The beginning and the end of a large table of text: its header, its first row, and whether it is whole.

Profiles of a plate have thousands of columns and tens of MB; to read all of them would take hours for a dataset. What
breaks them in practice (a Git LFS pointer, a failed download, a copy that was cut off, the table of another plate) shows
at both ends.
"""

import csv
import io
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from validator.errors import UnreadableFile
from validator.models.counts import counted
from validator.readers.signatures import GZIP, HEAD_SIZE, foreign_format
from validator.readers.text import decode

LARGEST_HEAD = 16 << 20
"""Unpacked bytes within which a header and a first row must lie: ten thousand columns have 1 MB."""
SMALL = 1 << 20
"""Compressed tables up to this size are unpacked whole."""
LARGEST_PROOF = 256 << 20
"""A compressed table that looks cut off is unpacked to be sure, up to this size."""
_STEP = 256 << 10
_TAIL = 4 << 20
_TRAILER = 8
_PLAUSIBLE = 3
"""A whole table is packed at most so many times better or worse than its first rows."""
_COPY_AGAIN = "write it again, or copy it again"
_CUT_GZIP = "It is a gzip file that is cut off: its end is missing"
_BAD_GZIP = "It is a gzip file that is damaged and cannot be unpacked"


@dataclass(frozen=True, slots=True)
class TableHead:
    """What the beginning of a table says.

    Attributes
    ----------
    columns
        Its header.
    first
        Cells of the first row below it; ``None`` when there is no row.
    compressed
        Whether the bytes are gzip.
    """

    columns: tuple[str, ...]
    first: tuple[str, ...] | None
    compressed: bool

    def value(self, column: str) -> str:
        """What the first row has in a column, or an empty text."""
        if self.first is None or column not in self.columns:
            return ""
        position = self.columns.index(column)
        return self.first[position].strip() if position < len(self.first) else ""


def read_table_head(stream: BinaryIO, size: int, separator: str = ",") -> TableHead:
    """Read header and first row of a table of text, plain or gzip, and see that its end is there.

    Raises
    ------
    UnreadableFile
        If it is something else, damaged or cut off.
    OSError
        If the system refuses to read it.
    """
    stream.seek(0)
    start = stream.read(HEAD_SIZE)
    stream.seek(0)
    if start.startswith(GZIP):
        text, whole = _unpacked_head(stream, size)
    else:
        text, whole = stream.read(_STEP), size <= _STEP
        while not whole and text.count(b"\n") < 2 and len(text) < LARGEST_HEAD:
            some = stream.read(_STEP)
            text, whole = text + some, not some
    foreign = foreign_format(text[:HEAD_SIZE])
    if foreign:
        raise UnreadableFile(f"It is {foreign}, not a table of text", _COPY_AGAIN, "byte 0")
    columns, first = _lines(text, separator, whole=whole)
    compressed = start.startswith(GZIP)
    if not compressed:
        _see_last_line(stream, size, len(columns), separator)
    return TableHead(columns, first, compressed)


def _lines(text: bytes, separator: str, *, whole: bool) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    if not whole:  # the last line may be half, and half a letter
        text = text[: text.rfind(b"\n") + 1]
    content, _, _ = decode(text)
    lines = csv.reader(io.StringIO(content, newline=""), delimiter=separator)
    try:
        filled = (cells for cells in lines if any(cell.strip() for cell in cells))
        columns = next(filled, [])
        first = next(filled, None)
    except csv.Error as error:
        raise UnreadableFile(f"Its first lines are no table ({error})", _COPY_AGAIN, "line 1") from error
    if not columns:
        raise UnreadableFile("It holds no header", _COPY_AGAIN, "line 1")
    return tuple(columns), tuple(first) if first is not None else None


def _see_last_line(stream: BinaryIO, size: int, width: int, separator: str) -> None:
    """A table that was cut off ends within a line, which then has too few cells."""
    stream.seek(max(0, size - _TAIL))
    tail = stream.read(_TAIL).rstrip(b"\r\n")
    begin = max(tail.rfind(b"\n"), tail.rfind(b"\r")) + 1
    last = tail[begin:]
    if (begin == 0 and size > _TAIL) or b'"' in last:
        return  # the line begins further up, or a value goes over several lines
    cells = last.count(separator.encode()) + 1
    if cells < width:
        raise UnreadableFile(
            f"It is cut off: its last line has {cells:,} of {counted(width, 'cell')}",
            _COPY_AGAIN,
            f"byte {size}",
        )


def _unpacked_head(stream: BinaryIO, size: int) -> tuple[bytes, bool]:
    """The first lines of a gzip file, and whether that is all of it."""
    unpacker = zlib.decompressobj(wbits=31)
    text, packed = b"", 0
    try:
        while not unpacker.eof and (size <= SMALL or text.count(b"\n") < 2) and len(text) < LARGEST_HEAD:
            some = unpacker.unconsumed_tail or stream.read(_STEP // 4)
            if not some:
                raise UnreadableFile(_CUT_GZIP, _COPY_AGAIN, f"byte {size}")
            packed += 0 if unpacker.unconsumed_tail else len(some)
            text += unpacker.decompress(some, _STEP)
    except zlib.error as error:
        raise UnreadableFile(_BAD_GZIP, _COPY_AGAIN, f"byte {packed}") from error
    if not unpacker.eof and size > SMALL and not _plausible_length(stream, size, len(text) / max(1, packed)):
        _unpack_all(stream, size)
    return text, unpacker.eof


def _plausible_length(stream: BinaryIO, size: int, ratio: float) -> bool:
    """Whether the last four bytes can be the unpacked length, as gzip writes it; where a file is cut off they rarely are."""
    stream.seek(size - _TRAILER // 2)
    length = int.from_bytes(stream.read(_TRAILER // 2), "little")
    expected = ratio * size
    return expected >= 1 << 31 or expected / _PLAUSIBLE <= length <= expected * _PLAUSIBLE


def _unpack_all(stream: BinaryIO, size: int) -> None:
    """Unpack a suspicious file to be sure: several gzip files in a row are right, too."""
    if size > LARGEST_PROOF:
        return
    stream.seek(0)
    unpacker = zlib.decompressobj(wbits=31)
    read = 0
    try:
        while some := stream.read(_STEP // 4):
            read += len(some)
            while some:
                unpacker.decompress(some)
                some = unpacker.unused_data
                if unpacker.eof:
                    if not some.startswith(GZIP):
                        some = b""  # zeros that fill up a block, as tar writes them
                    unpacker = zlib.decompressobj(wbits=31) if some else unpacker
    except zlib.error as error:
        raise UnreadableFile(_BAD_GZIP, _COPY_AGAIN, f"byte {read}") from error
    if not unpacker.eof:
        raise UnreadableFile(_CUT_GZIP, _COPY_AGAIN, f"byte {size}")
