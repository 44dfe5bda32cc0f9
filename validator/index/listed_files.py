"""Files of a listing by their folders: each once, and without junk."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from validator.index.name_columns import Ints, LineColumn, Mask, NameColumn, Words, apart, distinct
from validator.index.steps import Steps, steps_to
from validator.index.unsorted import Files
from validator.models.listing import Entry, Trouble
from validator.rulebook.forms import Forms
from validator.rulebook.junk import is_junk, is_junk_folder, junk_edges


@dataclass(frozen=True, slots=True)
class ListedFiles:
    """Files sorted by folder; every folder holds some.

    Attributes
    ----------
    row
        Index of each file among those that came.
    names, numbers, folded
        Of the files; equal names have equal numbers, and equal ones again where only the case of letters differs.
    sums
        Two numbers of each file for the digest.
    sizes, times, folder
        Of each file; the index of its folder.
    keys, raw
        Of each folder its key in the Gallery, and as it was listed.
    key_column
        The keys.
    partition, form
        Index of the partition of each folder, and of its form.
    """

    row: Ints
    names: LineColumn
    numbers: Words
    folded: Words
    sums: Words
    sizes: Ints
    times: Ints
    folder: Ints
    keys: list[str]
    raw: list[str]
    key_column: NameColumn
    partition: Ints
    form: Ints

    @classmethod
    def of(cls, files: Files, keys: Sequence[str | None], forms: Forms) -> tuple["ListedFiles", Steps]:
        """Files as they came, but for those in folders without a key; and the steps to their folders."""
        numbers, folded, *sums = files.names.sums(files.sizes, files.times)
        there = [key for key in keys if key is not None]
        steps = steps_to(there)
        known, column = np.ones(len(keys), bool), steps.column
        if len(there) < len(keys):
            known = np.array([key is not None for key in keys])
            there = [key or "" for key in keys]
            column = NameColumn.of(there)
        form = np.zeros(len(keys), np.int64)
        form[known] = np.array(forms.along(steps), np.int64)[steps.last]
        listed = cls(
            np.arange(len(files.folder)),
            files.names,
            numbers,
            folded,
            np.stack(sums),
            files.sizes,
            files.times,
            files.folder,
            there,
            files.folders,
            column,
            files.partition,
            form,
        )
        return (listed if known.all() else listed.only(known[files.folder])), steps

    def only(self, kept: Mask) -> "ListedFiles":
        """Some of the files."""
        if kept.all():
            return self
        rows = np.flatnonzero(kept)
        folder, keys, raw, column = self.folder[rows], self.keys, self.raw, self.key_column
        partition, form = self.partition, self.form
        left = folder[begins_of(folder)]
        if len(left) < len(keys):
            folder = np.searchsorted(left, folder)
            keys, raw = ([some[f] for f in left.tolist()] for some in (keys, raw))
            column = NameColumn(column.data, column.starts[left], column.lengths[left])
            partition, form = partition[left], form[left]
        return ListedFiles(
            self.row[rows],
            self.names.only(rows),
            self.numbers[rows],
            self.folded[rows],
            np.take(self.sums, rows, axis=1),
            self.sizes[rows],
            self.times[rows],
            folder,
            keys,
            raw,
            column,
            partition,
            form,
        )

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
    numbers = listed.folded ^ apart(listed.folder)
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


def junk_in(listed: ListedFiles, steps: Steps) -> Mask:
    """Which files are junk. Names that could be are singled out; the rulebook's own comparison decides.

    Parameters
    ----------
    listed
        The files.
    steps
        The way to their folders.
    """
    begins, ends = (_table(letters) for letters in junk_edges("files"))
    first, last = listed.names.edges()
    rows = np.flatnonzero(begins[first] | ends[last])
    each, _, which = distinct(listed.numbers[rows])
    junk = np.zeros(len(listed.folder), bool)
    junk[rows] = np.array([is_junk(name) for name in listed.names.some(rows[each])], bool)[which]
    firsts, lasts = junk_edges("folders")
    if lasts or not set(steps.initials).isdisjoint(firsts):
        closed = set(filter(is_junk_folder, steps.names))
        if closed:
            inside = [not closed.isdisjoint(key.split("/")) for key in listed.keys]
            junk |= np.array(inside)[listed.folder]
    return junk


def _table(letters: str) -> Mask:
    table = np.zeros(256, bool)
    table[np.frombuffer(letters.encode(), np.uint8)] = True
    return table
