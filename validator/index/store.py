"""Keeps the files of the index: few in memory, many in columns on local disk."""

import shutil
import tempfile
import weakref
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count, pairwise
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np

from validator.errors import CpgateError
from validator.index.images import images_of
from validator.index.partition import FolderRow
from validator.index.placed import Sign
from validator.models.listing import Folder
from validator.rulebook.imagers import FolderImages

if TYPE_CHECKING:
    import polars as pl

FOLDERS, FILES, REMARKABLE, MARKED, IMAGES = "folders", "files", "remarkable", "marked", "images"
FOLDERS_TOGETHER = 50_000
"""Folders of several partitions that are read as one."""
BLOCKS_OPEN = 2
"""Blocks kept open: who walks the index is in one, and perhaps looks something up in another."""
LARGE = (FOLDERS, FILES)
"""What is worth to be compressed."""
SMALL, SMALL_BYTES = (REMARKABLE, MARKED), 32 * 1024 * 1024
"""What several checks look through, and how much of it is kept open."""

Located = tuple[
    FolderRow,
    Callable[[], Folder],
    Callable[[], FolderImages | None] | None,
    Callable[[], Folder] | None,
]
"""A folder, what reads its files, what their names say about images, and what reads those that have a sign."""
_Columns = tuple[list[str], "array[int]", "array[int]", "array[int]"]


class Piece(Protocol):
    """The folders of one partition, wherever they are kept."""

    def rows(self, sign: Sign | None = None) -> list[Located]:
        """Every folder, or those with a sign, in the order of the keys, with what reads its files."""


@dataclass(frozen=True, slots=True)
class InMemory:
    """Folders in memory."""

    folders: Sequence[tuple[FolderRow, Folder]]

    def rows(self, sign: Sign | None = None) -> list[Located]:
        """Every folder, or those with a sign, in the order of the keys, with what reads its files."""
        return [
            (row, partial(_itself, folder), None, None)
            for row, folder in self.folders
            if sign is None or row.signs & sign
        ]


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

    def rows(self, sign: Sign | None = None) -> list[Located]:
        """Every folder, or those with a sign, in the order of the keys, with what reads its files."""
        some = self._folders(sign)
        names = ("row", "key", "files", "size", "signs", "at")
        columns = [some.get_column(name).to_list() for name in names]
        paths = _paths(some)
        files = _Files(self.store, self.block, some)
        marked = _Marked(self.store, self.block, sign, some) if sign is not None else None
        located: list[Located] = []
        for path, row, key, number, size, signs, at in zip(paths, *columns, strict=True):
            pick = partial(marked.folder, key, path, at, number) if marked and marked.known else None
            located.append(
                (
                    FolderRow(key, path, number, size, Sign(signs)),
                    partial(files.folder, key, path, at, number),
                    partial(self.store.images, self.block, row),
                    pick,
                )
            )
        return located

    def _folders(self, sign: Sign | None) -> "pl.DataFrame":
        if sign is None or self.block not in self.store.remarkable:
            some = self.store.folders(self.block).slice(self.first, self.folders)
        else:
            some = self.store.marked_folders(self.block)
            bounds = (self.first, self.first + self.folders)
            begin, end = np.searchsorted(some.get_column("row").to_numpy(), bounds).tolist()
            some = some.slice(begin, end - begin)
        return some if sign is None else some.filter((some.get_column("signs") & int(sign)) != 0)


def _paths(folders: "pl.DataFrame") -> list[str]:
    if "path" in folders.columns:
        return [path.decode("utf-8", "surrogatepass") for path in folders.get_column("path").to_list()]
    return [key.removesuffix("/") for key in folders.get_column("key").to_list()]


