"""Steps down the tree to many folders, each taken once; found in columns, because there may be a million."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from validator.index.name_columns import Bytes, Ints, NameColumn, lines_at, shared_beginnings

_SLASH = ord("/")


@dataclass(frozen=True, slots=True)
class Steps:
    """Every folder on the way to some folders.

    Attributes
    ----------
    names
        Names of the folders of all steps.
    parents
        Of each step the number of the one before it, from 1; 0 for the first of a way.
    last
        Of each folder that was asked for the number of the step that leads to it, from 1; 0 for the root.
    initials
        First letters of the names.
    column
        Keys of the folders that were asked for.
    """

    names: list[str]
    parents: Ints
    last: Ints
    initials: str
    column: NameColumn
    _keys: Sequence[str]
    _rows: Ints
    _lengths: Ints

    def key(self, step: int) -> str:
        """Key of the folder of a step; the first is 0."""
        return self._keys[int(self._rows[step])][: int(self._lengths[step])]


def steps_to(keys: Sequence[str]) -> Steps:
    """Steps to some folders.

    Parameters
    ----------
    keys
        ASCII, sorted; then no step is taken twice.
    """
    column = NameColumn.of(keys)
    starts = column.starts
    slashes = np.flatnonzero(column.data == _SLASH)
    first = np.searchsorted(slashes, starts)
    depths = np.searchsorted(slashes, starts + column.lengths) - first
    known = np.searchsorted(slashes, starts + shared_beginnings(column)) - first
    new = depths - known
    rows = np.repeat(np.arange(len(keys)), new)
    depth = np.arange(len(rows)) - np.repeat(np.cumsum(new) - new, new) + known[rows]
    at = first[rows] + depth
    ends = slashes[at]
    begins = np.where(depth > 0, slashes[at - 1] + 1, starts[rows])
    return Steps(
        lines_at(column.data, begins, ends + 1 - begins).decode("ascii").split("/")[:-1],
        _parents(depth),
        np.where(depths > 0, np.cumsum(new), 0),
        _initials(column.data, begins[ends > begins]),
        column,
        keys,
        rows,
        ends + 1 - starts[rows],
    )


def _parents(depth: Ints) -> Ints:
    """Number of the last step before each that is one less deep."""
    parents = np.zeros(len(depth), np.int64)
    above = np.flatnonzero(depth == 0)
    for level in range(1, int(depth.max(initial=0)) + 1):
        here = np.flatnonzero(depth == level)
        parents[here] = above[np.searchsorted(above, here) - 1] + 1
        above = here
    return parents


def _initials(data: Bytes, begins: Ints) -> str:
    return np.unique(data[begins]).tobytes().decode("ascii")
