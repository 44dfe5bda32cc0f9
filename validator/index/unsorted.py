"""Files of a listing that come in any order: kept on disk until those of one partition can be taken together."""

import shutil
import tempfile
import weakref
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from validator.index.store import writing

if TYPE_CHECKING:
    import polars as pl

ROWS_OF_A_BATCH = 20_000
"""Rows that are read together from a block: what is cut out of a block is smaller."""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive files of a block whose folders belong to one partition."""

    prefix: str
    first: int
    files: int


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

    counts = files.group_by("folder").len().sort("folder").with_row_index("f")
    prefixes = counts.select(
        pl.col("len"), prefix=pl.col("folder").str.extract(rf"^((?:[^/]*/){{1,{segments}}})", 1).fill_null("")
    )
    sizes = prefixes.group_by("prefix", maintain_order=True).agg(pl.col("len").sum())
    runs, first = [], 0
    for prefix, number in sizes.iter_rows():
        runs.append(Run(prefix, first, number))
        first += number
    sorted_files = files.join(counts.select("folder", "f"), on="folder", how="left", maintain_order="left")
    return (
        sorted_files.select("f", "name", "size", "time").sort("f", maintain_order=True),
        counts.get_column("folder").to_list(),
        runs,
    )


class Unsorted:
    """Blocks of files on disk, each sorted by folder.

    Attributes
    ----------
    files
        How many files they hold, by partition.
    size
        Bytes on disk.
    """

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="cpgate-listing-"))
        self._remove = weakref.finalize(self, shutil.rmtree, self._home, ignore_errors=True)
        self._runs: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
        self.files: dict[str, int] = defaultdict(int)
        self.size = 0

    def write(self, block: int, files: "pl.DataFrame", folders: list[str]) -> None:
        """Write a block; different blocks may be written side by side."""
        import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

        with writing(self._home):
            files.write_ipc(self._path(block, "files"), record_batch_size=ROWS_OF_A_BATCH)
            pl.DataFrame({"folder": folders}).with_row_index("f").write_ipc(self._path(block, "folders"))

    def enter(self, block: int, runs: list[Run]) -> None:
        """Remember where the files of each partition lie; blocks are entered in their order."""
        for run in runs:
            self._runs[run.prefix].append((block, run.first, run.files))
            self.files[run.prefix] += run.files
        self.size += sum(self._path(block, what).stat().st_size for what in ("files", "folders"))

    def prefixes(self) -> list[str]:
        """Names of the partitions, sorted."""
        return sorted(self._runs)

    def take(self, prefixes: list[str]) -> "pl.DataFrame":
        """Read the files of partitions that follow each other: ``folder, name, size, time``, in the order they came."""
        import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

        frames = []
        for block, begin, end in self._spans(prefixes):
            files = pl.scan_ipc(self._path(block, "files")).slice(begin, end - begin).collect()
            folders = pl.scan_ipc(self._path(block, "folders")).filter(
                pl.col("f").is_between(files["f"][0], files["f"][-1])
            )
            frames.append(files.join(folders.collect(), on="f", how="left", maintain_order="left").drop("f"))
        return pl.concat(frames).select("folder", "name", "size", "time")

    def _spans(self, prefixes: list[str]) -> list[tuple[int, int, int]]:
        """Block, begin and end of the files of these partitions, those that follow each other in one go."""
        runs = sorted(run for prefix in prefixes for run in self._runs[prefix])
        spans: list[tuple[int, int, int]] = []
        for block, first, number in runs:
            if spans and spans[-1][0] == block and spans[-1][2] == first:
                spans[-1] = block, spans[-1][1], first + number
            else:
                spans.append((block, first, first + number))
        return spans

    def close(self) -> None:
        """Remove the blocks."""
        self._remove()

    def _path(self, block: int, what: str) -> Path:
        return self._home / f"{block:05d}.{what}.arrow"


def batches(prefixes: list[str], files: dict[str, int], most: int) -> Iterator[list[str]]:
    """Partitions that follow each other, as many as hold about so many files."""
    batch: list[str] = []
    number = 0
    for prefix in prefixes:
        batch.append(prefix)
        number += files[prefix]
        if number >= most:
            yield batch
            batch, number = [], 0
    if batch:
        yield batch
