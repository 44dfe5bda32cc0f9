"""Rules of load_data.csv: its columns, its rows, its channels (CPG211-CPG219)."""

import posixpath
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from validator.checks.dataset import Dataset, PlacedFile
from validator.checks.image_columns import (
    FURTHER_KEY,
    MEASURED,
    ImageColumn,
    file_names,
    frame_columns,
    image_columns,
    is_pooled,
)
from validator.checks.registry import file_check
from validator.checks.row_words import joined, lines_at, location_of, ranges, shown
from validator.checks.table_reading import open_table
from validator.checks.table_values import COLUMN_MISSING, SITE_FORM, URL_PREFIX, VALUE_RULES, judge_values
from validator.checks.wording import counted
from validator.models.finding import Finding, Level, Location
from validator.models.rule import Rule
from validator.readers.tables import Table

if TYPE_CHECKING:
    import polars as pl

LEGACY_FORM = Rule(
    id="CPG212",
    slug="load-data-legacy",
    title="load_data names images by URL columns",
    why="FileName and PathName columns hold the folders of the machine that made the table; they lead nowhere from the Gallery, "
    "which moved its tables to URL columns.",
    mend="Replace each pair FileName_OrigDNA, PathName_OrigDNA by URL_OrigDNA with s3://cellpainting-gallery/<project>/<source>/...",
    family="tables",
    level=Level.WARNING,
)
ROW_TWICE = Rule(
    id="CPG217",
    slug="load-data-row-twice",
    title="load_data has one row for each well and site",
    why="A well and site that comes twice is analysed twice and counts double in every profile.",
    mend="Remove the rows that repeat, or add the column that tells them apart (Metadata_PlaneID, Metadata_Timepoint).",
    family="tables",
)
SAME_IMAGE = Rule(
    id="CPG218",
    slug="channels-same-image",
    title="Each channel of a row has an image of its own",
    why="Two channels that name the same file and frame are measured as two stains though they are one; nothing fails, the "
    "profiles are wrong.",
    mend="Correct the column of the channel that names the other one's images.",
    family="tables",
)
COLUMN_USUAL = Rule(
    id="CPG219",
    slug="load-data-column-usual",
    title="load_data has Metadata_Plate and Metadata_Site",
    why="Pipelines group and name their results by plate, well and site; without these columns they must guess them.",
    mend="Add the column.",
    family="tables",
    level=Level.INFO,
)

CHANNELS_NAMED = 10


@file_check(
    *VALUE_RULES,
    LEGACY_FORM,
    URL_PREFIX,
    SITE_FORM,
    ROW_TWICE,
    SAME_IMAGE,
    COLUMN_USUAL,
    kinds=["workspace.load_data"],
)
def load_data_is_right(file: PlacedFile, dataset: Dataset) -> Iterator[Finding]:
    """Judge what a load_data table says, by itself."""
    from validator.checks.table_models import LOAD_DATA  # noqa: PLC0415  pandera takes 0.3 s to load

    table = open_table(file, dataset)
    if table is None:
        return
    key = file.entry.key
    columns = image_columns(table)
    yield from judge_values(key, table, LOAD_DATA)
    yield from _judge_columns(key, table, columns)
    yield from _judge_same_image(key, table, columns)
    if dataset.scope != "pooled" and not is_pooled(columns):
        yield from _judge_repeated_rows(key, table)


