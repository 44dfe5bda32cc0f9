"""Rules for the values of single columns (CPG211, CPG213-CPG216, CPG220), and findings from what pandera says."""

import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from validator.checks.plate_names import read_back
from validator.checks.registry import declare
from validator.checks.row_words import joined, lines_at, location_of, shown
from validator.checks.wording import counted
from validator.models.finding import Finding, Location
from validator.models.rule import Rule
from validator.readers.tables import Table

if TYPE_CHECKING:
    import pandera.polars as pa

COLUMN_MISSING = Rule(
    id="CPG211",
    slug="column-missing",
    title="A table has the columns that pipelines ask for by name",
    why="Without Metadata_Well, Assay_Plate_Barcode, Plate_Map_Name or well_position nothing can be joined to the images.",
    mend="Add the column, or rename the one that holds these values.",
    family="tables",
)
URL_PREFIX = Rule(
    id="CPG213",
    slug="load-data-url",
    title="Addresses in load_data begin with s3://cellpainting-gallery/",
    why="The table is used from the public bucket: addresses of the staging bucket, of another bucket or of a lab's own "
    "disk lead nowhere there, also while the data still lies in staging.",
    mend="Write the addresses that the images will have in the public bucket: s3://cellpainting-gallery/<project>/<source>/...",
    family="tables",
)
VALUE_BLANK = Rule(
    id="CPG214",
    slug="value-blank",
    title="Required columns have a value in every row",
    why="A row without its well, site, plate or image cannot be joined to anything, and stops the pipeline that reads it.",
    mend="Fill in the values, or remove the rows.",
    family="tables",
)
SITE_FORM = Rule(
    id="CPG215",
    slug="site-form",
    title="A site is a number, 0 or greater",
    why="Sites are joined across tables and file names as whole numbers; text such as 20585/ or IXMtest matches nothing.",
    mend="Write the number of the field of view.",
    family="tables",
)
WELL_FORM = Rule(
    id="CPG216",
    slug="well-form",
    title="A well is a row letter and a column number, A01 to AF48",
    why="Wells are joined across load_data, platemaps and profiles by their name.",
    mend="Write wells as A01 (pooled data: Well1).",
    family="tables",
)
IDENTIFIER_FORM = Rule(
    id="CPG220",
    slug="identifier-form",
    title="Names of plates and platemaps stand in tables exactly as the folders and files are named",
    why="A space at the end, or a plate number that a spreadsheet rewrote (4.10E+11, 52649.0), no longer matches anything, "
    "and the digits that a spreadsheet rounded away are lost.",
    mend="Write the names again from their source, as text.",
    family="tables",
    source="cpgate",
)

declare(COLUMN_MISSING, URL_PREFIX, VALUE_BLANK, SITE_FORM, WELL_FORM, IDENTIFIER_FORM)
VALUE_RULES = (COLUMN_MISSING, VALUE_BLANK, WELL_FORM, IDENTIFIER_FORM)
"""Rules that every table model may report."""

_ONE_AT_A_TIME = threading.Lock()
"""pandera's settings are shared by all threads in versions before context variables."""

_RULES = {
    "not_nullable": VALUE_BLANK,
    "url": URL_PREFIX,
    "site": SITE_FORM,
    "well": WELL_FORM,
    "identifier": IDENTIFIER_FORM,
}
_EXPECTED = {
    "not_nullable": "a value",
    "url": "s3://cellpainting-gallery/<project>/<source>/...",
    "site": "a whole number such as 0, 1 or 12",
    "well": "a well such as A01",
    "identifier": "the name as the folder or file is named",
}
_MESSAGES = {
    "not_nullable": "{columns} {is_are} blank in {rows}",
    "url": "{columns} {hold} an address that does not begin with s3://cellpainting-gallery/ in {rows}: {value}",
    "site": "{columns} {hold} something that is not a site number in {rows}: {value}",
    "well": "{columns} {hold} something that is not a well in {rows}: {value}",
    "identifier": "{columns} {hold} a name that was changed in {rows}: {value}",
}
_SITE_WITH_LETTER = re.compile(r"[A-Za-z]{1,5}_?([0-9]{1,9})")
"""How names of images write a site: ``f01``, ``s3``, ``F001``."""
# Other names that real files gave a column, lower case
_KNOWN_AS = {
    "Metadata_Well": (
        "metadata_cpd_well_position",
        "metadata_wells",
        "well",
        "metadata_well_position",
        "well_position",
    ),
    "Assay_Plate_Barcode": (
        "barcode",
        "plate_barcode",
        "assay_plate",
        "plate",
        "metadata_plate",
        "assay_barcode",
    ),
    "Plate_Map_Name": ("platemap", "platemap_name", "plate_map", "metadata_plate_map_name"),
    "well_position": ("well", "well_id", "metadata_well", "metadata_well_position", "wellposition"),
    "plate_map_name": ("platemap", "platemap_name", "plate_map", "metadata_plate_map_name"),
}


