"""A part of the index: all folders whose keys begin alike, as those of one component of one plate do."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from validator.index.placed import Sign
from validator.models.place import Place
from validator.rulebook.forms import sort_of
from validator.rulebook.layout import Layout

SEGMENTS = 6
"""Parts of a key that name a partition: ``project/source/images/batch/images/plate/``."""


@dataclass(frozen=True, slots=True)
class FolderRow:
    """One folder as the index knows it.

    Attributes
    ----------
    key, path
        As in `Folder`.
    files, size, signs
        As in `PlacedFolder`.
    """

    key: str
    path: str
    files: int
    size: int
    signs: Sign


@dataclass(slots=True)
class Group:
    """Folders of one sort, with the key of the first.

    Attributes
    ----------
    key
        Key of the first.
    files, size, folders
        How many files and bytes they hold, and how many folders they are.
    """

    key: str
    files: int = 0
    size: int = 0
    folders: int = 0


@dataclass(slots=True)
class PartitionFacts:
    """What is known of a partition without reading it.

    Attributes
    ----------
    prefix
        What the keys of its folders begin with.
    files, size
        Number of files and their bytes.
    signs, kinds
        Signs and kinds that any of its files has.
    groups
        Its folders, those of one sort together.
    strange
        Keys of folders below the prefix whose names hold special characters, with these.
    alike
        Keys of folders below the prefix that differ from another one only in case, with that one.
    digest
        Of its folders, see `digest_of`.
    """

    prefix: str
    files: int = 0
    size: int = 0
    signs: Sign = Sign.NONE
    kinds: frozenset[str] = frozenset()
    groups: list[Group] = field(default_factory=list)
    strange: list[tuple[str, str]] = field(default_factory=list)
    alike: list[tuple[str, str]] = field(default_factory=list)
    digest: int = 0


def prefix_of(folder_key: str, segments: int = SEGMENTS) -> str:
    """What names the partition of a folder.

    Examples
    --------
    >>> prefix_of("cpg0051-heart/broad/images/2024_03_05_Run1/images/BR01/Images/")
    'cpg0051-heart/broad/images/2024_03_05_Run1/images/BR01/'
    """
    parts = folder_key.split("/", segments)
    return folder_key if len(parts) <= segments else "/".join(parts[:segments]) + "/"


def grouped(prefix: str, rows: Iterable[tuple[FolderRow, Place]], *, condense: bool = True) -> list[Group]:
    """Put folders together that no rule tells apart.

    Folders of single wells and sites, or somewhere below the folder of a batch where anything may lie, count as
    one; so do folders below a folder that has no place.

    Parameters
    ----------
    prefix
        Of the partition.
    rows
        Its folders with their places, in the order of the keys.
    condense
        Whether to do so at all; a slow run without it must find the same.
    """
    groups: dict[object, Group] = {}
    for row, place in rows:
        group = groups.setdefault(_sort_of(prefix, row.key, place) if condense else row.key, Group(row.key))
        group.files += row.files
        group.size += row.size
        group.folders += 1
    return list(groups.values())


def _sort_of(prefix: str, key: str, place: Place) -> object:
    found = sort_of(key, place)
    return key if found is None or (place.misfit is None and len(key) <= len(prefix)) else found


class FolderTree:
    """Walks the folders between the keys, each once, when the keys come in their order.

    Parameters
    ----------
    layout
        Tells special characters.
    begin
        Number of parts of a key that somebody else looks after.
    """

    def __init__(self, layout: Layout, begin: int = 0) -> None:
        self._layout = layout
        self._begin = begin
        self._before: list[str] = []
        self._below: list[dict[str, str]] = []
        self._closed = ""
        self.strange: list[tuple[str, str]] = []
        self.alike: list[tuple[str, str]] = []

    def add(self, folder_key: str) -> None:
        """Enter the next folder."""
        parts = folder_key.split("/")[:-1]
        before = self._before
        same = 0
        for a, b in zip(before, parts, strict=False):
            if a != b:
                break
            same += 1
        for depth in range(same, len(parts)):
            del self._below[depth + 1 :]
            if depth == len(self._below):
                self._below.append({})
            if depth >= self._begin:
                self._look_at(parts, depth)
            elif self._layout.is_closed(parts[depth]):
                self._closed = self._closed or "/".join(parts[: depth + 1]) + "/"
        self._before = parts

    def _look_at(self, parts: list[str], depth: int) -> None:
        name = parts[depth]
        key = "/".join(parts[: depth + 1]) + "/"
        folded = name.casefold()
        other = self._below[depth].setdefault(folded, key)
        if other != key:
            self.alike.append((key, other))
        if self._closed and key.startswith(self._closed):
            return
        if self._layout.is_closed(name):
            self._closed = key
        strange = self._layout.strange_characters(name)
        if strange:
            self.strange.append((key, strange))
