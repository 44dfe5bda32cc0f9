"""Builds the index from folders that come one after the other."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from validator.index.examine import examine
from validator.index.images import holds_images, images_table
from validator.index.index import FolderIndex, Partition
from validator.index.partition import SEGMENTS, FolderRow, PartitionFacts, prefix_of
from validator.index.store import InMemory, OnDisk, Store, Tables
from validator.models.listing import Folder
from validator.rulebook.imagers import images_in
from validator.rulebook.layout import Layout

if TYPE_CHECKING:
    import polars as pl

FILES_IN_MEMORY = 300_000
"""More files than these go to disk: about 60 MB of names."""

_Closed = tuple[PartitionFacts, list[tuple[FolderRow, Folder]]]


class IndexBuilder:
    """Takes folders, best in the order of their keys, and makes the index.

    Parameters
    ----------
    layout
        Places them.
    condense
        See `grouped`.
    files_in_memory
        How many files stay in memory before they go to disk.
    segments
        How many parts of a key name its partition.
    """

    def __init__(
        self,
        layout: Layout,
        *,
        condense: bool = True,
        files_in_memory: int = FILES_IN_MEMORY,
        segments: int = SEGMENTS,
    ) -> None:
        self._segments = segments
        self._layout = layout
        self._condense = condense
        self._most = files_in_memory
        self._store = Store()
        self._prefix = ""
        self._current: list[Folder] = []
        self._closed: dict[str, _Closed] = {}
        self._files = 0
        self._partitions: dict[str, Partition] = {}

    @property
    def store(self) -> Store:
        """Where large indexes are kept."""
        return self._store

    def add(self, folder: Folder) -> None:
        """Enter a folder; the names in it are in their order."""
        if (
            self._current
            and folder.key.startswith(self._prefix)
            and prefix_of(folder.key, self._segments) == self._prefix
        ):
            self._current.append(folder)
            return
        self._close()
        self._prefix = prefix_of(folder.key, self._segments)
        self._current = [folder]

    def enter(self, partitions: Iterable[Partition]) -> None:
        """Enter partitions that are in the store already."""
        for partition in partitions:
            self._partitions[partition.facts.prefix] = partition

    def finish(self) -> FolderIndex:
        """Close the index."""
        self._close()
        for facts, folders in self._closed.values():
            self._partitions[facts.prefix] = Partition(facts, InMemory(folders))
        return FolderIndex(list(self._partitions.values()), self._layout, self._store)

    def _close(self) -> None:
        if not self._current:
            return
        folders = [*self._known(self._prefix), *self._current]
        folders.sort(key=lambda folder: folder.key)
        rows, facts = examine(self._prefix, folders, self._layout, condense=self._condense)
        self._current = []
        self._closed[self._prefix] = facts, list(zip(rows, folders, strict=True))
        self._files += facts.files
        if self._files >= self._most:
            self._spill()

    def _known(self, prefix: str) -> list[Folder]:
        """Folders of a partition that was closed before; only when keys do not come in their order."""
        if prefix in self._partitions:
            return [load() for _, load, *_ in self._partitions.pop(prefix).piece.rows()]
        if prefix not in self._closed:
            return []
        facts, folders = self._closed.pop(prefix)
        self._files -= facts.files
        return [folder for _, folder in folders]

    def _spill(self) -> None:
        placed = [found for _, folders in self._closed.values() for found in folders]
        block = self._store.reserve()
        rows = folder_table([row for row, _ in placed])
        files = _file_table(folder for _, folder in placed)
        self._store.write(block, Tables(rows, files, self._images([folder for _, folder in placed])))
        first = 0
        for facts, folders in self._closed.values():
            self._partitions[facts.prefix] = Partition(facts, OnDisk(self._store, block, first, len(folders)))
            first += len(folders)
            for _, folder in folders:
                if folder.disk_names:
                    self._store.disk_names[folder.key] = dict(folder.disk_names)
        self._closed = {}
        self._files = 0

    def _images(self, folders: list[Folder]) -> "pl.DataFrame":
        rows = [
            row for row, folder in enumerate(folders) if holds_images(self._layout.place_folder(folder.key))
        ]
        return images_table(rows, [images_in(folders[row].names) for row in rows])


def folder_table(rows: list[FolderRow]) -> "pl.DataFrame":
    """Folders as a block of the store has them; their files follow each other."""
    import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large datasets only

    table = pl.DataFrame(
        {
            "key": [row.key for row in rows],
            "path": [row.path.encode("utf-8", "surrogatepass") for row in rows],
            "files": [row.files for row in rows],
            "size": [row.size for row in rows],
            "signs": [int(row.signs) for row in rows],
        },
        schema={"key": pl.String, "path": pl.Binary, "files": pl.Int64, "size": pl.Int64, "signs": pl.UInt8},
    )
    return table.with_row_index("row").with_columns(at=pl.col("files").cum_sum() - pl.col("files"))


def _file_table(folders: Iterable[Folder]) -> "pl.DataFrame":
    import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large datasets only

    names: list[str] = []
    sizes: list[int] = []
    times: list[int] = []
    marks: list[int] = []
    for folder in folders:
        names += folder.names
        sizes += folder.sizes
        times += folder.mtimes_ns
        marks += folder.marks
    columns = {"name": names, "size": sizes, "time": times}
    schema = {"name": pl.String, "size": pl.Int64, "time": pl.Int64}
    if marks:
        columns, schema = {**columns, "mark": marks}, {**schema, "mark": pl.Int64}
    return pl.DataFrame(columns, schema=schema)


def index_of(folders: Iterable[Folder], layout: Layout) -> FolderIndex:
    """Index of a few folders."""
    builder = IndexBuilder(layout)
    for folder in folders:
        builder.add(folder)
    return builder.finish()
