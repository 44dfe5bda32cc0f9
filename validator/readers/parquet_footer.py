"""Parquet files: columns, rows, and whether they are whole, from the footer alone.

The footer (github.com/apache/parquet-format, parquet.thrift) is read directly: a file of many GB in a bucket costs two
small reads, and a damaged one cannot end the process, as it can in the library that reads the data.
"""

from dataclasses import dataclass, field
from typing import BinaryIO

from validator.errors import UnreadableFile
from validator.readers.signatures import HEAD_SIZE, foreign_format
from validator.readers.thrift import BINARY, LIST, STRUCT, TRUE, Thrift

MAGIC = b"PAR1"
_ENCRYPTED = b"PARE"
_LARGEST_FOOTER = 256 << 20
_COPY_AGAIN = "write it again, or copy it again"

# Numbers of the fields in parquet.thrift
_SCHEMA, _ROWS, _GROUPS = 2, 3, 4
_NAME, _CHILDREN = 4, 5
_COLUMNS, _META, _TYPE, _PATH, _STATISTICS = 1, 3, 1, 3, 12
_TEXT = 6  # the physical type BYTE_ARRAY
_HIGHEST, _LOWEST, _EXACT_HIGHEST, _EXACT_LOWEST = 5, 6, 7, 8


@dataclass(frozen=True, slots=True)
class ParquetFacts:
    """What a Parquet file says of itself.

    Attributes
    ----------
    columns
        Names of its columns, in their order.
    rows
        How many rows it has.
    spans
        Of the columns that were asked for the lowest and the highest text in the first group of rows, where the file
        states both.
    """

    columns: tuple[str, ...]
    rows: int
    spans: dict[str, tuple[str, str]] = field(default_factory=dict)


def read_footer(stream: BinaryIO, size: int, wanted: frozenset[str] = frozenset()) -> ParquetFacts:
    """Read the footer of a Parquet file.

    Parameters
    ----------
    stream
        Its bytes.
    size
        How many there are.
    wanted
        Columns of text whose lowest and highest value are asked for.

    Raises
    ------
    UnreadableFile
        If it is no Parquet file, is cut off or damaged.
    OSError
        If the system refuses to read it.
    """
    stream.seek(0)
    head = stream.read(HEAD_SIZE)
    if not head.startswith((MAGIC, _ENCRYPTED)):
        foreign = foreign_format(head)
        what = f"It is {foreign}, not a Parquet file" if foreign else "It is not a Parquet file"
        raise UnreadableFile(what, _COPY_AGAIN, "byte 0")
    stream.seek(max(0, size - 8))
    tail = stream.read(8)
    if head.startswith(_ENCRYPTED) or tail.endswith(_ENCRYPTED):
        raise UnreadableFile("It is encrypted, nobody can read it", "write it without encryption", "byte 0")
    length = int.from_bytes(tail[:4], "little")
    if size < 12 or not tail.endswith(MAGIC):
        raise UnreadableFile("It is cut off: the footer at its end is missing", _COPY_AGAIN, f"byte {size}")
    if length > min(size - 12, _LARGEST_FOOTER):
        raise UnreadableFile("The footer at its end is damaged", _COPY_AGAIN, f"byte {size - 8}")
    stream.seek(size - 8 - length)
    try:
        return _facts(Thrift(stream.read(length)), wanted)
    except (IndexError, ValueError, RecursionError, OverflowError) as error:
        raise UnreadableFile(
            "The footer at its end is damaged", _COPY_AGAIN, f"byte {size - 8 - length}"
        ) from error


def _facts(footer: Thrift, wanted: frozenset[str]) -> ParquetFacts:
    columns, rows, spans = tuple[str, ...](), 0, dict[str, tuple[str, str]]()
    for number, sort in footer.fields():
        if number == _SCHEMA and sort == LIST:
            columns = _columns(footer)
        elif number == _ROWS:
            rows = footer.zigzag()
        elif number == _GROUPS and sort == LIST:
            spans = _spans(footer, wanted.intersection(columns))
            break  # nothing behind it is asked for
        else:
            footer.skip(sort)
    return ParquetFacts(columns, rows, spans)


def _columns(footer: Thrift) -> tuple[str, ...]:
    """Names of the columns at the top; what lies inside of lists and structures is left out."""
    found: list[str] = []
    inside: list[int] = []
    for index in range(footer.list_length()):
        name, children = "", 0
        for number, sort in footer.fields():
            if number == _NAME:
                name = footer.binary().decode("utf-8", "replace")
            elif number == _CHILDREN:
                children = footer.zigzag()
            else:
                footer.skip(sort)
        if index == 0:
            continue
        if not inside:
            found.append(name)
        else:
            inside[-1] -= 1
        if children:
            inside.append(children)
        while inside and inside[-1] == 0:
            inside.pop()
    return tuple(found)


def _spans(footer: Thrift, wanted: frozenset[str]) -> dict[str, tuple[str, str]]:
    """What the first group of rows says; behind the last column that is wanted nothing is read any more."""
    found: dict[str, tuple[str, str]] = {}
    missing = set(wanted)
    if not missing or footer.list_length() == 0:
        return found
    for number, sort in footer.fields():
        if number != _COLUMNS or sort != LIST:
            footer.skip(sort)
            continue
        for _ in range(footer.list_length()):
            name, span = _span_of_chunk(footer, wanted)
            missing.discard(name)
            if span is not None:
                found[name] = span
            if not missing:
                return found
    return found


def _span_of_chunk(footer: Thrift, wanted: frozenset[str]) -> tuple[str, tuple[str, str] | None]:
    name, span, text = "", None, False
    for number, sort in footer.fields():
        if number != _META or sort != STRUCT:
            footer.skip(sort)
            continue
        for inner, kind in footer.fields():
            if inner == _TYPE:
                text = footer.zigzag() == _TEXT
            elif inner == _PATH and kind == LIST:
                path = [footer.binary().decode("utf-8", "replace") for _ in range(footer.list_length())]
                name = path[0] if len(path) == 1 and path[0] in wanted else ""
            elif inner == _STATISTICS and kind == STRUCT and name and text:
                span = _span_stated(footer)
            else:
                footer.skip(kind)
    return name, span


def _span_stated(footer: Thrift) -> tuple[str, str] | None:
    values: dict[int, bytes] = {}
    exact = True
    for number, sort in footer.fields():
        if number in (_HIGHEST, _LOWEST) and sort == BINARY:
            values[number] = footer.binary()
        elif number in (_EXACT_HIGHEST, _EXACT_LOWEST):
            exact = exact and sort == TRUE
        else:
            footer.skip(sort)
    if len(values) < 2 or not exact:
        return None
    return values[_LOWEST].decode("utf-8", "replace"), values[_HIGHEST].decode("utf-8", "replace")
