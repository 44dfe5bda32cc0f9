"""Folders that have no place in the Gallery's structure."""

import re
from collections.abc import Iterator

from validator.checks.dataset import Dataset
from validator.checks.dataset_names import SECTIONS
from validator.checks.misfits import MisfitGroup, misfit_folders
from validator.checks.misread_batches import batch_of
from validator.checks.registry import dataset_check
from validator.checks.wording import below_source, counted, listed
from validator.models.finding import Finding, Level
from validator.models.rule import Rule
from validator.rulebook.homes import home_of_folder

SECTION_UNKNOWN = Rule(
    id="CPG105",
    slug="section-unknown",
    title="Below the source lie images, workspace and workspace_dl, and nothing else",
    why="Readers and tools of the Gallery look into these three folders only; data beside them are not found.",
    mend="Move the folder into images/<batch>/ or workspace/.",
    family="layout",
    source="Cell Painting Gallery documentation, folder structure",
)
WORKSPACE_FOLDER_UNKNOWN = Rule(
    id="CPG106",
    slug="workspace-folder-unknown",
    title="Folders of the workspace are those that the Gallery documents",
    why="Another category of data may have a folder of its own, but a documented folder is found by everybody, and a new one must be explained.",
    mend="Use the documented folder if there is one for these data; otherwise tell the maintainers what the folder holds.",
    family="layout",
    level=Level.WARNING,
    source="Cell Painting Gallery documentation, folder structure",
)
FOLDER_MISSPELT = Rule(
    id="CPG107",
    slug="folder-misspelt",
    title="Folders are spelt as the Gallery spells them",
    why="The name is nearly that of a documented folder. Tools look for the exact name: they find an empty dataset, and say nothing.",
    mend="Rename the folder.",
    family="layout",
    source="Cell Painting Gallery documentation, folder structure",
)
MISPLACED_FOLDER = Rule(
    id="CPG108",
    slug="misplaced-folder",
    title="Every folder lies where the structure has a place for it",
    why="Project, batch, plate and well are read from a file's path: with a step too many, too few or exchanged they are read wrongly.",
    mend="Move the folder to where the structure expects it; the expected names are those that may stand in its place.",
    family="layout",
    source="Cell Painting Gallery documentation, folder structure",
)
PROFILES_FLAT = Rule(
    id="CPG116",
    slug="profiles-flat",
    title="Profiles lie in a folder of their plate",
    why="Profiles are collected as profiles/<batch>/<plate>/<plate>*.csv.gz; files that lie directly in the batch are passed over.",
    mend="Make a folder for each plate and move its profiles there.",
    family="layout",
    source="Cell Painting Gallery documentation, folder structure; cellpainting-gallery issue 26",
)
SEGMENTATION_HASH = Rule(
    id="CPG117",
    slug="segmentation-hash",
    title="A folder of segmentations is named after the software and a hash",
    why="Segmentations of another model or version must not be mixed up with these; a date does not say which model it was.",
    mend="Name the folder <software>_<hash>, with the first digits of the model's commit or checksum.",
    family="layout",
    level=Level.WARNING,
    source="Cell Painting Gallery documentation, segmentation; cellpainting-gallery issue 107",
)

COMMON_NAMES = frozenset(("metadata", "metadata.json", "objects", "software", "qc", "painting", "barcoding"))
"""Names that the layout has at one place, and people at others for something else."""
_HASHED = re.compile(r".+_(?=[0-9a-f]*[a-f]|[0-9]{9,})[0-9a-f]{6,64}", re.IGNORECASE)


@dataset_check(SECTION_UNKNOWN, WORKSPACE_FOLDER_UNKNOWN, FOLDER_MISSPELT, MISPLACED_FOLDER)
def judge_folders(dataset: Dataset) -> Iterator[Finding]:
    """Find folders that have no place, each once."""
    misread = dataset.misread_batches
    for group in misfit_folders(dataset):
        if batch_of(group.place) in misread:
            continue  # the folder around it is no batch, which is told of that
        if group.misfit.nearest:
            yield _misspelt(dataset, group)
        elif group.misfit.parent_kind == "source":
            if group.place.entities["source"] not in SECTIONS:  # then it is the source that is missing
                yield _unknown(SECTION_UNKNOWN, group, "a folder of a dataset")
        elif group.misfit.parent_kind == "workspace":
            yield _unknown(WORKSPACE_FOLDER_UNKNOWN, group, "one of the documented folders of the workspace")
        else:
            yield _misplaced(dataset, group)


def _unknown(rule: Rule, group: MisfitGroup, what: str) -> Finding:
    return rule.finding(
        group.key,
        f"“{below_source(group.key).rstrip('/')}” is not {what} ({counted(group.files, 'file')})",
        expected=listed(group.misfit.expected),
        actual=f"{group.misfit.segment}/",
        hint=_home_hint(group),
        size=group.size,
    )


