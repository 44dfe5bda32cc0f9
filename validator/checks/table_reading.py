"""Rules for reading a table at all (CPG201-CPG208)."""

import posixpath
from collections.abc import Iterator

from validator.checks.dataset import Dataset, PlacedFile
from validator.checks.registry import file_check
from validator.checks.row_words import joined, location_of, ranges, shown
from validator.checks.wording import counted
from validator.errors import UnreadableFile
from validator.models.finding import Finding, Level, Location
from validator.models.rule import Rule
from validator.readers.tables import SEPARATORS, Table, read_table

TABLE_UNREADABLE = Rule(
    id="CPG201",
    slug="table-unreadable",
    title="A table can be read",
    why="A table that is cut off, damaged or something else altogether (a Git LFS pointer, a web page of a failed download) "
    "ends every pipeline that needs it, often after days of waiting.",
    mend="Put the real table in its place, as text with one line per row, plain or gzip.",
    family="tables",
)
TABLE_ENCODING = Rule(
    id="CPG202",
    slug="table-encoding",
    title="A table is written in UTF-8",
    why="Programs read other encodings differently: µM becomes ÂµM or ends the run, and a byte order mark becomes part of the "
    "first column's name.",
    mend="Save the table as UTF-8 without a byte order mark.",
    family="tables",
    level=Level.WARNING,
    source="cpgate",
)
TABLE_RAGGED = Rule(
    id="CPG203",
    slug="table-ragged",
    title="Every line of a table has as many cells as its header",
    why="A line with a cell too many or too few is read with its values in the wrong columns, or not at all. When it is the "
    "last line, the file was probably cut off.",
    mend="Complete the line, or put quotation marks around a value that holds the separator.",
    family="tables",
    source="cpgate",
)
COLUMN_TWICE = Rule(
    id="CPG204",
    slug="column-twice",
    title="Every column of a table has a name of its own",
    why="Of two columns with one name programs take the first, the last or neither.",
    mend="Rename or remove one of the two columns.",
    family="tables",
    source="cpgate",
)
COLUMN_UNNAMED = Rule(
    id="CPG205",
    slug="column-unnamed",
    title="Every column of a table has a name",
    why="A column without a name is mostly the row number that a data frame wrote along, or an empty column of a spreadsheet.",
    mend="Remove the column, or give it a name (in pandas: to_csv(..., index=False)).",
    family="tables",
    level=Level.WARNING,
    source="cpgate",
)
TABLE_SEPARATOR = Rule(
    id="CPG206",
    slug="table-separator",
    title="Cells are separated by commas in .csv files, by tabs in platemaps and .tsv files",
    why="Read with the separator that it should have, the whole table is one column. Spreadsheets write semicolons in "
    "countries where the comma is the decimal sign.",
    mend="Save the table again with the right separator.",
    family="tables",
)
TABLE_GZIP_NAME = Rule(
    id="CPG207",
    slug="table-gzip-name",
    title="A table is gzip exactly when its name ends with .gz",
    why="Programs decide by the name whether they unpack a file.",
    mend="Rename the file, or compress it with gzip.",
    family="tables",
    source="cpgate",
)
TABLE_NO_ROWS = Rule(
    id="CPG208",
    slug="table-no-rows",
    title="A table has at least one row below its header",
    why="A table with a header only says that nothing was measured; mostly the step that should have filled it failed.",
    mend="Write the table again with its rows, or remove it.",
    family="tables",
)

READ_KINDS = (
    "workspace.load_data",
    "workspace.barcode_platemap",
    "workspace.platemap",
    "workspace.external_metadata",
    "workspace.barcodes",
)
_TAB_KINDS = frozenset({"workspace.platemap", "workspace.external_metadata"})


def open_table(file: PlacedFile, dataset: Dataset) -> Table | None:
    """Read the table of a file, for checks of what is in it.

    Returns
    -------
    Table or None
        ``None`` when it cannot be read as one, which CPG201 (or, of an empty file, the layout) says, or is Parquet.
    """
    if is_parquet(file):
        return None
    try:
        return _read(file, dataset)
    except UnreadableFile:
        return None


def _read(file: PlacedFile, dataset: Dataset) -> Table:
    with dataset.open(file.entry) as stream:
        return read_table(stream, expected_separator(file))


def is_parquet(file: PlacedFile) -> bool:
    """Whether a table should be Parquet, which is opened and not read: a text with the same rows lies beside it."""
    return file.entry.key.lower().endswith(".parquet")