def _judge_columns(key: str, table: Table, columns: Sequence[ImageColumn]) -> Iterator[Finding]:
    images = [column for column in columns if not column.illumination]
    if not images:
        named = [name for name in table.header if MEASURED.match(name)]
        meant = f"; {joined([shown(name) for name in named])} probably should" if named else ""
        hint = (
            f"Write URL_{named[0].split('_', 2)[2]}, and addresses, in place of {shown(named[0])}."
            if named
            else None
        )
        yield COLUMN_MISSING.finding(
            key,
            f"No column names images{meant}",
            location=Location(line=1),
            expected="a column such as URL_OrigDNA for each channel",
            hint=hint,
        )
    with_illum = posixpath.basename(key).startswith("load_data_with_illum")
    if with_illum and images and not any(column.illumination for column in columns):
        yield COLUMN_MISSING.finding(
            key,
            "No column names illumination functions, although the name of this table says so",
            location=Location(line=1),
            expected="a column such as URL_IllumDNA for each channel",
        )
    legacy = [column for column in columns if column.legacy]
    if legacy and not is_pooled(columns):
        yield LEGACY_FORM.finding(
            key,
            f"{counted(len(legacy), 'image')} of each row {'is' if len(legacy) == 1 else 'are'} named by FileName and "
            f"PathName columns: {joined([column.image for column in legacy], most=CHANNELS_NAMED)}",
            location=Location(line=1),
            expected=f"URL_{legacy[0].image}",
            actual=f"FileName_{legacy[0].image}, PathName_{legacy[0].image}",
        )
    lacking = [name for name in ("Metadata_Plate", "Metadata_Site") if name not in table.header]
    if lacking:
        yield COLUMN_USUAL.finding(
            key,
            f"{'The columns' if len(lacking) > 1 else 'The column'} {joined(lacking)} {'are' if len(lacking) > 1 else 'is'} missing",
            location=Location(line=1, column=lacking[0]),
            expected=", ".join(lacking),
            count=len(lacking),
        )


def _judge_repeated_rows(key: str, table: Table) -> Iterator[Finding]:
    import polars as pl  # noqa: PLC0415  takes 0.2 s to load

    frame = table.frame
    if not {"Metadata_Well", "Metadata_Site"} <= set(frame.columns):
        return
    further = [name for name in frame.columns if FURTHER_KEY.match(name)]
    names: list[str] = [
        name for name in ("Metadata_Plate", "Metadata_Well", "Metadata_Site") if name in frame.columns
    ]
    keys = frame.select(
        pl.Series("line", table.lines),
        *(frame.get_column(name).str.to_uppercase() for name in names + further),
    ).drop_nulls(["Metadata_Well", "Metadata_Site"])
    groups = (
        keys.group_by(names + further, maintain_order=True)
        .agg(pl.col("line"))
        .filter(pl.col("line").list.len() > 1)
    )
    if groups.is_empty():
        return
    repeats = sorted(line for lines in groups["line"].to_list() for line in lines[1:])
    first = groups.row(0, named=True)
    yield ROW_TWICE.finding(
        key,
        f"{counted(len(repeats), 'row')} {'repeats' if len(repeats) == 1 else 'repeat'} a well and site that was there before, "
        f"{lines_at(repeats)}; well {first['Metadata_Well']} site {first['Metadata_Site']} "
        f"is on lines {ranges(first['line'])}",
        location=Location(line=repeats[0], column="Metadata_Site"),
        expected="one row for each well and site",
        count=len(repeats),
        examples=[
            f"{row['Metadata_Well']} site {row['Metadata_Site']}: lines {ranges(row['line'])}"
            for row in groups.head(10).iter_rows(named=True)
        ],
    )


def _judge_same_image(key: str, table: Table, columns: Sequence[ImageColumn]) -> Iterator[Finding]:
    images = [column for column in columns if not column.illumination]
    names = {column.image: _names_with_frame(table, column) for column in images}
    pairs: list[tuple[str, list[int]]] = []
    for one, other in combinations(images, 2):
        same = (names[one.image] == names[other.image]).fill_null(value=False).arg_true().to_list()
        if same:
            pairs.append((f"{one.channel} and {other.channel}", [table.lines[row] for row in same]))
    if not pairs:
        return
    lines = sorted({line for _, found in pairs for line in found})
    yield SAME_IMAGE.finding(
        key,
        f"{joined([words for words, _ in pairs], most=3)} name the same image in {counted(len(lines), 'row')}, "
        f"{lines_at(lines)}",
        location=location_of(lines),
        expected="another image for each channel",
        count=len(lines),
        examples=[f"{words}: lines {ranges(found)}" for words, found in pairs],
    )


def _names_with_frame(table: Table, column: ImageColumn) -> "pl.Series":
    """What a column names, with the frame and series of the file when the table says them."""
    names = file_names(table, column)
    for name in frame_columns(table, column):
        names = names + "\n" + name.partition("_")[0] + "\n" + table.frame.get_column(name).fill_null("")
    return names
