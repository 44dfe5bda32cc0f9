"""Links from load_data to the images and illumination functions that it names (CPG401, CPG402, CPG406-CPG409)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import groupby

from validator.checks.dataset import Dataset, PlacedFile
from validator.checks.missing_files import ILLUMINATION_MISSING, IMAGE_MISSING, missing_files
from validator.checks.named_images import NamedImage, named_images
from validator.checks.plate_names import belongs_to_plate
from validator.checks.registry import dataset_check, file_check
from validator.checks.row_words import joined, lines_at, location_of, shown
from validator.checks.table_reading import open_table
from validator.checks.wording import below_source, counted
from validator.models.finding import Finding, Level
from validator.models.rule import Rule
from validator.readers.tables import Table

PLATE_DIFFERS = Rule(
    id="CPG406",
    slug="plate-differs",
    title="Metadata_Plate is the plate of the folder in which load_data lies",
    why="Profiles take the plate from the table, everything else from the folder; when they differ, nothing joins.",
    mend="Correct the column, or move the table to the folder of its plate.",
    family="links",
)
PATH_DIFFERS = Rule(
    id="CPG407",
    slug="load-data-path",
    title="load_data names images of its own batch and plate",
    why="A table copied from another plate names that plate's images, which are there: nothing fails and the profiles belong to "
    "another plate.",
    mend="Make the table again from the images of its own plate.",
    family="links",
)
OTHER_DATASET = Rule(
    id="CPG408",
    slug="load-data-other-dataset",
    title="load_data names images of its own dataset",
    why="The images of a dataset lie in its own project and source; an address with another project or source is mostly a slip.",
    mend="Correct the project and source in the addresses.",
    family="links",
    level=Level.WARNING,
)
NOT_COMPARED = Rule(
    id="CPG409",
    slug="images-not-compared",
    title="The images that load_data names are there to be compared",
    why="Without images in what was checked nobody can say whether load_data names the right ones.",
    mend="Check the whole dataset, images and workspace together; when the images are in the Gallery already, nothing is to do.",
    family="links",
    level=Level.INFO,
    source="cpgate",
)


@dataset_check(NOT_COMPARED)
def images_can_be_compared(dataset: Dataset) -> Iterator[Finding]:
    """Say once that images are absent, so that no table has to say it again."""
    tables = Counter(_home_and_batch(file) for file in dataset.files("workspace.load_data"))
    with_images = {home for home, _ in dataset.image_batches}
    for home, group in groupby(sorted(tables), key=lambda pair: pair[0]):
        if home not in with_images:
            batches = [batch for _, batch in group]
            count = sum(tables[home, batch] for batch in batches)
            verb = "names" if count == 1 else "name"
            yield NOT_COMPARED.finding(
                f"{home}images/",
                f"{counted(count, 'load_data table')} {verb} images, but no images are here to compare them with",
                count=count,
                examples=batches,
            )


@file_check(
    IMAGE_MISSING,
    ILLUMINATION_MISSING,
    PLATE_DIFFERS,
    PATH_DIFFERS,
    OTHER_DATASET,
    kinds=["workspace.load_data"],
)
def load_data_names_what_is_there(file: PlacedFile, dataset: Dataset) -> Iterator[Finding]:
    """Follow every image and illumination function that a load_data table names."""
    table = open_table(file, dataset)
    if table is None:
        return
    yield from _judge_plate(file, table)
    home, batch = _home_and_batch(file)
    elsewhere: list[NamedImage] = []
    astray: list[NamedImage] = []
    missing: list[NamedImage] = []
    plate_told = f"{home}images/{batch}/images/{file.place.entities.get('plate', '')}/" in dataset.told
    names: dict[str, frozenset[str]] = {}
    folder_of = _folders_of_plate(dataset, home, batch, file.place.entities.get("plate", ""))
    for image in named_images(table, home, folder_of):
        if not image.folder.startswith(home):
            elsewhere.append(image)
        elif _goes_astray(image.folder, batch, file.place.entities.get("plate", "")):
            astray.append(image)
        elif _is_judged(image.folder, home, dataset, plate_told=plate_told) and not _is_there(
            image, dataset, names
        ):
            missing.append(image)
    if elsewhere and dataset.scope not in ("addition", "derived"):
        yield _other_dataset(file, table, elsewhere)
    if astray:
        yield _path_differs(file, table, astray)
    known = _named_by_sibling(file, dataset, home) if missing else frozenset()
    for rule, chosen in (
        (IMAGE_MISSING, [i for i in missing if not i.column.illumination and i.key not in known]),
        (ILLUMINATION_MISSING, [image for image in missing if image.column.illumination]),
    ):
        if chosen:
            yield missing_files(rule, file, table, chosen, dataset)


def _home_and_batch(file: PlacedFile) -> tuple[str, str]:
    entities = file.place.entities
    return f"{entities['project']}/{entities['source']}/", entities["batch"]


def _is_judged(folder: str, home: str, dataset: Dataset, *, plate_told: bool) -> bool:
    """Whether no other finding has said that the batch, or the plate, that a folder belongs to has no images here."""
    if plate_told and dataset.folders.get(folder) is None:
        return False
    section, _, rest = folder.removeprefix(home).partition("/")
    return section != "images" or (home, rest.partition("/")[0]) in dataset.image_batches


def _is_there(image: NamedImage, dataset: Dataset, names: dict[str, frozenset[str]]) -> bool:
    if image.folder not in names:
        placed = dataset.folders.get(image.folder)
        names[image.folder] = frozenset(placed.folder.names) if placed else frozenset()
    return image.name in names[image.folder]


def _named_by_sibling(file: PlacedFile, dataset: Dataset, home: str) -> frozenset[str]:
    """Keys that load_data.csv beside a load_data_with_illum.csv names: what is missing of them, it has said."""
    folder, _, name = file.entry.key.rpartition("/")
    sibling = name.replace("load_data_with_illum", "load_data")
    placed = dataset.folders.get(f"{folder}/")
    if placed is None or sibling == name:
        return frozenset()
    for other in dataset.files_of(placed):
        if other.entry.key == f"{folder}/{sibling}" and (table := open_table(other, dataset)) is not None:
            _, batch = _home_and_batch(file)
            folder_of = _folders_of_plate(dataset, home, batch, file.place.entities.get("plate", ""))
            return frozenset(image.key for image in named_images(table, home, folder_of))
    return frozenset()


def _folders_of_plate(dataset: Dataset, home: str, batch: str, plate: str) -> Callable[[str], str]:
    """Make what finds an image of a plate by its name alone; the plate's fullest folder when it is in none."""
    start = f"{home}images/{batch}/images/"

    @cache
    def places() -> tuple[dict[str, str], str]:  # asked for by tables of the legacy form only
        folders = [
            placed.folder
            for placed in dataset.folders.below(start)
            if belongs_to_plate(placed.key.removeprefix(start).partition("/")[0], plate)
        ]
        fullest = max(folders, key=lambda folder: len(folder.names)).key if folders else ""
        return {name: folder.key for folder in folders for name in folder.names}, fullest

    def find(name: str) -> str:
        known, fullest = places()
        return known.get(name, fullest)

    return find


