"""Every folder of a dataset, in the order of the keys, and a survey of them that fits into memory."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from validator.index.examine import added, whole_digest
from validator.index.partition import FolderTree, PartitionFacts
from validator.index.placed import PlacedFolder, Sign
from validator.index.store import Piece, Store, together
from validator.models.listing import Folder
from validator.rulebook.layout import Layout


@dataclass(frozen=True, slots=True)
class Partition:
    """A part of the index: what is known of it, and where it is kept."""

    facts: PartitionFacts
    piece: Piece


class FolderIndex(Collection[PlacedFolder]):
    """Folders with their places, those of one partition after the other.

    Parameters
    ----------
    partitions
        In any order.
    layout
        Places folders.
    store
        Where they are kept.

    Attributes
    ----------
    survey
        Every folder, those that no rule tells apart as one; in memory, whatever the number of files.
    strange, alike
        Folders whose names hold special characters, with these; folders that differ from another one only in
        case, with that one.
    files, size
        Number of files and their bytes.
    digest
        By which one listing is compared with another.
    """

    def __init__(self, partitions: Sequence[Partition], layout: Layout, store: Store) -> None:
        self._partitions = sorted(partitions, key=lambda partition: partition.facts.prefix)
        self._prefixes = [partition.facts.prefix for partition in self._partitions]
        self._layout = layout
        self._store = store
        self._looked_up: tuple[int, dict[str, PlacedFolder]] = (-1, {})
        facts = [partition.facts for partition in self._partitions]
        self.files = sum(some.files for some in facts)
        self.size = sum(some.size for some in facts)
        self.digest = whole_digest(added(some.digest for some in facts))
        above = FolderTree(layout)
        for prefix in self._prefixes:
            above.add(prefix)
        self.strange = sorted([*above.strange, *(found for some in facts for found in some.strange)])
        self.alike = sorted([*above.alike, *(found for some in facts for found in some.alike)])
        self.survey = [folder for partition in self._partitions for folder in self._surveyed(partition)]

    @property
    def bytes_on_disk(self) -> int:
        """How large the index is on disk; 0 when it is in memory."""
        return self._store.size

    def __len__(self) -> int:
        return sum(group.folders for partition in self._partitions for group in partition.facts.groups)

    def __iter__(self) -> Iterator[PlacedFolder]:
        for partition in self._partitions:
            yield from self._folders_of(partition.piece)

    def __contains__(self, folder: object) -> bool:
        return isinstance(folder, PlacedFolder) and self.get(folder.key) is not None

    def with_sign(self, sign: Sign) -> Iterator[PlacedFolder]:
        """Folders with files of which this is remarkable."""
        some = (partition.piece for partition in self._partitions if partition.facts.signs & sign)
        for piece in together(some):
            yield from self._folders_of(piece, sign)

    def of_kinds(self, kinds: frozenset[str]) -> Iterator[PlacedFolder]:
        """Folders that may hold files of these kinds, from partitions that do."""
        for partition in self._partitions:
            if not partition.facts.kinds.isdisjoint(kinds):
                for folder in self._folders_of(partition.piece):
                    if self._layout.may_hold(folder.place, kinds):
                        yield folder

    def get(self, key: str) -> PlacedFolder | None:
        """The folder with this key."""
        last = bisect_right(self._prefixes, key) - 1
        if last < 0 or not key.startswith(self._prefixes[last]):
            return None
        if self._looked_up[0] != last:
            self._looked_up = (
                last,
                {folder.key: folder for folder in self._folders_of(self._partitions[last].piece)},
            )
        return self._looked_up[1].get(key)

    def below(self, key: str) -> Iterator[PlacedFolder]:
        """Folders whose keys begin with this one."""
        first = bisect_left(self._prefixes, key)
        if first and key.startswith(self._prefixes[first - 1]):
            first -= 1
        for partition in self._partitions[first:]:
            prefix = partition.facts.prefix
            if not prefix.startswith(key) and not key.startswith(prefix):
                break
            yield from (folder for folder in self._folders_of(partition.piece) if folder.key.startswith(key))

    def _folders_of(self, piece: Piece, sign: Sign | None = None) -> Iterator[PlacedFolder]:
        place = self._layout.place_folder
        for row, load, imaged, pick in piece.rows(sign):
            # Most checks of folders with a sign ask for names only, and there may be many.
            where = place(row.key) if sign is None else partial(place, row.key)
            yield PlacedFolder(row.key, where, row.files, row.size, row.signs, load, imaged, pick)

    def _surveyed(self, partition: Partition) -> Iterator[PlacedFolder]:
        for group in partition.facts.groups:
            place = self._layout.place_folder(group.key)
            yield PlacedFolder(
                group.key, place, group.files, group.size, partition.facts.signs, _Lookup(self, group.key)
            )


@dataclass(frozen=True, slots=True)
class _Lookup:
    """Reads the files of a folder that is looked up first."""

    index: FolderIndex
    key: str

    def __call__(self) -> Folder:
        found = self.index.get(self.key)
        return found.folder if found is not None else Folder(self.key, "")
