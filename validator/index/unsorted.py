"""Files of a listing that come in any order: kept on disk until those of one partition can be taken together."""

import shutil
import tempfile
import weakref
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, islice
from operator import ne
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np

from validator.index.name_columns import SPARE, Ints, LineColumn, joined, lines_at, lots_in_order
from validator.index.sorted_files import Run, SortedFiles
from validator.index.store import writing

if TYPE_CHECKING:
    import polars as pl

WEIGHT_OF_A_RUN = 1500
"""What is read of a block for a few files stays in memory with them: few runs must be read together, however short."""
_FEW = 4
"""Lines of a stretch that is worth to be copied by itself."""
_NUMBER, _END = np.dtype("<i8"), np.dtype("<u4")


Runs = list[tuple[int, Run, int]]
"""Runs with their blocks and the numbers of their partitions."""


@dataclass(frozen=True, slots=True)
class Files:
    """Files of some partitions by their folders, else in the order they came.

    Attributes
    ----------
    names
        Of the files.
    sizes, times, folder
        Of each file; the index of its folder.
    folders
        Keys of the folders, sorted; each once.
    partition
        Index of the partition of each folder.
    """

    names: LineColumn
    sizes: Ints
    times: Ints
    folder: Ints
    folders: list[str]
    partition: Ints


class Blocks:
    """Blocks of files on disk, each sorted by folder.

    Parameters
    ----------
    home
        Folder in which they lie.
    """

    def __init__(self, home: Path) -> None:
        self.home = home

    def write(self, block: int, files: SortedFiles) -> int:
        """Write a block: where each line ends, names and keys a line each, numbers; several may be written side by side.

        Returns
        -------
        int
            Bytes.
        """
        key_lengths = np.fromiter(map(len, files.folders), np.int64, len(files.folders))
        columns = {
            "names": files.names,
            "ends": np.cumsum(files.lengths + 1).astype(_END).tobytes(),
            "sizes": files.sizes.astype(_NUMBER).tobytes(),
            "times": files.times.astype(_NUMBER).tobytes(),
            "keys": "\n".join([*files.folders, ""]).encode(),
            "key_ends": np.cumsum(key_lengths + 1).astype(_END).tobytes(),
            "numbers": files.numbers.astype(_END).tobytes(),
        }
        with writing(self.home):
            for what, column in columns.items():
                self._path(block, what).write_bytes(column)
        return sum(map(len, columns.values()))

    def take(self, runs: Runs) -> Files:
        """Read some runs, which are in the order of the blocks."""
        spans = [self._read(block, first, last) for block, first, last in _spans(runs)]
        folders = [key for span in spans for key in span.folders]
        numbers = joined([span.numbers for span in spans])
        partition = np.repeat([number for *_, number in runs], [run.folders for _, run, _ in runs])
        lengths, sizes, times = (
            joined([getattr(span, column) for span in spans]) for column in ("lengths", "sizes", "times")
        )
        text = b"".join([*(span.names for span in spans), bytes(SPARE)])
        if len(spans) > 1:
            by_key = sorted(range(len(folders)), key=folders.__getitem__)
            folders, order = [folders[f] for f in by_key], np.array(by_key)
            rows = lots_in_order(numbers, order)
            text = _lines_in_order(text, lengths, rows)
            lengths, sizes, times = lengths[rows], sizes[rows], times[rows]
            numbers, partition = numbers[order], partition[order]
        new = np.ones(len(folders), bool)
        new[1:] = [*map(ne, folders, islice(folders, 1, None))]
        return Files(
            LineColumn.of_lines(text, lengths),
            sizes,
            times,
            np.repeat(np.cumsum(new) - 1, numbers),
            folders if new.all() else list(compress(folders, new.tolist())),
            partition[new],
        )

    def _read(self, block: int, first: Run, last: Run) -> SortedFiles:
        """Read the files of runs that follow each other."""
        end, end_folder = last.first + last.files, last.first_folder + last.folders
        ends = self._ends(block, "ends", first.first, end)
        key_ends = self._ends(block, "key_ends", first.first_folder, end_folder)
        return SortedFiles(
            self._text(block, "names", int(ends[0]), int(ends[-1])),
            np.diff(ends) - 1,
            self._column(block, "sizes", _NUMBER, first.first, end),
            self._column(block, "times", _NUMBER, first.first, end),
            self._text(block, "keys", int(key_ends[0]), int(key_ends[-1])).decode("ascii").split("\n")[:-1],
            self._column(block, "numbers", _END, first.first_folder, end_folder),
        )

    def _column(self, block: int, what: str, kind: "np.dtype[Any]", begin: int, end: int) -> Ints:
        path = self._path(block, what)
        return np.fromfile(path, kind, end - begin, offset=begin * kind.itemsize).astype(np.int64, copy=False)

    def _ends(self, block: int, what: str, begin: int, end: int) -> Ints:
        """Where these lines end, and where the one before them does."""
        ends = self._column(block, what, _END, max(begin - 1, 0), end)
        return ends if begin else np.concatenate([np.zeros(1, np.int64), ends])

    def _text(self, block: int, what: str, begin: int, end: int) -> bytes:
        with self._path(block, what).open("rb", buffering=0) as file:
            file.seek(begin)
            return file.read(end - begin)

    def _path(self, block: int, what: str) -> Path:
        return self.home / f"{block:05d}.{what}"


