"""Files of a block of text, sorted by their folders."""

from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np

from validator.index.name_columns import (
    Bytes,
    Ints,
    NameColumn,
    grouped_rows,
    lines_at,
    lots_in_order,
    texts_at,
)
from validator.index.partition import prefix_of

_BEHIND_SLASH = chr(ord("/") + 1)


class FoundFiles(Protocol):
    """Files as they were found in a text."""

    @property
    def data(self) -> Bytes:
        """The text, with some bytes behind it."""

    @property
    def keys(self) -> Ints:
        """Where the key of each file begins."""

    @property
    def names(self) -> Ints:
        """Where its name begins."""

    @property
    def ends(self) -> Ints:
        """Where the line break behind it is."""

    @property
    def sizes(self) -> Ints:
        """What the text says of its size."""

    @property
    def times(self) -> Ints:
        """What it says of its time."""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive files of a block whose folders belong to one partition.

    Attributes
    ----------
    prefix
        Names the partition.
    first, files
        Index of the first file, and how many they are.
    first_folder, folders
        Index of the first folder, and how many they are.
    """

    prefix: str
    first: int
    files: int
    first_folder: int
    folders: int


@dataclass(frozen=True, slots=True)
class SortedFiles:
    """Files of a block by their folders, else in the order they came.

    Attributes
    ----------
    names
        Names of the files, one a line.
    lengths, sizes, times
        Of each file; the length is that of its name.
    folders
        Keys of the folders, sorted.
    numbers
        How many files each folder holds.
    """

    names: bytes
    lengths: Ints
    sizes: Ints
    times: Ints
    folders: list[str]
    numbers: Ints

    def runs(self, segments: int) -> list[Run]:
        """Put the folders of each partition together.

        Parameters
        ----------
        segments
            How many parts of a key name its partition.
        """
        begins: list[int] = []
        prefixes: list[str] = []
        f = 0
        while f < len(self.folders):
            begins.append(f)
            prefixes.append(prefix_of(self.folders[f], segments))
            # A folder high up is a partition of its own, without what lies below it.
            whole = prefixes[-1].count("/") == segments
            f = bisect_left(self.folders, prefixes[-1][:-1] + _BEHIND_SLASH, f) if whole else f + 1
        bounds = [*begins, len(self.folders)]
        at = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.numbers)]).tolist()
        return [
            Run(prefix, at[begin], at[end] - at[begin], begin, end - begin)
            for prefix, (begin, end) in zip(prefixes, pairwise(bounds), strict=True)
        ]


def sort_files(found: FoundFiles) -> SortedFiles:
    """Sort the files of a block by their folders.

    Parameters
    ----------
    found
        ASCII only.
    """
    if not len(found.keys):
        nothing = np.empty(0, np.int64)
        return SortedFiles(b"", nothing, nothing, nothing, [], nothing)
    numbers = NameColumn(found.data, found.keys, found.names - found.keys).numbers()
    grouped, begins = grouped_rows(numbers)
    firsts, counts = grouped[begins], np.diff(np.append(begins, len(grouped)))
    folders = texts_at(found.data, found.keys[firsts], found.names[firsts] - found.keys[firsts])
    by_key = sorted(range(len(folders)), key=folders.__getitem__)
    rows = grouped[lots_in_order(counts, np.array(by_key))]
    starts = found.names[rows]
    lengths = found.ends[rows] - starts
    return SortedFiles(
        lines_at(found.data, starts, lengths + 1),
        lengths,
        found.sizes[rows],
        found.times[rows],
        [folders[f] for f in by_key],
        counts[by_key],
    )
