"""Files of a listing by their folders: each once, and without junk."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from validator.index.name_columns import Ints, NameColumn
from validator.index.unsorted import Files
from validator.models.listing import Entry, Trouble
from validator.rulebook.junk import is_junk, is_junk_folder, junk_edges

if TYPE_CHECKING:
    import polars as pl

Mask = NDArray[np.bool_]

_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""An odd number that keeps the numbers of names of different folders apart."""


@dataclass(frozen=True, slots=True)
class KnownFolder:
    """A folder: its key, its path, and the name of the partition in which it is."""

    key: str
    path: str
    partition: str


@dataclass(frozen=True, slots=True)
class ListedFiles:
    """Files sorted by folder; every folder holds some."""

    names: "pl.Series"
    text: NameColumn
    sizes: Ints
    times: Ints
    folder: Ints
    folders: list[KnownFolder]

    @classmethod
    def of(cls, files: Files, folders: Sequence[KnownFolder | None]) -> "ListedFiles":
        folder = files.folder
        if None in folders:
            chosen = np.flatnonzero(np.array([known is not None for known in folders])[folder])
            order = chosen[np.argsort(folder[chosen], kind="stable")]
        else:
            small = folder.astype(np.uint16) if len(folders) <= 1 << 16 else folder  # sorted by their digits
            order = np.argsort(small, kind="stable")
        return cls._compact(
            files.names[order], files.sizes[order], files.times[order], folder[order], folders
        )

    def only(self, kept: Mask) -> "ListedFiles":
        """Some of the files."""
        if kept.all():
            return self
        return self._compact(
            self.names.filter(kept), self.sizes[kept], self.times[kept], self.folder[kept], self.folders
        )

    @classmethod
    def _compact(
        cls,
        names: "pl.Series",
        sizes: Ints,
        times: Ints,
        folder: Ints,
        folders: Sequence[KnownFolder | None],
    ) -> "ListedFiles":
        text = "".join(names.str.join("").to_list()).encode()
        column = NameColumn(text, names.str.len_bytes().to_numpy().astype(np.int64))
        present = folder[begins_of(folder)]
        numbers = np.zeros(len(folders), np.int64)
        numbers[present] = np.arange(len(present))
        left = [known for known in map(folders.__getitem__, present.tolist()) if known is not None]
        return cls(names, column, sizes, times, numbers[folder], left)

    def entry(self, row: int) -> Entry:
        """One file."""
        folder, name = self.folders[self.folder[row]], str(self.names[row])
        return Entry(folder.key + name, f"{folder.path}/{name}", int(self.sizes[row]), int(self.times[row]))


def begins_of(folder: Ints) -> Ints:
    """Index of the first file of each folder."""
    return np.flatnonzero(np.concatenate([np.ones(min(1, len(folder)), bool), folder[1:] != folder[:-1]]))


def each_once(listed: ListedFiles, troubles: list[Trouble]) -> tuple[ListedFiles, Mask]:
    """The last of each name, and which of them might be alike another one but for case."""
    numbers = listed.text.folded() ^ (listed.folder.view(np.uint64) * _SPREAD)
    ordered = np.sort(numbers)
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(again):
        return listed, np.zeros(len(numbers), bool)
    alike = np.isin(numbers, again)
    kept = np.ones(len(numbers), bool)
    last: dict[tuple[int, str], int] = {}
    twice = set()
    rows = np.flatnonzero(alike)
    names = zip(listed.folder[rows].tolist(), listed.names.gather(rows).to_list(), strict=True)
    for row, place in zip(rows.tolist(), names, strict=True):
        if place in last:
            kept[last[place]] = False
            twice.add(place)
        last[place] = row
    for f, name in sorted(twice):
        folder = listed.folders[f]
        troubles.append(Trouble("listed-twice", folder.key + name, f"{folder.path}/{name}"))
    return listed.only(kept), alike[kept]


def junk_in(listed: ListedFiles) -> Mask:
    """Which files are junk. Names that could be are singled out; the rulebook's own comparison decides."""
    firsts, lasts = (_table(letters) for letters in junk_edges())
    first, last = listed.text.edges()
    rows = np.flatnonzero(firsts[first] | lasts[last])
    names = listed.names.gather(rows)
    junk = np.zeros(len(listed.folder), bool)
    junk[rows] = names.is_in([name for name in names.unique().to_list() if is_junk(name)]).to_numpy()
    parts = set("".join([folder.key for folder in listed.folders]).split("/"))
    closed = set(filter(is_junk_folder, parts))
    if closed:
        inside = [not closed.isdisjoint(folder.key.split("/")) for folder in listed.folders]
        junk |= np.array(inside)[listed.folder]
    return junk


def _table(letters: str) -> Mask:
    table = np.zeros(256, bool)
    table[np.frombuffer(letters.encode(), np.uint8)] = True
    return table