def _lines_in_order(text: bytes, lengths: Ints, rows: Ints) -> bytes:
    """The lines in the order of these rows; some bytes follow them."""
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths + 1)])
    cuts = np.flatnonzero(np.diff(rows) != 1) + 1
    if len(cuts) * _FEW > len(rows):
        return lines_at(np.frombuffer(text, np.uint8), starts[rows], lengths[rows] + 1) + bytes(SPARE)
    # Most follow each other as before, in stretches that are copied as a whole.
    begins, lasts = np.append(0, cuts), np.append(cuts, len(rows)) - 1
    whole = memoryview(text)
    bounds = zip(starts[rows[begins]].tolist(), starts[rows[lasts] + 1].tolist(), strict=True)
    return b"".join([*(whole[begin:end] for begin, end in bounds), bytes(SPARE)])


def _spans(runs: Runs) -> list[tuple[int, Run, Run]]:
    """Block, first and last run of those that follow each other."""
    spans: list[tuple[int, Run, Run]] = []
    for block, run, _ in runs:
        if spans and spans[-1][0] == block and spans[-1][2].first + spans[-1][2].files == run.first:
            spans[-1] = block, spans[-1][1], run
        else:
            spans.append((block, run, run))
    return spans


class Unsorted:
    """Knows in which blocks the files of each partition lie; they are removed with it.

    Attributes
    ----------
    blocks
        Where the files are.
    size
        Bytes on disk.
    weight
        How many files they hold, by partition; a run counts like some files more.
    """

    def __init__(self) -> None:
        home = Path(tempfile.mkdtemp(prefix="cpgate-listing-"))
        self._remove = weakref.finalize(self, shutil.rmtree, home, ignore_errors=True)
        self._runs: dict[str, list[tuple[int, Run]]] = defaultdict(list)
        self.blocks = Blocks(home)
        self.size = 0
        self.weight: dict[str, int] = defaultdict(int)

    def enter(self, block: int, runs: Sequence[Run], size: int) -> None:
        """Remember where the files of each partition lie in a block of so many bytes; blocks are entered in their order."""
        self.size += size
        for run in runs:
            self._runs[run.prefix].append((block, run))
            self.weight[run.prefix] += run.files + WEIGHT_OF_A_RUN

    def prefixes(self) -> list[str]:
        """Names of the partitions, sorted."""
        return sorted(self._runs)

    def runs(self, prefixes: Sequence[str]) -> Runs:
        """Where the files of some partitions lie, in the order of the blocks."""
        found = (
            (block, run, number)
            for number, prefix in enumerate(prefixes)
            for block, run in self._runs[prefix]
        )
        return sorted(found, key=lambda item: (item[0], item[1].first))

    def table(self, prefixes: Sequence[str], left_out: Ints) -> "pl.DataFrame":
        """Files of some partitions as a block of the store has them, but for some rows."""
        import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

        files = self.blocks.take(self.runs(prefixes))
        kept = np.ones(len(files.folder), bool)
        kept[left_out] = False
        columns = {"size": files.sizes[kept], "time": files.times[kept]}
        return pl.DataFrame({"name": files.names.only(kept).series(), **columns})

    def close(self) -> None:
        """Remove the blocks, for which nobody waits; a disk takes seconds for what it has not written yet."""
        Thread(target=self._remove, name="remove blocks").start()


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
