"""Files that have no place in their folder."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from validator.checks.dataset import Dataset, PlacedFolder
from validator.checks.folders import COMMON_NAMES
from validator.checks.misfits import group_home, misfit_files
from validator.checks.misread_batches import batch_of
from validator.checks.plate_names import belongs_to_plate
from validator.checks.plate_survey import GROUP, survey_plates
from validator.checks.registry import dataset_check
from validator.checks.wording import below_source, counted, listed
from validator.models.finding import Finding, Level
from validator.models.place import Misfit, Place
from validator.models.rule import EXAMPLES_KEPT, Rule
from validator.rulebook.homes import home_of_file
from validator.rulebook.template import load_entities

FILE_UNKNOWN = Rule(
    id="CPG109",
    slug="file-unknown",
    title="Every file has a place in its folder",
    why="A file that the structure does not know is published all the same, but nobody will look for it there.",
    mend="Move it where it belongs, or remove it if it was left there by accident.",
    family="layout",
    level=Level.WARNING,
    source="Cell Painting Gallery documentation, folder structure",
)
MISPLACED_FILE = Rule(
    id="CPG110",
    slug="misplaced-file",
    title="Files lie in the folder of their own plate",
    why="The file is named after another plate than its folder: one of the two is wrong, and whoever uses the file corrects or profiles the wrong plate.",
    mend="Move the file into the folder of its plate, or rename it if the folder is right.",
    family="layout",
    source="Cell Painting Gallery documentation, folder structure",
)
ILLUM_NAME = Rule(
    id="CPG111",
    slug="illum-name",
    title="Illumination functions are named <plate>_Illum<Channel>.npy",
    why="Pipelines put the name together from plate and channel; under another name the function is not found and images stay uncorrected.",
    mend="Rename the file; one .npy for each channel, in the folder of its plate.",
    family="layout",
    source="Cell Painting Gallery documentation, folder structure",
)
FILE_MISSPELT = Rule(
    id="CPG118",
    slug="file-misspelt",
    title="Files with a fixed name are spelt as the Gallery spells them",
    why="Tools open the file by its exact name, capitals included; a file that is nearly named so does not exist for them.",
    mend="Rename the file.",
    family="layout",
    source="Cell Painting Gallery documentation, folder structure",
)
VERSION_CONTROL = Rule(
    id="CPG119",
    slug="version-control-file",
    title="A dataset holds data, not the files of git and DVC",
    why="A .dvc file is a pointer of some hundred bytes: where it lies, the data themselves were perhaps never fetched.",
    mend="Fetch the data (dvc pull), and leave .dvc and .gitignore files out.",
    family="layout",
    level=Level.WARNING,
    source="cpgate",
)

_TABLES = frozenset((".csv", ".tsv", ".txt", ".xls", ".xlsx"))
_TAB_NAMES = frozenset(("<name>.tsv", "<platemap>.txt"))


@dataclass
class _Group:
    home: str
    misfit: Misfit
    belongs: str
    files: list[str] = field(default_factory=list)
    count: int = 0
    size: int = 0

    def add(self, key: str, size: int) -> None:
        self.count += 1
        self.size += size
        if len(self.files) < EXAMPLES_KEPT:
            self.files.append(key)

    @property
    def key(self) -> str:
        return self.files[0] if self.count == 1 else self.home

    @property
    def examples(self) -> list[str]:
        return [below_source(key) for key in self.files] if self.count > 1 else []


@dataset_check(FILE_UNKNOWN, MISPLACED_FILE, ILLUM_NAME, FILE_MISSPELT)
def judge_files_without_place(dataset: Dataset) -> Iterator[Finding]:
    """Find files that do not fit their folder; equal cases of one batch are one finding."""
    groups: dict[tuple[str, ...], _Group] = {}
    plates, misread = _Plates(dataset), dataset.misread_batches
    for placed, name, size, misfit in misfit_files(dataset):
        place = placed.place
        if misread and batch_of(place) in misread:
            continue  # told of the folder
        other = dataset.layout.plate_meant(place, name)
        rule = _rule_of(misfit, place.kind, other)
        if rule is MISPLACED_FILE:
            what = plates.named(place, name)
            home = placed.key if what else group_home(placed.key)
        else:
            what = misfit.nearest or _ending(name.lower())
            home = group_home(placed.key)
        form, folder = _belongs(dataset, placed, place, name) if rule is FILE_UNKNOWN else ("", "")
        group = groups.setdefault(
            (rule.id, home, misfit.parent_kind, what, form), _Group(home, misfit, folder)
        )
        group.add(placed.key + name, size)
    for (rule_id, _, _, what, _), group in groups.items():
        yield _WORDS[rule_id](group, what)


def _ending(name: str) -> str:
    """Return its last dot and what follows, where that is no whole name."""
    dot = name.rfind(".")
    return name[dot:] if 0 < dot < len(name) - 1 else ""


def _belongs(dataset: Dataset, placed: PlacedFolder, place: Place, name: str) -> tuple[str, str]:
    """Folder in which a file without a place belongs, as the layout and as people write it; empty where nobody can tell."""
    group = GROUP.fullmatch(placed.key[:-1].rpartition("/")[2])
    if group is not None and place.kind == "workspace.analysis_plate":
        above = "/".join(below_source(placed.key).split("/")[:-2])
        return "{plate}/analysis", f"{above}/{group['plate']}/analysis/{group[0]}/"
    form, step = dataset.layout.left_out_before(place, name)
    if form:
        return form, f"{_ending_in_batch(dataset, placed, step)}{step}"
    home = None if name in COMMON_NAMES else home_of_file(name, place.entities)
    return ("", "") if home is None else (home.form, home.folder)


def _ending_in_batch(dataset: Dataset, placed: PlacedFolder, step: str) -> str:
    """The folder in which a step is left out; where a plate stands in the batch's place, it is the batch that is left out."""
    batch = placed.place.entities.get("batch")
    above, _, here = placed.key[:-1].rpartition("/")
    home = "/".join(placed.key.split("/")[:2]) + "/"
    if here != batch or (
        step != f"{here}/" and (not step.startswith("<") or (home, batch) in dataset.image_batches)
    ):
        return below_source(placed.key)
    return f"{below_source(above)}/<batch>/"


