"""Change cells of a CSV text and nothing else of it: quotation marks, spaces and line ends stay as they are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from validator.manifests.json_edits import apply_edits

# A cell as Python's csv module reads it with skipinitialspace: quoted, or up to the next comma or line end.
_CELL = re.compile(r' *(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^,\r\n]*))(?P<end>,|\r\n|\r|\n|\Z)')


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell in a text.

    Attributes
    ----------
    value
        What it says.
    start, end
        Where it is written, quotation marks included, spaces before it left out.
    quoted
        Whether it stands in quotation marks.
    """

    value: str
    start: int
    end: int
    quoted: bool


def find_rows(text: str) -> list[list[Cell]]:
    """Cells of every row that is not blank.

    Raises
    ------
    ValueError
        If the text is no CSV.
    """
    rows: list[list[Cell]] = []
    row: list[Cell] = []
    position = 0
    while position < len(text) or row:
        match = _CELL.match(text, position)
        if match is None:
            raise ValueError("a quotation mark does not fit")
        quoted = match["quoted"]
        if quoted is not None:
            start = match.start("quoted") - 1
            row.append(Cell(quoted.replace('""', '"'), start, match.end("quoted") + 1, quoted=True))
        else:
            row.append(Cell(match["plain"], match.start("plain"), match.end("plain"), quoted=False))
        position = match.end()
        if match["end"] == ",":
            continue
        if any(cell.value.strip() for cell in row):
            rows.append(row)
        row = []
    return rows


def edit_csv(text: str, changes: Mapping[int, Mapping[int, str]]) -> str:
    """Set cells of rows.

    Parameters
    ----------
    text
        A CSV table.
    changes
        New values of cells, by row (blank rows are not counted) and column. A cell beyond the end of its row is
        added; a new cell is quoted where the one before it is.

    Raises
    ------
    ValueError
        If the text is no CSV.
    """
    rows = find_rows(text)
    edits: list[tuple[int, int, str]] = []
    for number, values in changes.items():
        row = rows[number]
        added = ""
        for column, value in sorted(values.items()):
            if column < len(row):
                quoted = row[column].quoted or (
                    not row[column].value and column > 0 and row[column - 1].quoted
                )
                edits.append((row[column].start, row[column].end, _written(value, quoted=quoted)))
            else:
                missing = column - len(row) - added.count(",")
                added += "," * (missing + 1) + _written(value, quoted=row[-1].quoted)
        if added:
            edits.append((row[-1].end, row[-1].end, added))
    return apply_edits(text, edits)


def _written(value: str, *, quoted: bool) -> str:
    if quoted or any(character in value for character in ',"\r\n'):
        return '"' + value.replace('"', '""') + '"'
    return value
