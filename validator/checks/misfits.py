"""Folders and files that have no place, gathered so that one mistake is one group."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from validator.checks.dataset import Dataset, PlacedFolder
from validator.index.placed import Sign
from validator.models.place import Misfit, Place
from validator.models.rule import EXAMPLES_KEPT

GROUPED_BELOW = 5
"""Parts of a key (project, source, section, folder, batch) below which equal mistakes are told together."""


@dataclass
class MisfitGroup:
    """Folders, or files, that do not fit for the same reason.

    Attributes
    ----------
    home
        Key of the folder that holds all of them, at any depth.
    misfit
        Why the first does not fit.
    place
        Place of the folder in which the first lies.
    keys
        Keys of some of them (of folders with ``/`` at the end).
    count, files, size
        How many they are; how many files and bytes lie there.
    """

    home: str
    misfit: Misfit
    place: Place
    keys: list[str] = field(default_factory=list)
    count: int = 0
    files: int = 0
    size: int = 0

    @property
    def key(self) -> str:
        """Key to report: the thing itself, or what holds all of them."""
        return self.keys[0] if self.count == 1 else self.home

    def add(self, key: str) -> None:
        """Enter one more folder or file."""
        self.count += 1
        if len(self.keys) < EXAMPLES_KEPT:
            self.keys.append(key)


def misfit_folders(dataset: Dataset) -> list[MisfitGroup]:
    """Folders without a place, each once however much lies in it."""
    groups: dict[tuple[str, ...], MisfitGroup] = {}
    seen: set[str] = set()
    for placed in dataset.survey:
        misfit = placed.place.misfit
        if misfit is None:
            continue
        key = _key_of_misfit(placed.key, misfit)
        home = "/".join(key.split("/")[: min(misfit.depth, GROUPED_BELOW)]) + "/"
        # Folders of a source or its workspace are mistakes of their own; those that lack their batch lack the same.
        alone = key if misfit.depth <= 3 and not misfit.left_out else ""
        group = groups.setdefault(
            (home, alone, misfit.parent_kind, misfit.nearest, misfit.left_out),
            MisfitGroup(home, misfit, placed.place),
        )
        if key not in seen:
            seen.add(key)
            group.add(key)
        group.files += placed.files
        group.size += placed.size
    return list(groups.values())


def misspelt_folders(dataset: Dataset) -> dict[str, str]:
    """Every folder whose name is nearly a documented one, by its key, with that name."""
    misfits = ((placed.key, placed.place.misfit) for placed in dataset.survey)
    return {
        _key_of_misfit(key, misfit): misfit.nearest for key, misfit in misfits if misfit and misfit.nearest
    }


def _key_of_misfit(folder_key: str, misfit: Misfit) -> str:
    return "/".join(folder_key.split("/")[: misfit.depth + 1]) + "/"


def misfit_files(dataset: Dataset) -> Iterator[tuple[PlacedFolder, str, int, Misfit]]:
    """Files without a place in a folder that has one: the folder, name, size and reason."""
    for placed in dataset.folders.with_sign(Sign.MISFIT):
        folder, place = placed.remarkable, placed.place
        for name, size in zip(folder.names, folder.sizes, strict=True):
            misfit = dataset.layout.place_file(place, name).misfit
            if misfit is not None:
                yield placed, name, size, misfit


def group_home(folder_key: str) -> str:
    """Key of the batch (or what stands in its place) in which a folder lies."""
    parts = folder_key.split("/")[:-1]
    return "/".join(parts[:GROUPED_BELOW]) + "/"
