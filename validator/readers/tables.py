"""Tables as text: every cell is kept as it was written, and every row knows its lines.

Plate names of digits only, sites such as ``001`` and wells such as ``1E5`` survive because nothing is ever
turned into a number.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from validator.errors import UnreadableFile
from validator.readers.text import decode, read_content

if TYPE_CHECKING:
    import polars as pl

SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}


@dataclass(frozen=True, slots=True)
class RaggedLine:
    """A line with another number of cells than the header has.

    Attributes
    ----------
    line
        Its number; the header is line 1.
    cells
        How many cells it has.
    """

    line: int
    cells: int


@dataclass(slots=True)
class Table:
    """A table of text.

    Attributes
    ----------
    header
        Column names as they were written, also twice or blank.
    frame
        The rows that have as many cells as the header; every column is text, a blank cell is null. A name
        that stands twice in the header gets `` (2)`` and so on, a blank one ``column 3``.
    lines
        For every row of the frame the line it begins on; the header is line 1.
    encoding
        ``UTF-8``, ``UTF-8 with BOM``, ``Windows-1252`` or ``Latin-1``.
    undecodable_line
        First line that is not UTF-8, or 0.
    compressed
        Whether the bytes are gzip.
    separator
        What separates the cells.
    ragged
        Lines that are not in the frame because their number of cells differs.
    """

    header: tuple[str, ...]
    frame: "pl.DataFrame"
    lines: list[int]
    encoding: str = "UTF-8"
    undecodable_line: int = 0
    compressed: bool = False
    separator: str = ","
    ragged: list[RaggedLine] = field(default_factory=list)

    @property
    def repeated_columns(self) -> list[str]:
        """Names that stand in the header more than once."""
        return [name for name, times in Counter(self.header).items() if times > 1 and name.strip()]

    @property
    def unnamed_columns(self) -> list[int]:
        """Positions of columns without a name, 1 is the first."""
        return [position for position, name in enumerate(self.header, start=1) if not name.strip()]


def read_table(stream: BinaryIO, separator: str) -> Table:
    """Read a table.

    Parameters
    ----------
    stream
        Its bytes, plain or gzip.
    separator
        What should separate the cells; when the header has none of it but another usual one, that one is
        used and the table says so.

    Returns
    -------
    Table
        With at least a header; it may have no rows.

    Raises
    ------
    UnreadableFile
        If it is not text, is damaged, or holds no line.
    OSError
        If the system refuses to read it.
    """
    content, compressed = read_content(stream)
    text, encoding, undecodable_line = decode(content)
    used = separator_in_use(text, separator)
    records = _records(text, used)
    header_line, header = next(records, (0, []))
    if not any(name.strip() for name in header):
        raise UnreadableFile("It holds only blank lines", "fill it or remove it", f"line {header_line or 1}")
    rows: list[list[str]] = []
    lines: list[int] = []
    ragged: list[RaggedLine] = []
    for line, cells in records:
        if len(cells) == len(header):
            rows.append(cells)
            lines.append(line)
        else:
            ragged.append(RaggedLine(line, len(cells)))
    return Table(
        header=tuple(header),
        frame=_frame(header, rows),
        lines=lines,
        encoding=encoding,
        undecodable_line=undecodable_line,
        compressed=compressed,
        separator=used,
        ragged=ragged,
    )


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Cells of every line that is not blank, with the number of the line they begin on."""
    # newline="" leaves the ends of lines to the csv module; StringIO then also ends a line at a lone CR.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        begin = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _quoting(error, begin, reader.line_num) from error
        if cells and (len(cells) > 1 or cells[0].strip()):
            yield begin, cells


def _quoting(error: csv.Error, begin: int, line: int) -> UnreadableFile:
    reason = str(error)
    if "unexpected end" in reason or "larger than" in reason:
        what = f'A quotation mark (") that opens a value on line {begin} is never closed'
    else:
        what = f'On line {line} a quoted value goes on after its closing quotation mark (")'
    return UnreadableFile(
        what, "write a quotation mark inside a quoted value twice, or remove it", f"line {begin}"
    )


def separator_in_use(text: str, expected: str) -> str:
    """What separates the cells: the expected sign, or another usual one where the first line has none of it."""
    first = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    if expected in first:
        return expected
    others = [separator for separator in SEPARATORS if separator in first]
    return max(others, key=first.count, default=expected)


def _frame(header: Sequence[str], rows: list[list[str]]) -> "pl.DataFrame":
    import polars as pl  # noqa: PLC0415  takes 0.2 s to load

    names = unique_names(header)
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return pl.DataFrame(
        {
            name: pl.Series(name, [cell if cell.strip() else None for cell in column], dtype=pl.String)
            for name, column in zip(names, columns, strict=True)
        }
    )


def unique_names(header: Sequence[str]) -> list[str]:
    """Names for the columns of a frame: repeated ones are numbered, blank ones say their position.

    Examples
    --------
    >>> unique_names(["Well", "", "Well"])
    ['Well', 'column 2', 'Well (2)']
    """
    names: list[str] = []
    taken: set[str] = set()
    for position, name in enumerate(header, start=1):
        base = name if name.strip() else f"column {position}"
        candidate, number = base, 2
        while candidate in taken:
            candidate, number = f"{base} ({number})", number + 1
        taken.add(candidate)
        names.append(candidate)
    return names
