"""Rules of barcode_platemap.csv (CPG231-CPG233) and of platemaps (CPG241-CPG245)."""

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping

from validator.checks.dataset import Dataset, PlacedFile
from validator.checks.registry import file_check
from validator.checks.row_words import joined, ranges, shown
from validator.checks.table_reading import open_table
from validator.checks.table_values import VALUE_RULES, column_meant, judge_values
from validator.checks.wells import Well, outliers, parse_well
from validator.checks.wording import counted
from validator.models.finding import Finding, Level, Location
from validator.models.rule import Rule
from validator.readers.tables import Table

COLUMN_EXTRA = Rule(
    id="CPG231",
    slug="barcode-platemap-column-extra",
    title="barcode_platemap has the columns Assay_Plate_Barcode and Plate_Map_Name and no others",
    why="Programs that read the table by position, or expect two columns, take the wrong one.",
    mend="Move further columns to a table of their own in metadata/external_metadata.",
    family="tables",
    level=Level.WARNING,
)
PLATE_TWICE = Rule(
    id="CPG232",
    slug="barcode-platemap-plate-twice",
    title="Each plate stands once in barcode_platemap",
    why="A plate with two platemaps has two treatments in every well; a plate that is listed twice is counted twice.",
    mend="Remove the row that is wrong.",
    family="tables",
)
NAME_MISSING = Rule(
    id="CPG242",
    slug="platemap-name-missing",
    title="A platemap names itself in the column plate_map_name",
    why="Platemaps are joined to plates by plate_map_name; without it a program must know the name of the file it read.",
    mend="Add the column plate_map_name with the name of the file, without .txt, in every row.",
    family="tables",
)
NAME_DIFFERS = Rule(
    id="CPG243",
    slug="platemap-name-differs",
    title="plate_map_name is the name of the platemap's file",
    why="barcode_platemap gives one name for the file and for the column; when they differ, one of the two joins fails.",
    mend="Rename the file or correct the column.",
    family="tables",
)
WELL_TWICE = Rule(
    id="CPG244",
    slug="platemap-well-twice",
    title="Each well stands once in a platemap",
    why="A well that is listed twice has two treatments, and doubles its images when the tables are joined.",
    mend="Remove the row that is wrong.",
    family="tables",
)
FORMAT_ODD = Rule(
    id="CPG245",
    slug="platemap-format-odd",
    title="The wells of a platemap fit one plate",
    why="A few wells beyond a plate that the others fill are mostly slips of the pen, or rows of another plate.",
    mend="Correct these wells, or leave them when the plate is a larger one indeed.",
    family="tables",
    level=Level.WARNING,
)


@file_check(*VALUE_RULES, COLUMN_EXTRA, PLATE_TWICE, kinds=["workspace.barcode_platemap"])
def barcode_platemap_is_right(file: PlacedFile, dataset: Dataset) -> Iterator[Finding]:
    """Judge which plates a batch has and what their platemaps are called, by itself."""
    from validator.checks.table_models import BARCODE_PLATEMAP  # noqa: PLC0415  pandera takes 0.3 s to load

    table = open_table(file, dataset)
    if table is None:
        return
    key = file.entry.key
    yield from judge_values(key, table, BARCODE_PLATEMAP)
    known = {"Assay_Plate_Barcode", "Plate_Map_Name"}
    known |= {column_meant(name, table.header) for name in known if name not in table.header}
    extra = [name for name in table.header if name.strip() and name not in known]
    if extra:
        yield COLUMN_EXTRA.finding(
            key,
            f"{counted(len(extra), 'further column')}: {joined([shown(name) for name in extra])}",
            location=Location(line=1, column=extra[0]),
            expected="Assay_Plate_Barcode, Plate_Map_Name",
            count=len(extra),
            examples=extra,
        )
    if "Assay_Plate_Barcode" in table.header:
        yield from _judge_plates(key, table)


def _judge_plates(key: str, table: Table) -> Iterator[Finding]:
    repeated = _repeated(table, "Assay_Plate_Barcode")
    if repeated:
        plate, lines = next(iter(repeated.items()))
        count = sum(len(found) - 1 for found in repeated.values())
        yield PLATE_TWICE.finding(
            key,
            f"Plate {shown(plate)} is on lines {ranges(lines)}"
            + (f"; so are {len(repeated) - 1:,} other plates more than once" if len(repeated) > 1 else ""),
            location=Location(line=lines[1], column="Assay_Plate_Barcode"),
            count=count,
            examples=[f"{name}: lines {ranges(found)}" for name, found in list(repeated.items())[:10]],
        )


