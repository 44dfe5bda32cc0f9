"""Files of a listing by their folders: each once, and without junk."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from validator.index.name_columns import Ints, LineColumn, Mask, marked
from validator.index.unsorted import Files
from validator.models.listing import Entry, Trouble
from validator.rulebook.junk import is_junk, is_junk_folder, junk_edges

_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""An odd number that keeps the numbers of names of different folders apart."""


@dataclass(frozen=True, slots=True)
class ListedFiles:
    """Files sorted by folder; every folder holds some.

    Attributes
    ----------
    names
        Of the files.
    sizes, times, folder
        Of each file; the index of its folder.
    keys, raw
        Of each folder its key in the Gallery, and as it was listed.
    partition
        Index of the partition of each folder.
    """

    names: LineColumn
    sizes: Ints
    times: Ints
    folder: Ints
    keys: list[str]
    raw: list[str]
    partition: Ints

    @classmethod
    def of(cls, files: Files, keys: Sequence[str | None]) -> "ListedFiles":
        """Files as they came, but for those in folders without a key."""
        known = np.array([key is not None for key in keys])
        listed = cls(
            files.names,
            files.sizes,
            files.times,
            files.folder,
            [key or "" for key in keys],
            files.folders,
            files.partition,
        )
        return listed if known.all() else listed.only(known[files.folder])

    def only(self, kept: Mask) -> "ListedFiles":
        """Some of the files."""
        if kept.all():
            return self
        folder, keys, raw, partition = self.folder[kept], self.keys, self.raw, self.partition
        left = folder[begins_of(folder)]
        if len(left) < len(keys):
            folder = np.searchsorted(left, folder)
            keys, raw = ([some[f] for f in left.tolist()] for some in (keys, raw))
            partition = partition[left]
        names = self.names.without(np.flatnonzero(~kept))
        return ListedFiles(names, self.sizes[kept], self.times[kept], folder, keys, raw, partition)

    def path(self, f: int) -> str:
        """Where a folder lies."""
        return self.raw[f].removesuffix("/")

    def entries(self, rows: Ints) -> list[Entry]:
        """A few files."""
        columns = (self.folder[rows].tolist(), self.sizes[rows].tolist(), self.times[rows].tolist())
        return [
            Entry(self.keys[f] + name, f"{self.path(f)}/{name}", size, time)
            for name, f, size, time in zip(self.names.some(rows), *columns, strict=True)
        ]


def begins_of(folder: Ints) -> Ints:
    """Index of the first file of each folder."""
    return np.flatnonzero(np.concatenate([np.ones(min(1, len(folder)), bool), folder[1:] != folder[:-1]]))


def each_once(listed: ListedFiles, troubles: list[Trouble]) -> tuple[Mask, Mask]:
    """Which files are the last of their name, and which might be alike another one but for case."""
    numbers = listed.names.folded() ^ (listed.folder.view(np.uint64) * _SPREAD)
    kept = np.ones(len(numbers), bool)
    ordered = np.sort(numbers)
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(again):
        return kept, np.zeros(len(numbers), bool)
    alike = np.isin(numbers, again)
    last: dict[tuple[int, str], int] = {}
    twice = set()
    rows = np.flatnonzero(alike)
    for row, place in zip(
        rows.tolist(), zip(listed.folder[rows].tolist(), listed.names.some(rows), strict=True), strict=True
    ):
        if place in last:
            kept[last[place]] = False
            twice.add(place)
        last[place] = row
    for f, name in sorted(twice):
        troubles.append(Trouble("listed-twice", listed.keys[f] + name, f"{listed.path(f)}/{name}"))
    return kept, alike


def junk_in(listed: ListedFiles) -> Mask:
    """Which files are junk. Names that could be are singled out; the rulebook's own comparison decides."""
    begins, ends = (_table(letters) for letters in junk_edges("files"))
    first, last = listed.names.edges()
    rows = np.flatnonzero(begins[first] | ends[last])
    junk = np.zeros(len(listed.folder), bool)
    names = listed.names.some(rows)
    known = {name: is_junk(name) for name in set(names)}
    junk[rows] = [known[name] for name in names]
    firsts, lasts = junk_edges("folders")
    every = "/" + "".join(listed.keys)
    if lasts or _begins_with_any(every.encode(), firsts):
        closed = set(filter(is_junk_folder, every.split("/")))
        if closed:
            inside = [not closed.isdisjoint(key.split("/")) for key in listed.keys]
            junk |= np.array(inside)[listed.folder]
    return junk


def _begins_with_any(path: bytes, letters: str) -> bool:
    """Whether a folder of a path begins with one of these letters."""
    possible = marked(path, _table(letters))
    return bool((possible[1:] & (np.frombuffer(path, np.uint8) == ord("/"))[:-1]).any())


def _table(letters: str) -> Mask:
    table = np.zeros(256, bool)
    table[np.frombuffer(letters.encode(), np.uint8)] = True
    return table