def _home_hint(group: MisfitGroup) -> str | None:
    """Where a folder belongs whose name the layout knows at one place."""
    name = group.misfit.segment
    home = home_of_folder(name, group.place.entities)
    return None if home is None else f"Move {name} to {home.folder}{name}/."


def _misspelt(dataset: Dataset, group: MisfitGroup) -> Finding:
    segment, nearest = group.misfit.segment, group.misfit.nearest
    where = f"in {group.count:,} folders" if group.count > 1 else f"({counted(group.files, 'file')})"
    return FOLDER_MISSPELT.finding(
        group.key,
        f"“{segment}” should be spelt “{nearest}” {where}",
        expected=f"{nearest}/",
        actual=f"{segment}/",
        hint=f"Move what it holds into {nearest}, which is there already."
        if _is_there(dataset, group.keys[0], nearest)
        else f"Rename {segment} to {nearest}.",
        count=group.count,
        examples=[below_source(key) for key in group.keys] if group.count > 1 else (),
        size=group.size,
    )


def _is_there(dataset: Dataset, key: str, name: str) -> bool:
    """Whether a folder of this name lies beside the folder with this key; renaming would nest one in the other."""
    beside = f"{key[: key.rfind('/', 0, -1) + 1]}{name}/"
    return next(dataset.folders.below(beside), None) is not None


def _misplaced(dataset: Dataset, group: MisfitGroup) -> Finding:
    misfit = group.misfit
    first = group.keys[0]
    parent = first[: first.rfind("/", 0, -1) + 1]
    other = dataset.layout.plate_meant_by_folder(dataset.layout.place_folder(parent), misfit.segment)
    inside = below_source(group.home if group.count > 1 else parent)
    if other:
        what = f"“{misfit.segment}” names plate {other} and lies below plate {group.place.entities['plate']}"
    elif misfit.left_out:
        names = listed([key[:-1].rpartition("/")[2] for key in group.keys], "and")
        what = f"{names} {'lies' if group.count == 1 else 'lie'} directly in {inside}, without the folder of the {misfit.left_out}"
    elif group.count > 1:
        what = f"{group.count:,} folders in {inside} have no place there"
    else:
        what = f"“{misfit.segment}” has no place in {inside}"
    return MISPLACED_FOLDER.finding(
        group.key,
        f"{what} ({counted(group.files, 'file')})",
        expected=listed(misfit.expected) or "files only, no folder",
        actual=f"{misfit.segment}/",
        hint=_where_to(group, other),
        count=group.count,
        examples=[below_source(key) for key in group.keys] if group.count > 1 else (),
        size=group.size,
    )


def _where_to(group: MisfitGroup, other: str) -> str | None:
    """What to do with a misplaced folder where the names that may stand in its place do not say it."""
    misfit = group.misfit
    if other:
        return f"Move the folder below plate {other}, or rename it if the folder around it is right."
    if misfit.left_out:
        return f"Make a folder for the {misfit.left_out} and move {misfit.segment} into it."
    known = None if misfit.segment in COMMON_NAMES else _home_hint(group)
    if known is None and not misfit.expected:
        return "Move the folder to where the structure has a place for it; here lie files only."
    return known


@dataset_check(PROFILES_FLAT)
def judge_flat_profiles(dataset: Dataset) -> Iterator[Finding]:
    """Find profiles that lie directly in the folder of their batch."""
    flat: dict[str, list[str]] = {}
    misread = dataset.misread_batches
    for file in dataset.files("workspace.profiles_flat"):
        if batch_of(file.place) in misread:
            continue
        folder, _, name = file.entry.key.rpartition("/")
        flat.setdefault(f"{folder}/", []).append(name)
    for folder, names in flat.items():
        yield PROFILES_FLAT.finding(
            folder,
            f"{counted(len(names), 'file')} of profiles without a folder of the plate",
            expected="<plate>/<plate>.csv or <plate>/<plate>_<stage>.csv",
            actual=names[0],
            count=len(names),
            examples=names,
        )


@dataset_check(SEGMENTATION_HASH)
def judge_segmentation_folders(dataset: Dataset) -> Iterator[Finding]:
    """Find folders of segmentations whose name does not say which model made them."""
    judged: set[str] = set()
    for placed in dataset.survey:
        name = placed.place.entities.get("segmentation")
        key = "/".join([*placed.key.split("/")[:4], name or "", ""])
        if name is not None and key not in judged and _HASHED.fullmatch(name) is None:
            judged.add(key)
            message = f"“{name}” does not say by a hash which model made the segmentations"
            yield SEGMENTATION_HASH.finding(
                key, message, expected=f"{name.split('_')[0]}_<hash>", actual=name
            )