@file_check(*VALUE_RULES, NAME_MISSING, NAME_DIFFERS, WELL_TWICE, FORMAT_ODD, kinds=["workspace.platemap"])
def platemap_is_right(file: PlacedFile, dataset: Dataset) -> Iterator[Finding]:
    """Judge what is in the wells of a platemap, by itself; a blank treatment means untreated and is right."""
    from validator.checks.table_models import PLATEMAP  # noqa: PLC0415  pandera takes 0.3 s to load

    table = open_table(file, dataset)
    if table is None:
        return
    key = file.entry.key
    yield from judge_values(key, table, PLATEMAP)
    yield from _judge_name(key, table)
    if "well_position" in table.header:
        yield from _judge_wells(key, table)


def _judge_name(key: str, table: Table) -> Iterator[Finding]:
    stem = posixpath.basename(key).removesuffix(".txt")
    if "plate_map_name" not in table.header:
        meant = column_meant("plate_map_name", table.header)
        yield NAME_MISSING.finding(
            key,
            "The column plate_map_name is missing" + (f"; {shown(meant)} is probably meant" if meant else ""),
            location=Location(line=1, column="plate_map_name"),
            expected=f"plate_map_name, {shown(stem)} in every row",
            hint=f"rename {shown(meant)} to plate_map_name" if meant else None,
        )
        return
    others: dict[str, list[int]] = defaultdict(list)
    for line, name in zip(table.lines, table.frame.get_column("plate_map_name"), strict=True):
        if name is not None and name != stem:
            others[name].append(line)
    if others:
        lines = sorted(line for found in others.values() for line in found)
        yield NAME_DIFFERS.finding(
            key,
            f"plate_map_name is {joined([shown(name) for name in others], most=3)} in "
            f"{'every row' if len(lines) == len(table.lines) else counted(len(lines), 'row')}, the file is called {shown(stem)}",
            location=Location(line=lines[0], column="plate_map_name"),
            expected=stem,
            actual=next(iter(others)),
            count=len(lines),
            examples=[f"{name}: lines {ranges(found)}" for name, found in list(others.items())[:10]],
        )


def _judge_wells(key: str, table: Table) -> Iterator[Finding]:
    repeated = _repeated(table, "well_position", wells=True)
    if repeated:
        well, lines = next(iter(repeated.items()))
        yield WELL_TWICE.finding(
            key,
            f"Well {well} is on lines {ranges(lines)}"
            + (f"; so are {len(repeated) - 1:,} other wells more than once" if len(repeated) > 1 else ""),
            location=Location(line=lines[1], column="well_position"),
            count=sum(len(found) - 1 for found in repeated.values()),
            examples=[f"{name}: lines {ranges(found)}" for name, found in list(repeated.items())[:10]],
        )
    by_well = {
        place: (name, line)
        for line, name in zip(table.lines, table.frame.get_column("well_position"), strict=True)
        if name is not None and (place := parse_well(name)) is not None
    }
    odd = outliers(list(by_well))
    if odd is not None:
        shape, outside = odd
        names = [by_well[well][0] for well in outside]
        yield FORMAT_ODD.finding(
            key,
            f"{joined(names)} {'lies' if len(names) == 1 else 'lie'} outside the {shape.wells}-well plate that the other "
            f"{len(by_well) - len(names):,} wells fill",
            location=Location(line=by_well[outside[0]][1], column="well_position"),
            expected=f"wells of a {shape.wells}-well plate",
            actual=names[0],
            count=len(names),
            examples=names,
        )


def _repeated(table: Table, column: str, *, wells: bool = False) -> Mapping[str, list[int]]:
    """Values that stand in a column more than once, with their lines; A1, a01 and A01 are one well."""
    lines: dict[Well | str, list[int]] = defaultdict(list)
    names: dict[Well | str, str] = {}
    for line, value in zip(table.lines, table.frame.get_column(column), strict=True):
        if value is not None:
            same = (parse_well(value) or value) if wells else value
            lines[same].append(line)
            names.setdefault(same, value)
    return {names[same]: found for same, found in lines.items() if len(found) > 1}
