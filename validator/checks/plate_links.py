"""Links among images, barcode_platemap and platemaps (CPG403-CPG405, CPG411, CPG412)."""

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from validator.checks.barcode_plates import (
    PLATE_UNLISTED,
    PLATE_WITHOUT_IMAGES,
    PLATE_WITHOUT_RESULTS,
    Barcodes,
    compare_with_images,
    compare_with_results,
    read_barcodes,
)
from validator.checks.dataset import Dataset
from validator.checks.images import IMAGE_KINDS
from validator.checks.plate_survey import survey_plates
from validator.checks.registry import dataset_check
from validator.checks.row_words import joined, lines_at, location_of, shown
from validator.checks.wording import counted
from validator.models.finding import Finding
from validator.models.rule import Rule

PLATEMAP_MISSING = Rule(
    id="CPG403",
    slug="platemap-missing",
    title="Every platemap that barcode_platemap names is there",
    why="Without its platemap nobody knows what was done to the wells of a plate.",
    mend="Copy the platemap to platemap/<name>.txt, or correct its name.",
    family="links",
)
BARCODES_MISSING = Rule(
    id="CPG411",
    slug="barcode-platemap-missing",
    title="Every batch with images has a barcode_platemap.csv",
    why="It says which platemap belongs to which plate of the batch.",
    mend="Add workspace/metadata/platemaps/<batch>/barcode_platemap.csv.",
    family="links",
)
Batch = tuple[str, str]
"""``project/source/`` and the name of the batch."""

ENDING = ".txt"
OTHER_ENDINGS = (".csv", ".tsv", ".xlsx", ".xls", ".tab", "")


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
        barcodes = read_barcodes(file, dataset)
        if barcodes is None:
            continue
        yield from _judge_platemaps(barcodes, platemaps)
        if dataset.scope == "pooled":  # plates of pooled data have Barcodes.csv instead
            continue
        if images.get(batch):
            yield from compare_with_images(barcodes, images[batch], _plates_with_load_data(dataset, batch))
        elif batch in surveys:
            yield from compare_with_results(barcodes, surveys[batch])
    if files and dataset.scope != "pooled":
        yield from _judge_batches(dataset, sorted(images.keys() - files.keys()))


def _batch_of(entities: Mapping[str, str]) -> Batch:
    return f"{entities['project']}/{entities['source']}/", entities["batch"]


def _plates_with_images(dataset: Dataset) -> dict[Batch, dict[str, str]]:
    """Plates of each batch by their full names."""
    found: dict[Batch, dict[str, str]] = defaultdict(dict)
    for placed in dataset.survey:
        entities = placed.place.entities
        if placed.place.kind in IMAGE_KINDS and "full_plate" in entities and placed.files:
            found[_batch_of(entities)].setdefault(entities["full_plate"], entities["plate"])
    return found


def _platemaps(dataset: Dataset) -> Mapping[str, frozenset[str]]:
    """Names of the files in each folder of platemaps, by its key."""
    return {
        placed.key: frozenset(placed.folder.names)
        for placed in dataset.survey
        if placed.place.kind == "workspace.platemap_folder"
    }


def _judge_platemaps(barcodes: Barcodes, platemaps: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    folder = f"{posixpath.dirname(barcodes.key)}/platemap/"
    files = platemaps.get(folder, frozenset())
    there = frozenset(name.removesuffix(ENDING) for name in files if name.endswith(ENDING))
    missing = {name: lines for name, lines in barcodes.platemaps.items() if name not in there}
    if not missing:
        return
    first = next(iter(missing))
    lines = sorted(line for found in missing.values() for line in found)
    similar = next(
        (name for name in there if name.strip().lower() == first.strip().removesuffix(ENDING).lower()), None
    )
    yield PLATEMAP_MISSING.finding(
        barcodes.key,
        f"{counted(len(missing), 'platemap')} {'is' if len(missing) == 1 else 'are'} named here and not in platemap/: "
        + joined([shown(name) for name in missing]),
        location=location_of(lines, "Plate_Map_Name"),
        expected=f"platemap/{first}{ENDING}" if similar is None else f"{similar} in the column",
        actual=None if similar is None else first,
        hint=_otherwise_written(missing, files)
        if similar is None
        else f"Write {shown(similar)} in Plate_Map_Name: the name of the file in platemap/ without {ENDING}.",
        count=len(missing),
        examples=[f"{shown(name)}: {lines_at(found)}" for name, found in missing.items()],
    )


def _otherwise_written(missing: Iterable[str], files: frozenset[str]) -> str | None:
    """What to do where platemaps lie there as another kind of table, as programs for plate layouts write them."""
    others = [name + ending for name in missing for ending in OTHER_ENDINGS if name + ending in files]
    if not others:
        return None
    plain = others[0].rpartition(".")[0] + ENDING
    return f"Save platemap/{others[0]} as a table with tabs, platemap/{plain}" + (
        f"; {len(others) - 1:,} more likewise." if len(others) > 1 else "."
    )


def _plates_with_load_data(dataset: Dataset, batch: Batch) -> frozenset[str]:
    """Plates whose load_data names images: if these are missing, the checks of that table say so."""
    folder = f"{batch[0]}workspace/load_data_csv/{batch[1]}/"
    return frozenset(placed.key[len(folder) : -1] for placed in dataset.folders.below(folder))


def _judge_batches(dataset: Dataset, batches: list[Batch]) -> Iterator[Finding]:
    for home, batch in batches:
        folder = f"{home}workspace/metadata/platemaps/{batch}/"
        if home[:-1] in dataset.names and folder not in dataset.told:
            yield BARCODES_MISSING.finding(
                folder,
                f"Batch {shown(batch)} has images and no barcode_platemap.csv, which other batches have",
                expected=f"workspace/metadata/platemaps/{batch}/barcode_platemap.csv",
            )
