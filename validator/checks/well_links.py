"""Wells of images, load_data and platemaps are the same (CPG413-CPG415)."""

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from validator.checks.dataset import Dataset, PlacedFile
from validator.checks.plate_images import read_plates
from validator.checks.plate_names import belongs_to_plate
from validator.checks.registry import dataset_check
from validator.checks.row_words import shown
from validator.checks.table_reading import open_table
from validator.checks.wells import Well, parse_well, well_ranges
from validator.checks.wording import counted
from validator.models.finding import Finding, Level
from validator.models.rule import Rule

WELLS_WITHOUT_IMAGES = Rule(
    id="CPG413",
    slug="platemap-wells-without-images",
    title="Every well of a platemap has images on the plates that use it",
    why="Wells that were treated and have no images are lost ones or ones that were left out; nobody can tell later which.",
    mend="Copy the images of the wells, or say in the batch's README why they were not imaged.",
    family="links",
    level=Level.WARNING,
    source="cpgate; found in published data",
)
WELLS_NOT_MAPPED = Rule(
    id="CPG414",
    slug="wells-not-in-platemap",
    title="Every well with images is in the platemap of its plate",
    why="Of a well that the platemap does not have nobody knows what was done to its cells; tables drop it without a word.",
    mend="Add the wells to the platemap, with a blank treatment where they were left untreated.",
    family="links",
    level=Level.WARNING,
    source="cpgate; found in published data",
)
WELLS_NOT_LOADED = Rule(
    id="CPG415",
    slug="wells-not-in-load-data",
    title="Every well with images is in the load_data of its plate",
    why="Wells that load_data does not name are never analysed, although their images are there.",
    mend="Make load_data again from all images of the plate, or say in the batch's README why wells are left out.",
    family="links",
    level=Level.WARNING,
    source="cpgate; found in published data",
)

Plate = tuple[str, str, str]
"""``project/source/``, batch and plate."""


@dataclass(frozen=True, slots=True)
class _Difference:
    """Wells of one plate that one side has and the other has not."""

    plate: str
    wells: frozenset[Well]


@dataset_check(WELLS_NOT_LOADED)
def wells_with_images_are_loaded(dataset: Dataset) -> Iterator[Finding]:
    """Compare the wells that have images with those that load_data names; one finding for each batch."""
    tables = _load_data(dataset)
    batches: dict[tuple[str, str], list[_Difference]] = defaultdict(list)
    for plate in read_plates(dataset):
        file = tables.get((plate.home, plate.batch, plate.plate))
        loaded = _wells(file, "Metadata_Well", dataset) if file is not None else None
        if loaded and (more := plate.sites.keys() - loaded):
            batches[plate.home, plate.batch].append(_Difference(plate.plate, frozenset(more)))
    for (home, batch), found in batches.items():
        yield _told(
            WELLS_NOT_LOADED,
            f"{home}workspace/load_data_csv/{batch}/",
            found,
            "images of wells that its load_data does not name",
        )


@dataset_check(WELLS_WITHOUT_IMAGES, WELLS_NOT_MAPPED)
def wells_are_mapped(dataset: Dataset) -> Iterator[Finding]:
    """Compare the wells of the plates with those of their platemaps; one finding for each batch and side."""
    if dataset.scope == "pooled":
        return
    maps = {file.entry.key: file for file in dataset.files("workspace.platemap")}
    imaged = _imaged_wells(dataset) if maps else {}
    for file in dataset.files("workspace.barcode_platemap"):
        entities = file.place.entities
        home, batch = f"{entities['project']}/{entities['source']}/", entities["batch"]
        plates = {
            plate: wells for (where, name, plate), wells in imaged.items() if (where, name) == (home, batch)
        }
        unseen: list[_Difference] = []
        unmapped: list[_Difference] = []
        for plate, mapped in _mapped_wells(file, maps, plates, dataset):
            if less := mapped - plates[plate]:
                unseen.append(_Difference(plate, less))
            if more := plates[plate] - mapped:
                unmapped.append(_Difference(plate, more))
        if unseen:
            yield _told(WELLS_WITHOUT_IMAGES, file.entry.key, unseen, "no images of wells of its platemap")
        if unmapped:
            yield _told(
                WELLS_NOT_MAPPED, file.entry.key, unmapped, "images of wells that its platemap does not have"
            )


def _imaged_wells(dataset: Dataset) -> Mapping[Plate, frozenset[Well]]:
    """Wells that have images: as the images' names say, or else as load_data says."""
    found = {(plate.home, plate.batch, plate.plate): frozenset(plate.sites) for plate in read_plates(dataset)}
    for plate, file in _load_data(dataset).items():
        wells = _wells(file, "Metadata_Well", dataset) if plate not in found else None
        if wells:
            found[plate] = wells
    return found


def _load_data(dataset: Dataset) -> Mapping[Plate, PlacedFile]:
    """One load_data table of each plate."""
    tables: dict[Plate, PlacedFile] = {}
    for file in dataset.files("workspace.load_data"):
        entities = file.place.entities
        if "csv" in entities.get("table", ""):
            place = f"{entities['project']}/{entities['source']}/", entities["batch"], entities["plate"]
            tables.setdefault(place, file)
    return tables


def _wells(file: PlacedFile, column: str, dataset: Dataset) -> frozenset[Well] | None:
    """Wells that a column names; ``None`` when it cannot be read or names something else."""
    try:
        table = open_table(file, dataset)
    except OSError:  # the check of the table itself says so
        return None
    if table is None or column not in table.frame.columns:
        return None
    names = table.frame.get_column(column).drop_nulls().unique().to_list()
    wells = [parse_well(name) for name in names]
    return None if None in wells else frozenset(well for well in wells if well is not None)


def _mapped_wells(
    file: PlacedFile, maps: Mapping[str, PlacedFile], plates: Mapping[str, object], dataset: Dataset
) -> Iterator[tuple[str, frozenset[Well]]]:
    """Plates whose wells are known, each with the wells of its platemap."""
    try:
        table = open_table(file, dataset)
    except OSError:  # the check of the table itself says so
        return
    if table is None or not {"Assay_Plate_Barcode", "Plate_Map_Name"} <= set(table.frame.columns):
        return
    known: dict[str, frozenset[Well] | None] = {}
    rows = (
        table.frame.select("Assay_Plate_Barcode", "Plate_Map_Name").drop_nulls().unique(maintain_order=True)
    )
    for barcode, name in rows.iter_rows():
        plate = (
            barcode if barcode in plates else next((p for p in plates if belongs_to_plate(barcode, p)), None)
        )
        platemap = maps.get(f"{posixpath.dirname(file.entry.key)}/platemap/{name}.txt")
        if plate is None or platemap is None:
            continue
        if name not in known:
            known[name] = _wells(platemap, "well_position", dataset)
        wells = known[name]
        if wells:
            yield plate, wells


def _told(rule: Rule, key: str, found: Sequence[_Difference], what: str) -> Finding:
    first = found[0]
    one = len(found) == 1
    who = f"Plate {shown(first.plate)} has" if one else f"{counted(len(found), 'plate')} have"
    words = what if one else what.replace("its ", "their ")
    return rule.finding(
        key,
        f"{who} {words}: {well_ranges(first.wells)}"
        + ("" if one else f" of {shown(first.plate)}, and others"),
        count=len(first.wells) if one else len(found),
        examples=()
        if one
        else [f"{difference.plate}: {well_ranges(difference.wells)}" for difference in found],
    )