@dataclass(frozen=True, slots=True)
class _Mistake:
    """One mistake in one or more columns.

    Attributes
    ----------
    columns
        Where, in the order of the table.
    rows
        Positions in the frame, sorted, each once.
    cells
        How many cells are wrong.
    value
        The first wrong value.
    """

    columns: list[str]
    rows: list[int]
    cells: int
    value: str | None


def judge_values(key: str, table: Table, schema: "pa.DataFrameSchema") -> Iterator[Finding]:
    """Hold a table against its model: one finding for each mistake, whatever the number of rows and columns."""
    for word, mistake in _mistakes(table, schema):
        if word == "column_in_dataframe":
            yield missing_column(key, table, mistake.value or "")
        else:
            yield _value_finding(key, table, word, mistake)


def missing_column(key: str, table: Table, name: str) -> Finding:
    """Say that a column is missing, and which one probably holds its values."""
    meant = column_meant(name, table.header)
    return COLUMN_MISSING.finding(
        key,
        f"The column {name} is missing" + (f"; {shown(meant)} is probably meant" if meant else ""),
        location=Location(line=1, column=name),
        expected=name,
        actual=joined([shown(column) for column in table.header], most=6),
        hint=f"rename {shown(meant)} to {name}" if meant else None,
    )


def column_meant(name: str, header: Iterable[str]) -> str:
    """Return the column that is probably meant by a name, or an empty text."""
    plain = _plain(name)
    for column in header:
        if _plain(column) == plain or column.strip().lower() in _KNOWN_AS.get(name, ()):
            return column
    return ""


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _mistakes(table: Table, schema: "pa.DataFrameSchema") -> Iterator[tuple[str, _Mistake]]:
    import polars as pl  # noqa: PLC0415  takes 0.2 s to load
    from pandera.config import ValidationDepth, config_context  # noqa: PLC0415  takes 0.3 s to load
    from pandera.errors import SchemaErrors  # noqa: PLC0415  takes 0.3 s to load

    # Settings of the user's other programs (PANDERA_VALIDATION_ENABLED) must not switch checks off.
    settings = config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA)
    try:
        with _ONE_AT_A_TIME, settings:
            schema.validate(table.frame, lazy=True)
    except SchemaErrors as errors:
        cases: pl.DataFrame = errors.failure_cases
    else:
        return
    for (word,), group in cases.group_by("check", maintain_order=True):
        if word == "column_in_dataframe":
            for name in group["failure_case"]:
                yield str(word), _Mistake([], [], 0, name)
            continue
        group = group.sort("index", maintain_order=True)  # noqa: PLW2901  the same cases in the order of the rows
        yield (
            str(word),
            _Mistake(
                columns=[name for name in table.frame.columns if name in set(group["column"])],
                rows=group["index"].unique().sort().to_list(),
                cells=group.height,
                value=group["failure_case"][0],
            ),
        )


def _value_finding(key: str, table: Table, word: str, mistake: _Mistake) -> Finding:
    lines = [table.lines[row] for row in mistake.rows]
    one = len(mistake.columns) == 1
    rows = counted(len(lines), "row")
    message = _MESSAGES[word].format(
        columns=joined(mistake.columns),
        is_are="is" if one else "are",
        hold="holds" if one else "hold",
        rows="every row" if len(lines) == len(table.lines) > 1 else f"{rows} ({lines_at(lines)})",
        value=shown(mistake.value),
    )
    return _RULES[word].finding(
        key,
        message,
        location=location_of(lines, mistake.columns[0] if one else None),
        expected=_EXPECTED[word],
        actual=None if word == "not_nullable" else shown(mistake.value),
        hint=_hint(word, mistake.value or ""),
        count=mistake.cells,
        examples=_examples(table, mistake) if word != "not_nullable" else (),
    )


def _examples(table: Table, mistake: _Mistake) -> list[str]:
    """A few wrong values with their lines, each value once."""
    seen: dict[str, str] = {}
    for column in mistake.columns:
        values = table.frame.get_column(column)
        for row in mistake.rows[:200]:
            value = values[row]
            if value is not None and len(seen) < 5:
                seen.setdefault(value, f"line {table.lines[row]}, {column}: {shown(value)}")
    return list(seen.values())


def _hint(word: str, value: str) -> str | None:
    if word == "url":
        if value.startswith("s3://staging-cellpainting-gallery/"):
            return (
                "write the public bucket, s3://cellpainting-gallery/, although the data is still in staging"
            )
        if value.startswith(("https://cellpainting-gallery.s3", "http://cellpainting-gallery.s3")):
            return "write s3://cellpainting-gallery/ instead of the web address"
    if word == "well" and value.strip() != value:
        return "remove the space around the well"
    if word == "identifier" and value.strip() != value:
        return "remove the space around the name"
    if word == "identifier" and read_back(value) != value:
        return f"write {read_back(value)}, as text"
    number = _SITE_WITH_LETTER.fullmatch(value) if word == "site" else None
    if number is not None:
        return f"write {int(number[1])} instead of {value}"
    return None