def _goes_astray(folder: str, batch: str, plate: str) -> bool:
    """Whether a key lies in the images or illum folder of another batch or plate."""
    parts = folder.split("/")
    if len(parts) < 7 or parts[2] != "images" or parts[4] not in ("images", "illum"):
        return False
    return parts[3] != batch or not belongs_to_plate(parts[5], plate)


def _judge_plate(file: PlacedFile, table: Table) -> Iterator[Finding]:
    plate = file.place.entities.get("plate", "")
    if "Metadata_Plate" not in table.frame.columns or not plate:
        return
    others: dict[str, list[int]] = defaultdict(list)
    for line, value in zip(table.lines, table.frame.get_column("Metadata_Plate"), strict=True):
        if value is not None and value != plate:
            others[value].append(line)
    if not others:
        return
    lines = sorted(line for found in others.values() for line in found)
    rows = (
        "every row" if len(lines) == len(table.lines) else f"{counted(len(lines), 'row')} ({lines_at(lines)})"
    )
    yield PLATE_DIFFERS.finding(
        file.entry.key,
        f"Metadata_Plate is {joined([shown(name) for name in others], most=3)} in {rows}, the folder is that of plate {shown(plate)}",
        location=location_of(lines, "Metadata_Plate"),
        expected=plate,
        actual=next(iter(others)),
        count=len(lines),
        examples=[f"{shown(name)}: {lines_at(found)}" for name, found in others.items()],
    )


def _other_dataset(file: PlacedFile, table: Table, images: Sequence[NamedImage]) -> Finding:
    homes = list(dict.fromkeys("/".join(image.folder.split("/")[:2]) for image in images))
    lines = _lines(table, images)
    own = "/".join(file.entry.key.split("/")[:2])
    return OTHER_DATASET.finding(
        file.entry.key,
        f"{counted(len(lines), 'row')} ({lines_at(lines)}) {_verb(lines)} images of {joined(homes)}, the dataset is {own}",
        location=location_of(lines),
        expected=own,
        actual=homes[0],
        count=len(lines),
        examples=[f"line {table.lines[image.row]}: {image.key}" for image in images[:5]],
    )


def _path_differs(file: PlacedFile, table: Table, images: Sequence[NamedImage]) -> Finding:
    places = list(dict.fromkeys(tuple(image.folder.split("/")[3:6]) for image in images))
    lines = _lines(table, images)
    entities = file.place.entities
    batch, plate = entities["batch"], entities.get("plate", "")
    other_batches = list(dict.fromkeys(place[0] for place in places if place[0] != batch))
    other_plates = list(dict.fromkeys(place[2] for place in places if not belongs_to_plate(place[2], plate)))
    named = " and ".join(
        f"{word} {joined([shown(name) for name in names], most=3)}"
        for word, names in (("plate", other_plates), ("batch", other_batches))
        if names
    )
    return PATH_DIFFERS.finding(
        file.entry.key,
        f"{counted(len(lines), 'row')} ({lines_at(lines)}) {_verb(lines)} images of {named}; "
        f"the table is that of plate {shown(plate)} of batch {shown(batch)}",
        location=location_of(lines),
        expected=f"images/{batch}/images/{plate}...",
        actual=f"images/{'/'.join(places[0])}",
        count=len(lines),
        examples=[f"line {table.lines[image.row]}: {below_source(image.key)}" for image in images[:5]],
    )


def _lines(table: Table, images: Sequence[NamedImage]) -> list[int]:
    return sorted({table.lines[image.row] for image in images})


def _verb(lines: Sequence[int]) -> str:
    return "names" if len(lines) == 1 else "name"
