"""Metadata_Row and Metadata_Col of load_data beside Metadata_Well (CPG221)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from validator.checks.dataset import Dataset, PlacedFile
from validator.checks.registry import file_check
from validator.checks.row_words import lines_at, location_of, shown
from validator.checks.table_reading import open_table
from validator.checks.wells import Well, parse_well, row_number
from validator.checks.wording import counted
from validator.models.finding import Finding, Level
from validator.models.rule import Rule
from validator.readers.tables import Table

WELL_COORDINATES = Rule(
    id="CPG221",
    slug="well-coordinates",
    title="Metadata_Row and Metadata_Col in load_data are those of Metadata_Well",
    why="Programs that place wells by row and column put the measurements of one well into another, and nothing fails.",
    mend="Write row and column again from Metadata_Well, or correct Metadata_Well.",
    family="tables",
    level=Level.WARNING,
    source="cpgate; found in published data",
)

_ROWS, _COLUMNS = ("Metadata_Row",), ("Metadata_Col", "Metadata_Column")


@dataclass(frozen=True, slots=True)
class _Stated:
    """A line of the table with its well, and row and column as they stand beside it."""

    line: int
    well: Well
    name: str
    row: int
    column: int

    @property
    def differs(self) -> bool:
        return (self.row, self.column) != self.well


@file_check(WELL_COORDINATES, kinds=["workspace.load_data"])
def rows_and_columns_are_those_of_wells(file: PlacedFile, dataset: Dataset) -> Iterator[Finding]:
    """Compare every well with the row and the column that stand beside it."""
    table = open_table(file, dataset)
    if table is None:
        return
    row = next((name for name in _ROWS if name in table.frame.columns), None)
    column = next((name for name in _COLUMNS if name in table.frame.columns), None)
    if row is None or column is None or "Metadata_Well" not in table.frame.columns:
        return
    stated = list(_stated(table, row, column))
    wrong = [one for one in stated if one.differs]
    if not wrong or all((one.row + 1, one.column + 1) == one.well for one in stated):  # counted from 0
        return
    first = wrong[0]
    lines = [one.line for one in wrong]
    rows = "every row" if len(wrong) == len(stated) else f"{counted(len(lines), 'row')} ({lines_at(lines)})"
    yield WELL_COORDINATES.finding(
        file.entry.key,
        f"{row} and {column} are not those of Metadata_Well in {rows}: well {shown(first.name)} has row {first.row} and "
        f"column {first.column}{_cause(wrong)}",
        location=location_of(lines, "Metadata_Well"),
        expected=f"row {first.well.row}, column {first.well.column}",
        actual=f"row {first.row}, column {first.column}",
        count=len(lines),
        examples=[f"line {one.line}: {one.name}, row {one.row}, column {one.column}" for one in wrong[:10]],
    )


def _stated(table: Table, row: str, column: str) -> Iterator[_Stated]:
    values = table.frame.select("Metadata_Well", row, column).iter_rows()
    for line, (name, row_text, column_text) in zip(table.lines, values, strict=True):
        well = parse_well(name) if name is not None else None
        if well is None or row_text is None or column_text is None or not column_text.strip().isdecimal():
            continue
        number = row_number(row_text.strip())
        if number is not None:
            yield _Stated(line, well, name, number, int(column_text))


def _cause(wrong: Sequence[_Stated]) -> str:
    """Why all of them may be wrong, where it can be seen."""
    if all((one.column, one.row) == one.well for one in wrong):
        return "; the two columns are exchanged"
    if all(one.row == one.well.row and one.column == one.well.column % 10 for one in wrong):
        return "; only the last digit of the column is there"
    return ""
