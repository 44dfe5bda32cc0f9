"""Keeps the files of the index: few in memory, many in columns on local disk."""

import shutil
import tempfile
import weakref
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from validator.errors import CpgateError
from validator.index.partition import FolderRow
from validator.index.placed import Sign
from validator.models.listing import Folder

if TYPE_CHECKING:
    import polars as pl

BLOCKS_OPEN = 2
"""Blocks kept open: who walks the index is in one, and perhaps looks something up in another."""

Located = tuple[FolderRow, Callable[[], Folder]]


class Piece(Protocol):
    """The folders of one partition, wherever they are kept."""

    def rows(self) -> list[Located]:
        """Every folder, in the order of the keys, with what reads its files."""


@dataclass(frozen=True, slots=True)
class InMemory:
    """Folders in memory."""

    folders: Sequence[tuple[FolderRow, Folder]]

    def rows(self) -> list[Located]:
        """Every folder, in the order of the keys, with what reads its files."""
        return [(row, partial(_itself, folder)) for row, folder in self.folders]


def _itself(folder: Folder) -> Folder:
    return folder


@dataclass(frozen=True, slots=True)
class OnDisk:
    """Folders in a block of the store.

    Attributes
    ----------
    store
        Which store.
    block
        Number of the block.
    first, folders
        Index of the first row of its folders, and how many there are.
    """

    store: "Store"
    block: int
    first: int
    folders: int

    def rows(self) -> list[Located]:
        """Every folder, in the order of the keys, with what reads its files."""
        table, _ = self.store.open(self.block)
        some = table.slice(self.first, self.folders)
        columns = zip(
            *(some.get_column(name).to_list() for name in ("key", "path", "files", "size", "signs", "at")),
            strict=True,
        )
        files = _Files(self.store, self.block, some)
        return [
            (
                FolderRow(key, path.decode("utf-8", "surrogatepass"), number, size, Sign(signs)),
                partial(files.folder, key, path.decode("utf-8", "surrogatepass"), at, number),
            )
            for key, path, number, size, signs, at in columns
        ]


class _Files:
    """The files of a partition; read when the first of its folders is asked for."""

    def __init__(self, store: "Store", block: int, folders: "pl.DataFrame") -> None:
        self._store = store
        self._block = block
        self._begin = int(folders.get_column("at")[0]) if len(folders) else 0
        self._number = int(folders.get_column("files").sum())
        self._columns: tuple[list[str], array[int], array[int], array[int]] | None = None

    def folder(self, key: str, path: str, at: int, number: int) -> Folder:
        if self._columns is None:
            _, files = self._store.open(self._block)
            some = files.slice(self._begin, self._number)
            self._columns = (
                some.get_column("name").to_list(),
                array("q", some.get_column("size").to_list()),
                array("q", some.get_column("time").to_list()),
                array("q", some.get_column("mark").to_list() if "mark" in some.columns else ()),
            )
        begin = at - self._begin
        end = begin + number
        names, sizes, times, marks = self._columns
        disk_names = self._store.disk_names.get(key, {})
        return Folder(
            key,
            path,
            names[begin:end],
            sizes[begin:end],
            times[begin:end],
            dict(disk_names),
            marks[begin:end],
        )


class Store:
    """Blocks of folders and files on local disk, in the folder for temporary files (``TMPDIR``); gone at the end.

    Attributes
    ----------
    size
        Bytes on disk.
    disk_names
        Names on disk that differ from those in keys, by the key of their folder; see `Folder`.
    """

    def __init__(self) -> None:
        self.size = 0
        self.disk_names: dict[str, Mapping[str, str]] = {}
        self._home: Path | None = None
        self._blocks = 0
        self._open: dict[int, tuple[pl.DataFrame, pl.DataFrame]] = {}

    @property
    def home(self) -> Path:
        """Folder of the blocks."""
        if self._home is None:
            self._home = Path(tempfile.mkdtemp(prefix="cpgate-index-"))
            weakref.finalize(self, shutil.rmtree, self._home, ignore_errors=True)
        return self._home

    def reserve(self) -> int:
        """Return a number for a new block."""
        self._blocks += 1
        return self._blocks - 1

    def write(self, block: int, folders: "pl.DataFrame", files: "pl.DataFrame") -> None:
        """Write a block.

        Parameters
        ----------
        block
            Its number, see `reserve`.
        folders
            Columns ``key, path, files, size, signs`` and ``at``, the index of the first file.
        files
            Columns ``name, size, time``, and ``mark`` where objects have marks.

        Raises
        ------
        CpgateError
            If the disk is full.
        """
        try:
            for frame, path in zip((folders, files), self._paths(block), strict=True):
                frame.write_ipc(path, compression="lz4")
                self.size += path.stat().st_size
        except OSError as error:
            raise CpgateError(
                f"The index of the files cannot be written to {self.home}: {error.strerror or error}",
                "Make room there, or set TMPDIR to a folder on a larger local disk",
            ) from error

    def open(self, block: int) -> "tuple[pl.DataFrame, pl.DataFrame]":
        """Folders and files of a block."""
        import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large datasets only

        known = self._open.get(block)
        if known is None:
            folders, files = self._paths(block)
            known = pl.read_ipc(folders), pl.read_ipc(files)
            while len(self._open) >= BLOCKS_OPEN:
                self._open.pop(next(iter(self._open)), None)
            self._open[block] = known
        return known

    def _paths(self, block: int) -> tuple[Path, Path]:
        return self.home / f"{block:05d}.folders.arrow", self.home / f"{block:05d}.files.arrow"
