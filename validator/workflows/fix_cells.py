"""Changes cells of a table where they stand in its bytes; every other byte stays as it is."""

import gzip
import re
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO

from validator.errors import UnreadableFile
from validator.models.renames import CellChange
from validator.readers.signatures import GZIP
from validator.readers.tables import separator_in_use
from validator.readers.text import decode, read_content

CODECS = {"UTF-8": "utf-8", "UTF-8 with BOM": "utf-8", "Windows-1252": "cp1252", "Latin-1": "latin-1"}
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class NewValue:
    """What becomes of a cell.

    Attributes
    ----------
    value
        The whole new value.
    old, new
        The part that changes, for people.
    """

    value: str
    old: str
    new: str


Changer = Callable[[str, str], NewValue | None]
"""From a column's name and a cell's value to what becomes of it; ``None`` when it stays."""


@dataclass(frozen=True, slots=True)
class ChangedTable:
    """A table with other cells.

    Attributes
    ----------
    content
        Its bytes, compressed again if they were.
    changes
        What changed, in the order of the columns.
    """

    content: bytes
    changes: tuple[CellChange, ...]


def change_cells(
    raw: bytes, separator: str, change: Changer, worth: Callable[[bytes], bool] = lambda _: True
) -> ChangedTable | None:
    """Change cells of a table.

    Parameters
    ----------
    raw
        Its bytes, plain or gzip.
    separator
        What should separate its cells.
    change
        Says what becomes of a cell below the header.
    worth
        Whether the unpacked bytes can hold anything that changes; asked first, because it is quick.

    Returns
    -------
    ChangedTable or None
        ``None`` when every cell stays.

    Raises
    ------
    UnreadableFile
        If it cannot be read as a table.
    """
    content, compressed = read_content(BytesIO(raw))
    if not worth(content):
        return None
    text, encoding, _ = decode(content)
    used = separator_in_use(text, separator)
    del text
    pieces, changes = _changed(content, used, CODECS[encoding], change)
    if not changes:
        return None
    new = b"".join(pieces)
    columns = tuple(CellChange(*what, cells) for what, cells in changes.items())
    return ChangedTable(repack(raw, new) if compressed else new, columns)


def _changed(
    content: bytes, separator: str, codec: str, change: Changer
) -> tuple[list[bytes | memoryview], Counter[tuple[str, str, str]]]:
    pieces: list[bytes | memoryview] = []
    counts: Counter[tuple[str, str, str]] = Counter()
    header: list[str] = []
    view, copied = memoryview(content), 0
    for record in _records(content, separator):
        if not header:
            header = [_value(content[begin:end], codec) for begin, end in record]
            if not any(name.strip() for name in header):
                header = []
            continue
        for column, (begin, end) in zip(header, record, strict=False):
            if begin == end:
                continue
            cell = content[begin:end]
            new = change(column, _value(cell, codec))
            if new is not None:
                counts[column, new.old, new.new] += 1
                pieces += [view[copied:begin], _cell(new.value, codec, quoted=cell.startswith(b'"'))]
                copied = end
    pieces.append(view[copied:])
    order = {name: position for position, name in enumerate(header)}
    return pieces, Counter(dict(sorted(counts.items(), key=lambda item: order[item[0][0]])))


def _records(content: bytes, separator: str) -> Iterator[list[tuple[int, int]]]:
    """Begin and end of the cells of every line, quotation marks included."""
    match = _cell_pattern(separator).match
    position = len(_BOM) if content.startswith(_BOM) else 0
    record: list[tuple[int, int]] = []
    while position < len(content) or record:
        found = match(content, position)
        if found is None:
            line = content.count(b"\n", 0, position) + 1
            raise UnreadableFile(
                f'On line {line} quotation marks (") do not match', "correct the line", f"line {line}"
            )
        record.append(found.span(1))
        position = found.end()
        if found[2] != separator.encode():
            yield record
            record = []


@cache
def _cell_pattern(separator: str) -> re.Pattern[bytes]:
    mark = re.escape(separator.encode())
    return re.compile(rb'("(?:[^"]++|"")*+"|(?!")[^' + mark + rb"\r\n]*+)(" + mark + rb"|\r\n|\n|\r|\Z)")


def _value(cell: bytes, codec: str) -> str:
    text = cell.decode(codec)
    return text[1:-1].replace('""', '"') if cell.startswith(b'"') else text


def _cell(value: str, codec: str, *, quoted: bool) -> bytes:
    if quoted:
        value = '"' + value.replace('"', '""') + '"'
    return value.encode(codec)


def repack(raw: bytes, content: bytes) -> bytes:
    """Compress new content under the gzip header of the old (its time, its name)."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(content) + packer.flush()
    packed = gzip_header(raw) + body + struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)
    if gzip.decompress(packed) != content:
        raise UnreadableFile("It is a gzip file of an unusual form", "compress it again with gzip")
    return packed


def gzip_header(raw: bytes) -> bytes:
    """The header of a gzip file (RFC 1952), with all that stands before the compressed bytes."""
    assert raw.startswith(GZIP)
    flags, end = raw[3], 10
    if flags & 4:  # FEXTRA
        end += 2 + int.from_bytes(raw[end : end + 2], "little")
    for flag in (8, 16):  # FNAME, FCOMMENT
        if flags & flag:
            end = raw.index(b"\0", end) + 1
    return raw[: end + 2 if flags & 2 else end]  # FHCRC
