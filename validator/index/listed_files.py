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
class ListedFiles:
    """Files sorted by folder; every folder holds some.

    Attributes
    ----------
    names, text
        Of the files, as a polars column and as one text.
    sizes, times, folder
        Of each file; the index of its folder.
    keys, raw
        Of each folder its key in the Gallery, and as it was listed.
    partition
        Index of the partition of each folder.
    """

    names: "pl.Series"
    text: NameColumn
    sizes: Ints
    times: Ints
    folder: Ints
    keys: list[str]
    raw: list[str]
    partition: Ints

    @classmethod
    def of(cls, files: Files, keys: Sequence[str | None]) -> "ListedFiles":
        """Files as they came, but for those in folders without a key."""
        folder = files.folder
        if None in keys:
            chosen = np.flatnonzero(np.array([key is not None for key in keys])[folder])
            order = chosen[np.argsort(folder[chosen], kind="stable")]
        else:
            small = folder.astype(np.uint16) if len(keys) <= 1 << 16 else folder  # sorted by their digits
            order = np.argsort(small, kind="stable")
        folder = folder[order]
        names = files.names.gather(order)
        left = folder[begins_of(folder)]
        return cls(
            names,
            _text(names),
            files.sizes[order],
            files.times[order],
            np.searchsorted(left, folder) if len(left) < len(keys) else folder,
            [key for key in map(keys.__getitem__, left.tolist()) if key is not None],
            [files.folders[f] for f in left.tolist()],
            files.partition[left],
        )

    def only(self, kept: Mask) -> "ListedFiles":
        """Some of the files."""
        if kept.all():
            return self
        folder, names = self.folder[kept], self.names.filter(kept)
        keys, raw, partition = self.keys, self.raw, self.partition
        left = folder[begins_of(folder)]
        if len(left) < len(keys):
            folder = np.searchsorted(left, folder)
            keys, raw = ([some[f] for f in left.tolist()] for some in (keys, raw))
            partition = partition[left]
        return ListedFiles(
            names, _text(names), self.sizes[kept], self.times[kept], folder, keys, raw, partition
        )

    def path(self, f: int) -> str:
        """Where a folder lies."""
        return self.raw[f].removesuffix("/")

    def entry(self, row: int) -> Entry:
        """One file."""
        f, name = int(self.folder[row]), str(self.names[row])
        return Entry(
            self.keys[f] + name, f"{self.path(f)}/{name}", int(self.sizes[row]), int(self.times[row])
        )


def _text(names: "pl.Series") -> NameColumn:
    lengths = names.str.len_bytes().to_numpy().astype(np.int64)
    return NameColumn("".join(names.str.join("").to_list()).encode(), lengths)


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
        troubles.append(Trouble("listed-twice", listed.keys[f] + name, f"{listed.path(f)}/{name}"))
    return listed.only(kept), alike[kept]


def junk_in(listed: ListedFiles) -> Mask:
    """Which files are junk. Names that could be are singled out; the rulebook's own comparison decides."""
    begins, ends = (_table(letters) for letters in junk_edges("files"))
    first, last = listed.text.edges()
    rows = np.flatnonzero(begins[first] | ends[last])
    names = listed.names.gather(rows)
    junk = np.zeros(len(listed.folder), bool)
    junk[rows] = names.is_in([name for name in names.unique().to_list() if is_junk(name)]).to_numpy()
    every = "/" + "".join(listed.keys)
    firsts, lasts = junk_edges("folders")
    possible = lasts or any(f"/{letter}" in every for letter in firsts)
    closed = set(filter(is_junk_folder, every.split("/"))) if possible else set()
    if closed:
        inside = [not closed.isdisjoint(key.split("/")) for key in listed.keys]
        junk |= np.array(inside)[listed.folder]
    return junk


def _table(letters: str) -> Mask:
    table = np.zeros(256, bool)
    table[np.frombuffer(letters.encode(), np.uint8)] = True
    return table
