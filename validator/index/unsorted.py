"""Files of a listing that come in any order: kept on disk until those of one partition can be taken together."""

import shutil
import tempfile
import weakref
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from validator.index.name_columns import Ints
from validator.index.partition import prefix_of
from validator.index.store import writing

if TYPE_CHECKING:
    import polars as pl

ROWS_OF_A_BATCH = 20_000
"""Rows that are read together from a block: what is cut out of a block is smaller."""

WEIGHT_OF_A_RUN = 1500
"""What is read of a block for a few files stays in memory with them: few runs must be read together, however short."""


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
class Files:
    """Files of some partitions, in the order they came for each folder.

    Attributes
    ----------
    names
        A polars column.
    sizes, times, folder
        Of each file; the index of its folder.
    folders
        Keys of the folders, sorted; each once.
    partition
        Index of the partition of each folder.
    """

    names: "pl.Series"
    sizes: Ints
    times: Ints
    folder: Ints
    folders: list[str]
    partition: Ints


def sort_block(files: "pl.DataFrame", segments: int) -> "tuple[pl.DataFrame, list[str], list[Run]]":
    """Sort the files of a block by their folders.

    Parameters
    ----------
    files
        Columns ``folder, name, size, time``.
    segments
        How many parts of a key name its partition.

    Returns
    -------
    files : pl.DataFrame
        Columns ``f`` (index of the folder), ``name, size, time``; sorted by ``f``, else in the order they came.
    folders : list of str
        Sorted.
    runs : list of Run
        In order.
    """
    import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

    rows = files.select("folder").with_row_index("row")
    groups = rows.group_by("folder").agg("row", number=pl.len()).sort("folder")
    folders: list[str] = groups.get_column("folder").to_list()
    numbers = groups.get_column("number").to_numpy().astype(np.int64)
    order = groups.get_column("row").explode()
    sorted_files = files.select("name", "size", "time")[order]
    f = pl.Series("f", np.repeat(np.arange(len(folders), dtype=np.uint32), numbers))
    return sorted_files.insert_column(0, f), folders, _runs(folders, numbers, segments)


def _runs(folders: list[str], numbers: Ints, segments: int) -> list[Run]:
    begins: list[int] = []
    prefixes: list[str] = []
    prefix = ""
    for f, folder in enumerate(folders):
        if not prefix or not folder.startswith(prefix):
            begins.append(f)
            prefixes.append(prefix_of(folder, segments))
            # A folder high up is a partition of its own, without what lies below it.
            prefix = prefixes[-1] if prefixes[-1].count("/") == segments else ""
    ends = [*begins[1:], len(folders)] if folders else []
    at = np.concatenate([np.zeros(1, np.int64), np.cumsum(numbers)]).tolist()
    return [
        Run(prefix, at[begin], at[end] - at[begin], begin, end - begin)
        for prefix, begin, end in zip(prefixes, begins, ends, strict=True)
    ]


class Unsorted:
    """Blocks of files on disk, each sorted by folder.

    Attributes
    ----------
    weight
        How many files they hold, by partition; a run counts like some files more.
    size
        Bytes on disk.
    """

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="cpgate-listing-"))
        self._remove = weakref.finalize(self, shutil.rmtree, self._home, ignore_errors=True)
        self._runs: dict[str, list[tuple[int, Run]]] = defaultdict(list)
        self.weight: dict[str, int] = defaultdict(int)
        self.size = 0

    def write(self, block: int, files: "pl.DataFrame", folders: list[str]) -> None:
        """Write a block; different blocks may be written side by side."""
        import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

        with writing(self._home):
            files.write_ipc(self._path(block, "files"), record_batch_size=ROWS_OF_A_BATCH)
            pl.DataFrame({"folder": folders}).write_ipc(self._path(block, "folders"))

    def enter(self, block: int, runs: list[Run]) -> None:
        """Remember where the files of each partition lie; blocks are entered in their order."""
        for run in runs:
            self._runs[run.prefix].append((block, run))
            self.weight[run.prefix] += run.files + WEIGHT_OF_A_RUN
        self.size += sum(self._path(block, what).stat().st_size for what in ("files", "folders"))

    def prefixes(self) -> list[str]:
        """Names of the partitions, sorted."""
        return sorted(self._runs)

    def take(self, prefixes: list[str]) -> Files:
        """Read the files of partitions that follow each other."""
        import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

        found = (
            (block, run, number)
            for number, prefix in enumerate(prefixes)
            for block, run in self._runs[prefix]
        )
        runs = sorted(found, key=lambda item: (item[0], item[1].first))
        files: list[pl.DataFrame] = []
        folders: list[pl.DataFrame] = []
        for block, first, last in _spans(runs):
            number = last.first + last.files - first.first
            files.append(self._read(block, "files", first.first, number))
            number = last.first_folder + last.folders - first.first_folder
            folders.append(self._read(block, "folders", first.first_folder, number))
        partition = np.repeat([number for *_, number in runs], [run.folders for _, run, _ in runs])
        table = pl.concat(folders).with_columns(
            partition=pl.Series(partition), g=pl.col("folder").rank("dense").cast(pl.Int64) - 1
        )
        ranks, begin = table.get_column("g").to_numpy(), 0
        numbers = []
        for some, here in zip(files, folders, strict=True):
            f = some.get_column("f").to_numpy()
            numbers.append(ranks[begin : begin + len(here)][f - f[0]])
            begin += len(here)
        together = pl.concat(files)
        table = table.unique("g").sort("g")
        return Files(
            together.get_column("name"),
            together.get_column("size").to_numpy(),
            together.get_column("time").to_numpy(),
            np.concatenate(numbers),
            table.get_column("folder").to_list(),
            table.get_column("partition").to_numpy(),
        )

    def _read(self, block: int, what: str, first: int, number: int) -> "pl.DataFrame":
        import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

        return pl.scan_ipc(self._path(block, what)).slice(first, number).collect()

    def close(self) -> None:
        """Remove the blocks."""
        self._remove()

    def _path(self, block: int, what: str) -> Path:
        return self._home / f"{block:05d}.{what}.arrow"


def _spans(runs: list[tuple[int, Run, int]]) -> list[tuple[int, Run, Run]]:
    """Block, first and last run of those that follow each other."""
    spans: list[tuple[int, Run, Run]] = []
    for block, run, _ in runs:
        if spans and spans[-1][0] == block and spans[-1][2].first + spans[-1][2].files == run.first:
            spans[-1] = block, spans[-1][1], run
        else:
            spans.append((block, run, run))
    return spans


def batches(prefixes: list[str], weight: dict[str, int], most: int) -> Iterator[list[str]]:
    """Partitions that follow each other, as many as weigh about so much."""
    batch: list[str] = []
    number = 0
    for prefix in prefixes:
        batch.append(prefix)
        number += weight[prefix]
        if number >= most:
            yield batch
            batch, number = [], 0
    if batch:
        yield batch
