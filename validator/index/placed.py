"""Folders and files with their places, and what is remarkable about a folder."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntFlag

from validator.models.listing import Entry, Folder
from validator.models.place import Place
from validator.rulebook.imagers import FolderImages, images_in


class Sign(IntFlag):
    """What is remarkable about the files of a folder, so that checks need not look at every name again.

    Attributes
    ----------
    EMPTY
        A file without a byte that is not meant to be empty.
    STRANGE
        A name with characters that names should not hold.
    LONG
        A key that S3 refuses for its length.
    ALIKE
        Names that differ only in case.
    MISFIT
        A file that has no place in a folder that has one.
    """

    NONE = 0
    EMPTY = 1
    STRANGE = 2
    LONG = 4
    ALIKE = 8
    MISFIT = 16


@dataclass(frozen=True, slots=True)
class PlacedFolder:
    """A folder with its place; of a survey also many folders of one sort, with the key of the first.

    Attributes
    ----------
    key
        Key of the folder, ends with ``/``.
    placed
        What the layout makes of it, or finds that out when somebody asks.
    files, size
        Number of its files and their bytes.
    signs
        What is remarkable about its files.
    load
        Reads its files from the index.
    imaged
        Reads what the names of its images say, where that is known already.
    pick
        Reads only those of its files that may have the sign by which it was found, where these are kept apart.
    """

    key: str
    placed: Place | Callable[[], Place]
    files: int
    size: int
    signs: Sign
    load: Callable[[], Folder]
    imaged: Callable[[], FolderImages | None] | None = None
    pick: Callable[[], Folder] | None = None

    @property
    def place(self) -> Place:
        """What the layout makes of it."""
        return self.placed if isinstance(self.placed, Place) else self.placed()

    @property
    def folder(self) -> Folder:
        """The folder with the names, sizes and times of its files; read from the index at every use."""
        return self.load()

    @property
    def images(self) -> FolderImages:
        """What the names of its images say."""
        known = self.imaged() if self.imaged is not None else None
        return images_in(self.folder.names) if known is None else known

    @property
    def remarkable(self) -> Folder:
        """The folder with at least those files that have the sign by which it was found."""
        return self.load() if self.pick is None else self.pick()

    @classmethod
    def of(cls, folder: Folder, place: Place, signs: Sign = Sign.NONE) -> "PlacedFolder":
        """Place a folder whose files are in memory."""
        return cls(folder.key, place, len(folder.names), folder.size, signs, lambda: folder)


@dataclass(frozen=True, slots=True)
class PlacedFile:
    """A file with its place."""

    entry: Entry
    place: Place
