"""SQLite databases: their tables and whether they are whole, from the few pages that say it.

The file format (sqlite.org/fileformat2.html) is read directly, so that a database of many GB in a bucket costs a few
small reads, and one that is damaged harms nobody.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from validator.errors import UnreadableFile
from validator.readers.signatures import HEAD_SIZE, foreign_format

MAGIC = b"SQLite format 3\x00"
_HEADER = 100
_LEAF, _INTERIOR, _INTERIOR_KEYED = 0x0D, 0x05, 0x02
_CODECS = {2: "utf-16-le", 3: "utf-16-be"}
_MOST_PAGES = 1_000
"""Pages of the list of tables that are looked at; a list of four tables has a few."""
_COPY_AGAIN = "make it again from the files in analysis, or copy it again"


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What a database holds.

    Attributes
    ----------
    tables
        Name of every table, and whether it has rows.
    missing
        Bytes that should follow and do not.
    """

    tables: dict[str, bool] = field(default_factory=dict)
    missing: int = 0


def read_database(stream: BinaryIO, size: int) -> DatabaseFacts:
    """Read the header of an SQLite database and the list of its tables.

    Parameters
    ----------
    stream
        Its bytes.
    size
        How many there are.

    Raises
    ------
    UnreadableFile
        If it is no SQLite database, or its list of tables is damaged.
    OSError
        If the system refuses to read it.
    """
    stream.seek(0)
    head = stream.read(max(_HEADER, HEAD_SIZE))
    if not head.startswith(MAGIC):
        foreign = foreign_format(head)
        what = f"It is {foreign}, not an SQLite database" if foreign else "It is not an SQLite database"
        raise UnreadableFile(what, _COPY_AGAIN, "byte 0")
    if len(head) < _HEADER:
        raise UnreadableFile("It is cut off within its header", _COPY_AGAIN, f"byte {size}")
    page_size = 65_536 if head[16:18] == b"\x00\x01" else int.from_bytes(head[16:18])
    if page_size < 512 or page_size & (page_size - 1):
        raise UnreadableFile("Its header is damaged", _COPY_AGAIN, "byte 16")
    missing = _missing(head, page_size, size)
    if missing:
        return DatabaseFacts(missing=missing)
    try:
        return DatabaseFacts(_tables(stream, page_size, page_size - head[20], _CODECS.get(head[59], "utf-8")))
    except (IndexError, ValueError, OverflowError) as error:
        raise UnreadableFile("The list of its tables is damaged", _COPY_AGAIN, "byte 100") from error


def _missing(head: bytes, page_size: int, size: int) -> int:
    """Bytes that the header promises and the file does not have; what was not written down by old versions is not judged."""
    pages = int.from_bytes(head[28:32])
    stated = pages > 0 and head[24:28] == head[92:96]  # otherwise the number is not kept up
    return max(0, (pages * page_size if stated else -(-size // page_size) * page_size) - size)


def _tables(stream: BinaryIO, page_size: int, usable: int, codec: str) -> dict[str, bool]:
    roots: dict[str, int] = {}
    for payload in _records(stream, page_size, usable):
        kind, name, _, root = _values(payload, 4, codec)
        if (
            kind == "table"
            and isinstance(name, str)
            and isinstance(root, int)
            and not name.startswith("sqlite_")
        ):
            roots[name] = root
    return {name: _has_rows(stream, page_size, root) for name, root in roots.items() if root > 0}


def _page(stream: BinaryIO, page_size: int, number: int) -> bytes:
    stream.seek((number - 1) * page_size)
    page = stream.read(page_size)
    if len(page) < page_size:
        raise IndexError(number)
    return page


def _has_rows(stream: BinaryIO, page_size: int, root: int) -> bool:
    stream.seek((root - 1) * page_size)
    head = stream.read(8)
    return head[0] in (_INTERIOR, _INTERIOR_KEYED) or int.from_bytes(head[3:5]) > 0


def _records(stream: BinaryIO, page_size: int, usable: int) -> Iterator[bytes]:
    """The part of every record of the list of tables that lies on its own page; names always do."""
    waiting, seen = [1], set[int]()
    while waiting and len(seen) < _MOST_PAGES:
        number = waiting.pop()
        if number in seen:
            raise IndexError(number)
        seen.add(number)
        page = _page(stream, page_size, number)
        begin = _HEADER if number == 1 else 0
        kind, cells = page[begin], int.from_bytes(page[begin + 3 : begin + 5])
        first = begin + (12 if kind == _INTERIOR else 8)
        places = [int.from_bytes(page[at : at + 2]) for at in range(first, first + 2 * cells, 2)]
        if kind == _INTERIOR:
            waiting += [int.from_bytes(page[at : at + 4]) for at in places]
            waiting.append(int.from_bytes(page[begin + 8 : begin + 12]))
        elif kind == _LEAF:
            for at in places:
                length, after_length = _varint(page, at)
                _, payload = _varint(page, after_length)
                yield page[payload : payload + min(length, usable)]
        else:
            raise IndexError(kind)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where the next thing begins."""
    value = 0
    for index in range(8):
        byte = data[at + index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + index + 1
    return value << 8 | data[at + 8], at + 9


def _values(payload: bytes, number: int, codec: str) -> list[object]:
    """The first values of a record: whole numbers and texts, anything else as ``None``."""
    header, at = _varint(payload, 0)
    body, values = header, list[object]()
    while len(values) < number:
        kind, at = _varint(payload, at)
        length = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)[kind] if kind < 10 else (kind - 12) // 2
        raw = payload[body : body + length]
        if kind in (8, 9):
            values.append(kind - 8)
        elif 1 <= kind <= 6:
            values.append(int.from_bytes(raw, signed=True))
        else:
            values.append(raw.decode(codec, "replace") if kind >= 13 and kind % 2 else None)
        body += length
    return values
