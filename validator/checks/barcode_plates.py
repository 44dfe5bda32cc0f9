"""The plates of barcode_platemap and those of the other folders (CPG404, CPG405, CPG412), in words."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from validator.checks.dataset import Dataset, PlacedFile
from validator.checks.plate_names import belongs_to_plate, read_back
from validator.checks.plate_survey import BatchSurvey
from validator.checks.row_words import joined, location_of, shown
from validator.checks.table_reading import open_table
from validator.checks.wording import counted, listed
from validator.models.finding import Finding, Level
from validator.models.rule import Rule
from validator.readers.tables import Table

PLATE_UNLISTED = Rule(
    id="CPG404",
    slug="plate-unlisted",
    title="Every plate of a batch is in barcode_platemap",
    why="A plate that no table names has images or profiles, but no treatments.",
    mend="Add the plate to barcode_platemap with its platemap.",
    family="links",
)
PLATE_WITHOUT_IMAGES = Rule(
    id="CPG405",
    slug="plate-without-images",
    title="Every plate in barcode_platemap has images",
    why="Either the images of the plate are missing, or the plate was never imaged and its row promises too much.",
    mend="Copy the images of the plate, or remove its row.",
    family="links",
    level=Level.WARNING,
    source="cpgate",
)
PLATE_WITHOUT_RESULTS = Rule(
    id="CPG412",
    slug="plate-without-results",
    title="Every plate in barcode_platemap is in other folders of its batch",
    why="Other plates of the table have load_data, a backend or profiles; these were forgotten or their processing failed.",
    mend="Copy what belongs to the plates, or remove their rows.",
    family="links",
    level=Level.WARNING,
    source="cpgate; found in published data",
)


@dataclass(frozen=True, slots=True)
class Barcodes:
    """What the barcode_platemap of a batch says.

    Attributes
    ----------
    key
        Key of the file.
    plates, platemaps
        Names with the lines on which they stand.
    """

    key: str
    plates: Mapping[str, list[int]]
    platemaps: Mapping[str, list[int]]


def read_barcodes(file: PlacedFile, dataset: Dataset) -> Barcodes | None:
    """Read a barcode_platemap; ``None`` when it cannot be read or names no plates, which other checks say."""
    try:
        table = open_table(file, dataset)
    except OSError:  # the check of the table itself says so
        return None
    if table is None or "Assay_Plate_Barcode" not in table.frame.columns:
        return None
    return Barcodes(
        key=file.entry.key,
        plates=_plates_of(table),
        platemaps=_lines_of(table, "Plate_Map_Name"),
    )


def _lines_of(table: Table, column: str) -> Mapping[str, list[int]]:
    """Values of a column with the lines on which they stand; empty when the table has no such column."""
    lines: dict[str, list[int]] = defaultdict(list)
    if column in table.frame.columns:
        for line, value in zip(table.lines, table.frame.get_column(column), strict=True):
            if value is not None:
                lines[value].append(line)
    return lines


def _plates_of(table: Table) -> Mapping[str, list[int]]:
    """Plates of the table; a name that was rewritten is told by itself (CPG220), and is not an unknown plate besides."""
    lines: dict[str, list[int]] = defaultdict(list)
    for name, found in _lines_of(table, "Assay_Plate_Barcode").items():
        lines[read_back(name)].extend(found)
    return lines


def compare_with_images(
    barcodes: Barcodes, images: Mapping[str, str], with_load_data: frozenset[str]
) -> Iterator[Finding]:
    """Compare the plates of a batch that have images, by their full names, with the table."""
    known = barcodes.plates
    unlisted = [
        full
        for full, plate in images.items()
        if plate not in known and not any(belongs_to_plate(full, name) for name in known)
    ]
    if unlisted:
        yield PLATE_UNLISTED.finding(
            barcodes.key,
            f"{counted(len(unlisted), 'plate')} with images {'is' if len(unlisted) == 1 else 'are'} not in this table: "
            + joined([shown(name) for name in unlisted]),
            count=len(unlisted),
            examples=unlisted,
        )
    without = [
        name
        for name in known
        if name not in images.values()
        and name not in with_load_data
        and not any(belongs_to_plate(full, name) for full in images)
    ]
    if without:
        lines = sorted(line for name in without for line in known[name])
        yield PLATE_WITHOUT_IMAGES.finding(
            barcodes.key,
            f"{counted(len(without), 'plate')} of this table {'has' if len(without) == 1 else 'have'} no images: "
            + joined([shown(name) for name in without]),
            location=location_of(lines, "Assay_Plate_Barcode"),
            count=len(without),
            examples=without,
        )


def compare_with_results(barcodes: Barcodes, survey: BatchSurvey) -> Iterator[Finding]:
    """Compare the plates of a batch without images with the table."""
    there = listed(survey.components, "and")
    unlisted = [
        plate
        for plate in survey.plates
        if not any(belongs_to_plate(name, plate) or belongs_to_plate(plate, name) for name in barcodes.plates)
    ]
    if unlisted:
        verb = "is" if len(unlisted) == 1 else "are"
        yield PLATE_UNLISTED.finding(
            barcodes.key,
            f"{counted(len(unlisted), 'plate')} of {there} {verb} not in this table: "
            + joined([shown(name) for name in unlisted]),
            count=len(unlisted),
            examples=unlisted,
        )
    without = [
        name
        for name in barcodes.plates
        if name not in survey.plates and not any(belongs_to_plate(name, plate) for plate in survey.plates)
    ]
    if survey.plates and without:
        lines = sorted(line for name in without for line in barcodes.plates[name])
        yield PLATE_WITHOUT_RESULTS.finding(
            barcodes.key,
            f"{counted(len(without), 'plate')} of this table {'is' if len(without) == 1 else 'are'} not in {there}, "
            f"which other plates have: {joined([shown(name) for name in without])}",
            location=location_of(lines, "Assay_Plate_Barcode"),
            count=len(without),
            examples=without,
        )
