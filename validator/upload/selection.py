"""Which files go: by batch, plate, and globs."""

import re
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from validator.models.listing import Folder
from validator.upload.files import FolderChoice


@dataclass(frozen=True, slots=True)
class Selection:
    """What ``--batch``, ``--plate``, ``--include`` and ``--exclude`` say; all globs, empty means everything.

    Attributes
    ----------
    batches, plates
        A batch spans ``images/<batch>`` and every ``workspace/*/<batch>``; a plate is named in full
        (``BR00117035__2021-05-02T16_02_51-Measurement1``) or by its short name.
    include, exclude
        Globs of keys, whole or below ``project/source/``; ``*`` also stands for ``/``.
    """

    batches: tuple[str, ...] = ()
    plates: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return not (self.batches or self.plates or self.include or self.exclude)

    def takes_folder(self, entities: Mapping[str, str]) -> bool:
        """Whether batch and plate of a folder are among those named."""
        if self.batches and not _any_match(entities.get("batch"), self.batches):
            return False
        if not self.plates:
            return True
        names = (entities.get("plate"), entities.get("full_plate"))
        return any(_any_match(name, self.plates) for name in names)

    def takes_key(self, key: str) -> bool:
        """Whether the globs let a key pass."""
        if not self.include and not self.exclude:
            return True
        if self.include and not matches(key, self.include):
            return False
        return not matches(key, self.exclude)

    def may_take_below(self, key: str, entities: Mapping[str, str]) -> bool:
        """Whether something that is selected may lie in a folder of which nothing else is known."""
        for globs, names in ((self.batches, ("batch",)), (self.plates, ("plate", "full_plate"))):
            known = [entities[name] for name in names if name in entities]
            if globs and known and not any(_any_match(name, globs) for name in known):
                return False
        if matches(key, self.exclude):
            return False
        return not self.include or any(_may_match_below(key, glob) for glob in self.include)

    def choose(self, key: str, files: int, size: int, read: Callable[[], Folder]) -> FolderChoice:
        """What the globs let pass of a folder; its names are read only if there are globs.

        Parameters
        ----------
        key, files, size
            The folder, how many files it holds, and their bytes.
        read
            Reads their names.
        """
        if not self.include and not self.exclude:
            return FolderChoice(key, files, size)
        folder = read()
        chosen = array("q", (i for i, name in enumerate(folder.names) if self.takes_key(key + name)))
        if len(chosen) == len(folder.names):
            return FolderChoice(key, files, size)
        return FolderChoice(key, len(chosen), sum(folder.sizes[i] for i in chosen), chosen)

    def concerns(self, entities: Mapping[str, str], key: str) -> bool:
        """Whether a finding at this key speaks of something that is selected.

        What belongs to no batch (to the dataset as a whole) concerns every upload.
        """
        if self.batches and "batch" in entities and not _any_match(entities["batch"], self.batches):
            return False
        names = [entities[name] for name in ("plate", "full_plate") if name in entities]
        if self.plates and names and not any(_any_match(name, self.plates) for name in names):
            return False
        return key.endswith("/") or self.takes_key(key)


def matches(key: str, globs: tuple[str, ...]) -> bool:
    """Whether a glob names a key, whole or below ``project/source/``; ``*`` also stands for ``/``."""
    below = key.split("/", 2)[-1]
    return any(fnmatchcase(key, glob) or fnmatchcase(below, glob) for glob in globs)


def _may_match_below(key: str, glob: str) -> bool:
    """Whether what a glob begins with, up to its first wildcard, leads into a folder or on from it."""
    begin = re.split(r"[*?\[]", glob, maxsplit=1)[0]
    return any(begin.startswith(name) or name.startswith(begin) for name in (key, key.split("/", 2)[-1]))


def _any_match(name: str | None, globs: tuple[str, ...]) -> bool:
    return name is not None and any(fnmatchcase(name, glob) for glob in globs)