def expected_separator(file: PlacedFile) -> str:
    """What should separate the cells of a table, by its kind."""
    return "\t" if file.place.kind in _TAB_KINDS else ","


@file_check(
    TABLE_UNREADABLE,
    TABLE_ENCODING,
    TABLE_RAGGED,
    COLUMN_TWICE,
    COLUMN_UNNAMED,
    TABLE_SEPARATOR,
    TABLE_GZIP_NAME,
    TABLE_NO_ROWS,
    kinds=READ_KINDS,
)
def table_can_be_read(file: PlacedFile, dataset: Dataset) -> Iterator[Finding]:
    """Judge the form of a table, whatever is in it."""
    if file.entry.size == 0 or is_parquet(file):
        return  # the layout says that it is empty, or it is opened with the results
    key = file.entry.key
    try:
        table = _read(file, dataset)
    except UnreadableFile as error:
        yield TABLE_UNREADABLE.finding(
            key, f"This table cannot be read. {error.what}", location=_location(error.where), hint=error.mend
        )
        return
    yield from _judge_text(key, table)
    yield from _judge_header(key, table)
    yield from _judge_lines(key, table, expected_separator(file))


def _judge_text(key: str, table: Table) -> Iterator[Finding]:
    if table.encoding == "UTF-8 with BOM":
        yield TABLE_ENCODING.finding(
            key,
            "This table begins with a byte order mark, which some programs take for a part of the first column's name",
            location=Location(line=1),
            expected="UTF-8 without a byte order mark",
            actual="UTF-8 with a byte order mark",
        )
    elif table.encoding != "UTF-8":
        yield TABLE_ENCODING.finding(
            key,
            f"Line {table.undecodable_line} holds a character that is not UTF-8; the table looks like {table.encoding}",
            location=Location(line=table.undecodable_line),
            expected="UTF-8",
            actual=table.encoding,
        )
    if table.compressed != key.lower().endswith(".gz"):
        name = posixpath.basename(key)
        yield TABLE_GZIP_NAME.finding(
            key,
            "This table is gzip, but its name does not say so"
            if table.compressed
            else "The name of this table says gzip, but its content is plain text",
            hint=f"rename it to {name}.gz, or unpack it"
            if table.compressed
            else f"rename it to {name[:-3]}, or compress it with gzip",
        )


def _judge_header(key: str, table: Table) -> Iterator[Finding]:
    repeated, unnamed = table.repeated_columns, table.unnamed_columns
    if repeated:
        yield COLUMN_TWICE.finding(
            key,
            f"The header names {joined([shown(name) for name in repeated])} more than once",
            location=Location(line=1, column=repeated[0]),
            count=len(repeated),
            examples=repeated,
        )
    if unnamed:
        yield COLUMN_UNNAMED.finding(
            key,
            f"{'Column' if len(unnamed) == 1 else 'Columns'} {ranges(unnamed)} of {len(table.header)} "
            f"{'has' if len(unnamed) == 1 else 'have'} no name",
            location=Location(line=1),
            count=len(unnamed),
        )


def _judge_lines(key: str, table: Table, separator: str) -> Iterator[Finding]:
    if table.separator != separator:
        yield TABLE_SEPARATOR.finding(
            key,
            f"The cells of this table are separated by {SEPARATORS[table.separator]}",
            location=Location(line=1),
            expected=SEPARATORS[separator],
            actual=SEPARATORS[table.separator],
        )
    if table.ragged:
        width, first = len(table.header), table.ragged[0]
        last_only = (
            len(table.ragged) == 1 and first.cells < width and first.line > max(table.lines, default=0)
        )
        lines = [ragged.line for ragged in table.ragged]
        yield TABLE_RAGGED.finding(
            key,
            f"Line {first.line} has {counted(first.cells, 'cell')}, the header has {width}"
            + (
                f"; {counted(len(lines), 'line')} of this table do not fit the header"
                if len(lines) > 1
                else ""
            )
            + ("; it is the last line: the file was probably cut off" if last_only else ""),
            location=location_of(lines),
            expected=counted(width, "cell"),
            actual=counted(first.cells, "cell"),
            count=len(lines),
            examples=[f"line {ragged.line}: {counted(ragged.cells, 'cell')}" for ragged in table.ragged[:10]],
        )
    elif table.frame.height == 0:
        yield TABLE_NO_ROWS.finding(key, "This table has a header and no row", location=Location(line=1))


def _location(where: str) -> Location | None:
    word, _, number = where.partition(" ")
    return Location(line=int(number)) if word == "line" and number.isdigit() else None
