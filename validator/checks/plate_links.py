"""Links among images, barcode_platemap and platemaps (CPG403-CPG405, CPG411, CPG412)."""

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from validator.checks.dataset import Dataset, PlacedFile
from validator.checks.images import IMAGE_KINDS
from validator.checks.plate_names import belongs_to_plate
from validator.checks.plate_survey import BatchSurvey, survey_plates
from validator.checks.registry import dataset_check
from validator.checks.row_words import joined, lines_at, location_of, shown
from validator.checks.table_reading import open_table
from validator.checks.wording import counted, listed
from validator.models.finding import Finding, Level
from validator.models.rule import Rule
from validator.readers.tables import Table

PLATEMAP_MISSING = Rule(
    id="CPG403",
    slug="platemap-missing",
    title="Every platemap that barcode_platemap names is there",
    why="Without its platemap nobody knows what was done to the wells of a plate.",
    mend="Copy the platemap to platemap/<name>.txt, or correct its name.",
    family="links",
)
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
BARCODES_MISSING = Rule(
    id="CPG411",
    slug="barcode-platemap-missing",
    title="Every batch with images has a barcode_platemap.csv",
    why="It says which platemap belongs to which plate of the batch.",
    mend="Add workspace/metadata/platemaps/<batch>/barcode_platemap.csv.",
    family="links",
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

Batch = tuple[str, str]
"""``project/source/`` and the name of the batch."""


@dataclass(frozen=True, slots=True)
class _Barcodes:
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


@dataset_check(
    PLATEMAP_MISSING, PLATE_UNLISTED, PLATE_WITHOUT_IMAGES, BARCODES_MISSING, PLATE_WITHOUT_RESULTS
)
def plates_and_platemaps_agree(dataset: Dataset) -> Iterator[Finding]:
    """Compare the plates that have images with those that have platemaps."""
    images = _plates_with_images(dataset)
    files = {_batch_of(file.place.entities): file for file in dataset.files("workspace.barcode_platemap")}
    platemaps = _platemaps(dataset)
    surveys = {(survey.home, survey.batch): survey for survey in survey_plates(dataset)}
    for batch, file in files.items():
        barcodes = _read(file, dataset)
        if barcodes is None:
            continue
        yield from _judge_platemaps(barcodes, platemaps)
        if dataset.scope == "pooled":  # plates of pooled data have Barcodes.csv instead
            continue
        if images.get(batch):
            yield from _judge_plates(barcodes, images[batch], _plates_with_load_data(dataset, batch))
        elif batch in surveys:
            yield from _judge_results(barcodes, surveys[batch])
    if files and dataset.scope != "pooled":
        yield from _judge_batches(dataset, sorted(images.keys() - files.keys()))


def _batch_of(entities: Mapping[str, str]) -> Batch:
    return f"{entities['project']}/{entities['source']}/", entities["batch"]


def _plates_with_images(dataset: Dataset) -> dict[Batch, dict[str, str]]:
    """Plates of each batch by their full names."""
    found: dict[Batch, dict[str, str]] = defaultdict(dict)
    for placed in dataset.folders:
        entities = placed.place.entities
        if placed.place.kind in IMAGE_KINDS and "full_plate" in entities and placed.folder.names:
            found[_batch_of(entities)].setdefault(entities["full_plate"], entities["plate"])
    return found


def _platemaps(dataset: Dataset) -> Mapping[str, frozenset[str]]:
    """Names of platemaps without their ending, by the key of their folder."""
    return {
        placed.folder.key: frozenset(
            name.removesuffix(".txt") for name in placed.folder.names if name.endswith(".txt")
        )
        for placed in dataset.folders
        if placed.place.kind == "workspace.platemap_folder"
    }


def _read(file: PlacedFile, dataset: Dataset) -> _Barcodes | None:
    try:
        table = open_table(file, dataset)
    except OSError:  # the check of the table itself says so
        return None
    if table is None or "Assay_Plate_Barcode" not in table.frame.columns:
        return None
    return _Barcodes(
        key=file.entry.key,
        plates=_lines_of(table, "Assay_Plate_Barcode"),
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


def _judge_platemaps(barcodes: _Barcodes, platemaps: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    folder = f"{posixpath.dirname(barcodes.key)}/platemap/"
    there = platemaps.get(folder, frozenset())
    missing = {name: lines for name, lines in barcodes.platemaps.items() if name not in there}
    if not missing:
        return
    first = next(iter(missing))
    lines = sorted(line for found in missing.values() for line in found)
    similar = next(
        (name for name in there if name.strip().lower() == first.strip().removesuffix(".txt").lower()), None
    )
    yield PLATEMAP_MISSING.finding(
        barcodes.key,
        f"{counted(len(missing), 'platemap')} {'is' if len(missing) == 1 else 'are'} named here and not in platemap/: "
        + joined([shown(name) for name in missing]),
        location=location_of(lines, "Plate_Map_Name"),
        expected=f"platemap/{first}.txt",
        actual=None if similar is None else f"platemap/{similar}.txt",
        hint=None
        if similar is None
        else f"the file is there as {shown(similar + '.txt')}: write the same name in both",
        count=len(missing),
        examples=[f"{shown(name)}: {lines_at(found)}" for name, found in missing.items()],
    )


def _plates_with_load_data(dataset: Dataset, batch: Batch) -> frozenset[str]:
    """Plates whose load_data names images: if these are missing, the checks of that table say so."""
    folder = f"{batch[0]}workspace/load_data_csv/{batch[1]}/"
    return frozenset(key[len(folder) : -1] for key in dataset.by_key if key.startswith(folder))


def _judge_plates(
    barcodes: _Barcodes, images: Mapping[str, str], with_load_data: frozenset[str]
) -> Iterator[Finding]:
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


def _judge_results(barcodes: _Barcodes, survey: BatchSurvey) -> Iterator[Finding]:
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


def _judge_batches(dataset: Dataset, batches: list[Batch]) -> Iterator[Finding]:
    for home, batch in batches:
        folder = f"{home}workspace/metadata/platemaps/{batch}/"
        if home[:-1] in dataset.names and folder not in dataset.told:
            yield BARCODES_MISSING.finding(
                folder,
                f"Batch {shown(batch)} has images and no barcode_platemap.csv, which other batches have",
                expected=f"workspace/metadata/platemaps/{batch}/barcode_platemap.csv",
            )