def together(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The same folders; those that follow each other in a block, and are few, are read as one piece."""
    last: Piece | None = None
    for piece in pieces:
        if (
            isinstance(last, OnDisk)
            and isinstance(piece, OnDisk)
            and (last.store, last.block, last.first + last.folders) == (piece.store, piece.block, piece.first)
            and last.folders + piece.folders <= FOLDERS_TOGETHER
        ):
            last = OnDisk(last.store, last.block, last.first, last.folders + piece.folders)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last


class _Marked:
    """The files of some folders of a block that have a sign."""

    def __init__(self, store: "Store", block: int, sign: Sign, folders: "pl.DataFrame") -> None:
        self.known = block in store.remarkable
        if self.known and len(folders):
            marked = store.marked(block)
            begin, end = folders["at"][0], folders["at"][-1] + folders["files"][-1]
            first, last = np.searchsorted(marked.get_column("row").to_numpy(), (begin, end)).tolist()
            some = marked.slice(first, last - first)
            some = some.filter((some.get_column("signs") & int(sign)) != 0)
            self._rows, *columns = (
                some.get_column(name).to_list() for name in ("row", "name", "size", "time")
            )
            self._files = list(zip(*columns, strict=True))

    def folder(self, key: str, path: str, at: int, number: int) -> Folder:
        begin, end = bisect_left(self._rows, at), bisect_left(self._rows, at + number)
        files = sorted(self._files[begin:end])
        names, sizes, times = zip(*files, strict=True) if files else ((), (), ())
        return Folder(key, path, [*names], array("q", sizes), array("q", times))


class _Files:
    """The files of some folders of a block; read when the first of these folders is asked for."""

    def __init__(self, store: "Store", block: int, folders: "pl.DataFrame") -> None:
        self._store = store
        self._block = block
        self._begin = int(folders.get_column("at")[0]) if len(folders) else 0
        number = int(folders.get_column("files").sum())
        end = int(folders.get_column("at")[-1] + folders.get_column("files")[-1]) if len(folders) else 0
        self._number = end - self._begin
        self._all = number == self._number
        self._columns: _Columns | None = None

    def folder(self, key: str, path: str, at: int, number: int) -> Folder:
        begin = at - self._begin
        if not self._all:
            names, sizes, times, marks = self._read(at, number)
            begin = 0
        else:
            if self._columns is None:
                self._columns = self._read(self._begin, self._number)
            names, sizes, times, marks = self._columns
        end = begin + number
        disk_names = dict(self._store.disk_names.get(key, {}))
        folder = Folder(
            key, path, names[begin:end], sizes[begin:end], times[begin:end], disk_names, marks[begin:end]
        )
        return in_order_of_names(folder)

    def _read(self, begin: int, number: int) -> "_Columns":
        some = self._store.files(self._block).slice(begin, number)
        return (
            some.get_column("name").to_list(),
            array("q", some.get_column("size").to_list()),
            array("q", some.get_column("time").to_list()),
            array("q", some.get_column("mark").to_list() if "mark" in some.columns else ()),
        )


def in_order_of_names(folder: Folder) -> Folder:
    """The folder with its names in their order, which they need not have in the store."""
    names = folder.names
    if all(before <= name for before, name in pairwise(names)):
        return folder
    return folder.only(sorted(range(len(names)), key=names.__getitem__))


@contextmanager
def writing(home: Path) -> Iterator[None]:
    """Say in words that the disk of the index is full or fails.

    Raises
    ------
    CpgateError
        If writing raises an error of the system.
    """
    try:
        yield
    except OSError as error:
        raise CpgateError(
            f"The index of the files cannot be written to {home}: {error.strerror or error}",
            "Make room there, or set TMPDIR to a folder on a larger local disk",
        ) from error


class Store:
    """Blocks of folders and files on local disk, in the folder for temporary files (``TMPDIR``); gone at the end.

    Attributes
    ----------
    size
        Bytes on disk.
    disk_names
        Names on disk that differ from those in keys, by the key of their folder; see `Folder`.
    remarkable
        Blocks whose files with a sign, and their folders, are kept apart as well.
    """

    def __init__(self) -> None:
        self.size = 0
        self.remarkable: set[int] = set()
        self.disk_names: dict[str, Mapping[str, str]] = {}
        self._home: Path | None = None
        self._numbers = count()
        self._lock, self._making = Lock(), Lock()
        self._elsewhere: dict[int, Callable[[], pl.DataFrame]] = {}
        self._opened: dict[str, dict[int, pl.DataFrame]] = defaultdict(dict)

    @property
    def home(self) -> Path:
        """Folder of the blocks; one, although several threads write the first blocks at the same time."""
        with self._making:
            if self._home is None:
                self._home = Path(tempfile.mkdtemp(prefix="cpgate-index-"))
                weakref.finalize(self, shutil.rmtree, self._home, ignore_errors=True)
            return self._home

    def reserve(self) -> int:
        """Return a number for a new block."""
        return next(self._numbers)

    def write(self, block: int, tables: "Tables") -> None:
        """Write a block.

        Parameters
        ----------
        block
            Its number, see `reserve`.
        tables
            What it holds.

        Raises
        ------
        CpgateError
            If the disk is full.
        """
        self.enter(block, tables.write(self.home, block), marked=tables.remarkable is not None)

    def enter(
        self, block: int, size: int, *, marked: bool, files: "Callable[[], pl.DataFrame] | None" = None
    ) -> None:
        """Know a block that somebody else wrote, see `Tables.write`.

        Parameters
        ----------
        block, size
            Its number and its bytes.
        marked
            Whether remarkable files are kept apart.
        files
            Makes the table of its files where that was not written.
        """
        with self._lock:
            self.size += size
            if marked:
                self.remarkable.add(block)
            if files is not None:
                self._elsewhere[block] = files

    def folders(self, block: int) -> "pl.DataFrame":
        """Folders of a block."""
        return self._open(block, FOLDERS)

    def files(self, block: int) -> "pl.DataFrame":
        """Files of a block."""
        return self._open(block, FILES)

    def marked(self, block: int) -> "pl.DataFrame":
        """Files of a block that have a sign."""
        return self._open(block, REMARKABLE)

    def marked_folders(self, block: int) -> "pl.DataFrame":
        """Folders of a block that have files with a sign."""
        return self._open(block, MARKED)

    def images(self, block: int, row: int) -> FolderImages | None:
        """What is known of the images of a folder of a block."""
        return images_of(self._open(block, IMAGES), row)

    def _open(self, block: int, sort: str) -> "pl.DataFrame":
        with self._lock:
            known = self._opened[sort].get(block)
            if known is None:
                opened = self._opened[sort]
                known = opened[block] = self._read(block, sort)
                while len(opened) > BLOCKS_OPEN and not (sort in SMALL and _bytes(opened) <= SMALL_BYTES):
                    del opened[next(iter(opened))]
            return known

    def _read(self, block: int, sort: str) -> "pl.DataFrame":
        import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large datasets only

        elsewhere = self._elsewhere.get(block) if sort == FILES else None
        return pl.read_ipc_stream(_path(self.home, block, sort)) if elsewhere is None else elsewhere()


@dataclass(frozen=True, slots=True)
class Tables:
    """What a block of the store holds.

    Attributes
    ----------
    folders
        Columns ``row`` (their index), ``key, path, files, size, signs`` and ``at``, the index of the first file; without
        ``path`` where the folders lie where their keys say.
    files
        Columns ``name, size, time``, and ``mark`` where objects have marks; ``None`` where they are kept elsewhere.
    images
        See `images_table`.
    remarkable
        Files with a sign once more, with ``row`` (their index) and ``signs``.
    """

    folders: "pl.DataFrame"
    files: "pl.DataFrame | None"
    images: "pl.DataFrame"
    remarkable: "pl.DataFrame | None" = None

    def write(self, home: Path, block: int) -> int:
        """Write them into the folder of a store, of another process perhaps, and return how many bytes they take."""
        tables = {FOLDERS: self.folders, IMAGES: self.images}
        if self.files is not None:
            tables[FILES] = self.files
        if self.remarkable is not None:
            tables[REMARKABLE] = self.remarkable
            tables[MARKED] = self.folders.filter(self.folders.get_column("signs") != 0)
        size = 0
        with writing(home):
            for sort, table in tables.items():
                path = _path(home, block, sort)
                # As a stream, which polars reads and writes at once; the file format takes the way of a query.
                table.write_ipc_stream(path, compression="lz4" if sort in LARGE else "uncompressed")
                size += path.stat().st_size
        return size


def _bytes(tables: "Mapping[int, pl.DataFrame]") -> int:
    return int(sum(table.estimated_size() for table in tables.values()))


def _path(home: Path, block: int, sort: str) -> Path:
    return home / f"{block:05d}.{sort}.arrow"