class _Plates:
    """Plates that folders of a dataset are named after, batch by batch; looked up when a file is misplaced."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._known: dict[tuple[str, str], list[str]] | None = None

    def named(self, place: Place, name: str) -> str:
        """The plate of this batch that a file is named after, or an empty text when there is none."""
        if self._known is None:
            self._known = {
                (survey.home, survey.batch): [*survey.plates] for survey in survey_plates(self._dataset)
            }
        entities = place.entities
        home = f"{entities.get('project', '')}/{entities.get('source', '')}/"
        plates = self._known.get((home, entities.get("batch", "")), [])
        return max((plate for plate in plates if belongs_to_plate(name, plate)), key=len, default="")


def _rule_of(misfit: Misfit, folder_kind: str, other_plate: str) -> Rule:
    if misfit.nearest:
        return FILE_MISSPELT
    if other_plate:
        return MISPLACED_FILE
    return ILLUM_NAME if folder_kind == "images.illum_plate" else FILE_UNKNOWN


def _unknown(group: _Group, _what: str) -> Finding:
    name = PurePosixPath(group.files[0]).name
    folder = below_source(group.files[0].removesuffix(name))
    what = f"“{name}” has" if group.count == 1 else f"{counted(group.count, 'file')} like “{name}” have"
    expected = listed(group.misfit.expected)
    return FILE_UNKNOWN.finding(
        group.key,
        f"{what} no place in {folder}",
        expected=expected,
        actual=name,
        hint=_other_separator(name, group.misfit.expected) or _move(group, name),
        count=group.count,
        examples=group.examples,
        size=group.size,
    )


def _move(group: _Group, name: str) -> str | None:
    """What to do with files of which the layout knows the place."""
    if not group.belongs:
        return None
    which = f"Move {name} to" if group.count == 1 else f"Move each into the folder of its own, {name} to"
    return f"{which} {group.belongs}"


def _other_separator(name: str, expected: Sequence[str]) -> str | None:
    """What to do with a table that lies in the right folder in another format."""
    path = PurePosixPath(name)
    if path.suffix.lower() not in _TABLES or len(expected) != 1 or expected[0] not in _TAB_NAMES:
        return None
    ending = PurePosixPath(expected[0]).suffix
    return f"If it is a table, save it with tabs between the cells as {path.stem}{ending}; otherwise move it where it belongs."


def _misplaced(group: _Group, other: str) -> Finding:
    here = PurePosixPath(group.files[0]).parent.name
    if not other:
        return _not_of_its_plate(group, here)
    what = "This file belongs" if group.count == 1 else f"{counted(group.count, 'file')} belong"
    return MISPLACED_FILE.finding(
        group.key,
        f"{what} by its name to plate {other}, but lies in the folder of plate {here}"
        if group.count == 1
        else f"{what} by their names to plate {other}, but lie in the folder of plate {here}",
        expected=listed(group.misfit.expected),
        actual=PurePosixPath(group.files[0]).name,
        count=group.count,
        examples=group.examples,
        size=group.size,
    )


def _not_of_its_plate(group: _Group, here: str) -> Finding:
    """Say it of files whose names begin with no plate that is known: which one they belong to, nobody can tell."""
    name = PurePosixPath(group.files[0]).name
    what = f"“{name}” is" if group.count == 1 else f"{counted(group.count, 'file')} like “{name}” are"
    whose = "plate in whose folder it lies" if group.count == 1 else "plate in whose folder they lie"
    return MISPLACED_FILE.finding(
        group.key,
        f"{what} not named after the {whose}: {here}",
        expected=listed(group.misfit.expected),
        actual=name,
        hint=_assembled(group, here)
        or "If the folder is that of a plate, rename the file; otherwise move it, or the folder, to where the structure has a place for it.",
        count=group.count,
        examples=group.examples,
        size=group.size,
    )


def _assembled(group: _Group, here: str) -> str | None:
    """Where products of many plates belong: they lie in folders of a subset and a version."""
    if (
        re.fullmatch(load_entities()["version"].pattern, here) is None
        or "/workspace/profiles/" not in group.home
    ):
        return None
    subset = group.files[0].split("/")[4]
    return f"{here} is a version, not a plate: move assembled profiles to workspace/profiles_assembled/{subset}/{here}/."


def _illum_name(group: _Group, _what: str) -> Finding:
    name = PurePosixPath(group.files[0]).name
    what = f"“{name}” is" if group.count == 1 else f"{counted(group.count, 'file')} like “{name}” are"
    return ILLUM_NAME.finding(
        group.key,
        f"{what} not named like an illumination function of plate {PurePosixPath(group.files[0]).parent.name}",
        expected=group.misfit.expected[-1],
        actual=name,
        count=group.count,
        examples=group.examples,
        size=group.size,
    )


def _misspelt(group: _Group, nearest: str) -> Finding:
    name = PurePosixPath(group.files[0]).name
    where = f" in {group.count:,} folders" if group.count > 1 else ""
    return FILE_MISSPELT.finding(
        group.key,
        f"“{name}” should be spelt “{nearest}”{where}",
        expected=nearest,
        actual=name,
        hint=f"Rename {name} to {nearest}.",
        count=group.count,
        examples=group.examples,
        size=group.size,
    )


_WORDS = {
    FILE_UNKNOWN.id: _unknown,
    MISPLACED_FILE.id: _misplaced,
    ILLUM_NAME.id: _illum_name,
    FILE_MISSPELT.id: _misspelt,
}


@dataset_check(VERSION_CONTROL)
def judge_version_control_files(dataset: Dataset) -> Iterator[Finding]:
    """Find pointers and settings of git and DVC; those below one folder of the workspace are one finding."""
    found: dict[tuple[str, str], list[str]] = {}
    for file in dataset.files("version_control"):
        folder, _, name = file.entry.key.rpartition("/")
        sort = ".dvc" if name.endswith(".dvc") else name
        home = "/".join(folder.split("/")[:4]) + "/"
        found.setdefault((home, sort), []).append(file.entry.key)
    for (home, sort), keys in found.items():
        what = "pointer" if sort == ".dvc" else "file"
        yield VERSION_CONTROL.finding(
            keys[0] if len(keys) == 1 else home,
            f"{counted(len(keys), f'{sort} {what}')} of a version control system",
            count=len(keys),
            examples=[below_source(key) for key in keys] if len(keys) > 1 else (),
        )
