"""Files that load_data names and the dataset does not have (CPG401, CPG402), in words."""

from collections import defaultdict
from collections.abc import Sequence

from validator.checks.dataset import Dataset, PlacedFile
from validator.checks.named_images import NamedImage
from validator.checks.plain_names import plain_name
from validator.checks.row_words import joined, location_of, ranges, shown
from validator.checks.wording import below_source, counted
from validator.models.finding import Finding
from validator.models.rule import Rule
from validator.readers.tables import Table

IMAGE_MISSING = Rule(
    id="CPG401",
    slug="image-missing",
    title="Every image that load_data names is in the dataset",
    why="The analysis of a plate stops at the first image that is not there, and nobody knows whether it was lost or never taken.",
    mend="Copy the images, or correct or remove the rows that name them.",
    family="links",
)
ILLUMINATION_MISSING = Rule(
    id="CPG402",
    slug="illumination-missing",
    title="Every illumination function that load_data names is in the dataset",
    why="Without it the images of its plate and channel cannot be corrected.",
    mend="Copy the illumination functions to images/<batch>/illum/<plate>/, or correct the rows that name them.",
    family="links",
)


def missing_files(
    rule: Rule, file: PlacedFile, table: Table, images: Sequence[NamedImage], dataset: Dataset
) -> Finding:
    """Say which files a table names that are not there.

    Parameters
    ----------
    rule
        `IMAGE_MISSING` or `ILLUMINATION_MISSING`.
    file, table
        The load_data table.
    images
        Cells that name them, at least one.
    dataset
        Where they should be.
    """
    lines = sorted({table.lines[image.row] for image in images})
    by_key: dict[str, NamedImage] = {}
    for image in images:
        by_key.setdefault(image.key, image)
    files = list(by_key.values())
    channels = list(dict.fromkeys(image.column.channel for image in images))
    folders = list(dict.fromkeys(image.folder for image in images))
    columns = list(dict.fromkeys(image.column.name for image in images))
    gone = [folder for folder in folders if dataset.folders.get(folder) is None]
    sort = "illumination function" if rule is ILLUMINATION_MISSING else "image"
    what = f"{counted(len(files), sort)} that this table names {'is' if len(files) == 1 else 'are'} not in the dataset"
    if len(gone) == len(folders) == 1:
        what += f"; their folder {below_source(gone[0])} is not there or empty"
    elif gone:
        what += f"; {len(gone)} of their {len(folders)} folders are not there or empty"
    where = ""
    if rule is IMAGE_MISSING:  # an illumination function serves every site of its plate
        where = _wells_and_sites(table, list(dict.fromkeys(image.row for image in images)))
    return rule.finding(
        file.entry.key,
        f"{what}: channel{'s'[: len(channels) > 1]} {joined(channels)}" + (f"; {where}" if where else ""),
        location=location_of(lines, columns[0] if len(columns) == 1 else None),
        actual=_other_case(images[0], dataset),
        hint=_case_hint(images[0], dataset) or _renamed_hint(gone, dataset),
        count=len(files),
        examples=[
            f"line {table.lines[image.row]}, {image.column.name}: {below_source(image.key)}"
            for image in files[:10]
        ],
    )


def _other_case(image: NamedImage, dataset: Dataset) -> str | None:
    """Name of a file that is there and differs in upper and lower case only."""
    placed = dataset.folders.get(image.folder)
    if placed is None:
        return None
    return next((name for name in placed.folder.names if name.lower() == image.name.lower()), None)


def _case_hint(image: NamedImage, dataset: Dataset) -> str | None:
    there = _other_case(image, dataset)
    return None if there is None else f"the file is called {shown(there)}: only upper and lower case differ"


def _renamed_hint(gone: Sequence[str], dataset: Dataset) -> str | None:
    """What to do where the folder is there under its name without special characters."""
    for folder in gone:
        plain = "/".join(plain_name(part, dataset.layout) for part in folder[:-1].split("/")) + "/"
        if plain != folder and dataset.folders.get(plain) is not None:
            return f"The folder was renamed: write {below_source(plain)} in the table."
    return None


def _wells_and_sites(table: Table, rows: Sequence[int]) -> str:
    """Wells with their sites, as far as the table says them: ``A02 sites 1-9, A03 site 4``."""
    columns = table.frame.columns
    if "Metadata_Well" not in columns or "Metadata_Site" not in columns:
        return ""
    wells, sites = table.frame.get_column("Metadata_Well"), table.frame.get_column("Metadata_Site")
    by_well: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        well, site = wells[row], sites[row]
        if well is not None and site is not None and site.isascii() and site.isdigit() and len(site) < 10:
            by_well[well].add(int(site))
    words = [f"{well} site{'s'[: len(found) > 1]} {ranges(found)}" for well, found in by_well.items()]
    return joined(words, most=3)
