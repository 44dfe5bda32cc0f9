"""The files of an upload in the order of their keys, each with a number: its position."""

from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from validator.models.listing import Entry, Folder

NAMES_AT_HAND = 100_000
"""Names of folders read last that stay in memory, some 15 MB."""
STRETCHES = 4
"""Stretches of a listing that are asked for at once, at most: the names of four plates are at hand."""
STRETCH = 4000
"""Files that are worth a stretch of their own: four pages."""


@dataclass(frozen=True, slots=True)
class FolderChoice:
    """A folder of which files are sent.

    Attributes
    ----------
    key
        Ends with a slash.
    files, size
        How many files are sent, and their bytes.
    chosen
        Positions of these files in the folder; ``None`` for all of them.
    """

    key: str
    files: int
    size: int
    chosen: "array[int] | None" = None


class SelectedFiles:
    """Files by position and by key; names are read when they are asked for.

    Parameters
    ----------
    folders
        Folders with files, in any order.
    load
        Reads the files of a folder, given its key.

    Attributes
    ----------
    size
        Bytes of all files.
    """

    def __init__(self, folders: Iterable[FolderChoice], load: Callable[[str], Folder]) -> None:
        self._folders = sorted((folder for folder in folders if folder.files), key=lambda folder: folder.key)
        self._load = load
        self._at_hand: OrderedDict[int, Folder] = OrderedDict()
        self._names_at_hand = 0
        self._numbers = {folder.key: number for number, folder in enumerate(self._folders)}
        self._runs: list[tuple[int, int, int]] = []
        self._firsts: list[int] = []
        self._runs_of: dict[int, list[int]] = {}
        self._count = 0
        self._next: tuple[str, list[str], int, int, int] | None = None
        for run in self._in_key_order():
            self._enter(*run)
        self.size = sum(folder.size for folder in self._folders)

    def _in_key_order(self) -> Iterator[tuple[int, int, int]]:
        """Runs of files whose keys follow each other, as S3 lists them: folder, first, end.

        The files of a folder stand before and after those of its subfolders (``a-1``, ``a/b``, ``a1``).
        """
        around: list[tuple[int, int]] = []
        for number, folder in enumerate(self._folders):
            while around and not folder.key.startswith(self._folders[around[-1][0]].key):
                outer, begin = around.pop()
                yield outer, begin, self._folders[outer].files
            if around:
                outer, begin = around[-1]
                below = folder.key[len(self._folders[outer].key) :]
                end = bisect_left(self._folder(outer).names, below, begin)
                yield outer, begin, end
                around[-1] = (outer, end)
            around.append((number, 0))
        while around:
            outer, begin = around.pop()
            yield outer, begin, self._folders[outer].files

    def _enter(self, number: int, begin: int, end: int) -> None:
        if begin < end:
            self._runs_of.setdefault(number, []).append(len(self._runs))
            self._runs.append((number, begin, end))
            self._firsts.append(self._count)
            self._count += end - begin

    def _folder(self, number: int) -> Folder:
        folder = self._at_hand.get(number)
        if folder is not None:
            self._at_hand.move_to_end(number)
            return folder
        choice = self._folders[number]
        folder = self._load(choice.key)
        if choice.chosen is not None:
            folder = folder.only(choice.chosen)
        self._names_at_hand += len(folder.names)
        while self._at_hand and self._names_at_hand > NAMES_AT_HAND:
            _, old = self._at_hand.popitem(last=False)
            self._names_at_hand -= len(old.names)
        self._at_hand[number] = folder
        return folder

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Entry]:
        """Every file in the order of the keys."""
        for number, begin, end in self._runs:
            yield from self._folder(number).entries(begin, end)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.position(key) is not None

    def entry(self, position: int) -> Entry:
        """The file at a position, 0 is the first."""
        run = bisect_right(self._firsts, position) - 1
        number, begin, _ = self._runs[run]
        return self._folder(number).entry(begin + position - self._firsts[run])

    def position(self, key: str) -> int | None:
        """Where the file with this key stands; ``None`` if it is none of these.

        Fastest for the file that follows the one asked for before.
        """
        if self._next is not None:
            folder, names, index, left, position = self._next
            if key == folder + names[index]:
                self._next = (folder, names, index + 1, left - 1, position + 1) if left > 1 else None
                return position
        return self._look_up(key)

    def _look_up(self, key: str) -> int | None:
        parent, slash, name = key.rpartition("/")
        number = self._numbers.get(parent + slash)
        if number is None:
            return None
        names = self._folder(number).names
        index = bisect_left(names, name)
        if index == len(names) or names[index] != name:
            return None
        runs = self._runs_of[number]
        run = runs[bisect_right(runs, index, key=lambda other: self._runs[other][1]) - 1]
        _, begin, end = self._runs[run]
        position = self._firsts[run] + index - begin
        if index + 1 < end:
            self._next = (parent + slash, names, index + 1, end - index - 1, position + 1)
        return position

    def examples(self) -> Iterator[str]:
        """A key of each folder that holds files; the others of a folder differ from it in their names alone."""
        return (self._folder(number).entry(0).key for number in range(len(self._folders)))

    def dividing(self, prefix: str, after: str) -> list[str]:
        """Keys that divide the files below a folder into stretches of about the same length; none if they are few.

        Parameters
        ----------
        prefix
            Key of the folder, with its slash.
        after
            Only keys that follow this one.
        """
        runs = [
            r for r, (number, *_) in enumerate(self._runs) if self._folders[number].key.startswith(prefix)
        ]
        if not runs:
            return []
        _, begin, end = self._runs[runs[-1]]
        first = self._firsts[runs[0]]
        count = self._firsts[runs[-1]] + end - begin - first
        stretches = min(STRETCHES, count // STRETCH)
        keys = [self.entry(first + count * number // stretches).key for number in range(1, stretches)]
        return [key for key in keys if key > after]

    def folders(self) -> Iterator[str]:
        """Keys of the folders that hold files, in order."""
        return (folder.key for folder in self._folders)
