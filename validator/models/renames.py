"""A plan that mends names: what is renamed, what is left alone, which cells of tables follow."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from validator.models.finding import Finding

What = Literal["batch", "plate", "folder", "file"]


@dataclass(frozen=True, slots=True)
class Rename:
    """One folder or file that gets another name where it lies.

    Attributes
    ----------
    key
        Its key now; of a folder ends with ``/``.
    name
        Its new name.
    new_key
        Its key when everything is renamed.
    rules
        Numbers of the rules that ask for it.
    what
        What it is. The folders of a batch, or of a plate, are renamed together or not at all.
    files
        How many files lie there.
    """

    key: str
    name: str
    new_key: str
    rules: tuple[str, ...]
    what: What
    files: int = 0

    @property
    def old_name(self) -> str:
        """Its name now."""
        return self.key.rstrip("/").rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A folder or file whose name is wrong and that is not renamed.

    Attributes
    ----------
    key
        Its key now.
    name
        The name that it should have; empty when none can be told.
    rule
        Number of the rule.
    reason
        Why not, a clause.
    """

    key: str
    name: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class CellChange:
    """Cells of one column that name the same renamed thing.

    Attributes
    ----------
    column
        Name of the column.
    old, new
        The part of the cells that changes.
    cells
        How many cells.
    """

    column: str
    old: str
    new: str
    cells: int


@dataclass(frozen=True, slots=True)
class TableChange:
    """A table whose cells name something that is renamed.

    Attributes
    ----------
    key
        Its key now.
    path
        Where it lies now.
    changes
        What changes in it.
    """

    key: str
    path: str
    changes: tuple[CellChange, ...]

    @property
    def cells(self) -> int:
        """Number of its cells that change."""
        return sum(change.cells for change in self.changes)


@dataclass(frozen=True, slots=True)
class Identity:
    """A batch or a plate that gets another name.

    Attributes
    ----------
    what
        ``batch`` or ``plate``.
    home
        ``project/source`` now.
    batch
        The plate's batch now; empty for a batch.
    old, new
        Its names.
    """

    what: What
    home: str
    batch: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class FixPlan:
    """All that a fix would do.

    Attributes
    ----------
    root
        The folder, as the user named it.
    datasets
        ``project/source`` of each dataset in it.
    renames
        In the order in which they are done: the deepest first, so that every key is still right when its turn comes.
    left
        What should be renamed and is not.
    tables
        Tables that name what is renamed.
    unread
        Keys of tables that might name it and are left as they are, with the reason.
    junk
        What the rule of junk says: these files are left out of uploads, and never deleted.
    seconds
        How long it took.
    """

    root: str
    datasets: tuple[str, ...] = ()
    renames: tuple[Rename, ...] = ()
    left: tuple[LeftAlone, ...] = ()
    tables: tuple[TableChange, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)
    junk: tuple[Finding, ...] = ()
    seconds: float = 0.0


class NewNames:
    """Which folders and files get which names, and what becomes of keys.

    Keys of folders end with ``/``. Two things in one folder never get the same name, and none gets a name that
    another one has or had: so keys can be told in both directions.
    """

    def __init__(self) -> None:
        self._new: dict[str, dict[str, str]] = {}
        self._old: dict[str, dict[str, str]] = {}

    def __bool__(self) -> bool:
        return any(self._new.values())

    def give(self, key: str, name: str) -> None:
        """Give a name to what has this key now; giving another one later replaces it, its own takes it away."""
        parent, old = _split(key)
        slash = "/" if key.endswith("/") else ""
        new, olds = self._new.setdefault(parent, {}), self._old.setdefault(parent, {})
        if old in new:
            del olds[new.pop(old)]
        if name + slash != old:
            new[old] = name + slash
            olds[name + slash] = old

    def in_folder(self, folder: str) -> Mapping[str, str]:
        """New names in a folder, by the old ones; those of folders end with ``/``."""
        return self._new.get(folder, {})

    def keys(self) -> list[str]:
        """Keys of everything that is renamed, as they are now."""
        return [parent + old for parent, names in self._new.items() for old in names]

    def to_new(self, key: str) -> str:
        """Key of something when everything is renamed."""
        return self._walk(key, self._new, forward=True) if self else key

    def to_old(self, key: str) -> str:
        """Key now of what will have this key."""
        return self._walk(key, self._old, forward=False) if self else key

    def _walk(self, key: str, names: Mapping[str, Mapping[str, str]], *, forward: bool) -> str:
        here, there = "", ""
        for part in _parts(key):
            other = names.get(here if forward else there, {}).get(part, part)
            here, there = here + part, there + other
        return there


def _parts(key: str) -> list[str]:
    """Parts of a key, those of folders with their slash."""
    parts = key.split("/")
    return [f"{part}/" for part in parts[:-1]] + [part for part in parts[-1:] if part]


def _split(key: str) -> tuple[str, str]:
    cut = key.rfind("/", 0, -1) + 1
    return key[:cut], key[cut:]
