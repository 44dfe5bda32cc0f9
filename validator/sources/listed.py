"""A dataset that is known from a listing: its keys, perhaps sizes and times, never its bytes."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from validator.errors import NothingChecked
from validator.models.listing import Entry, Scan, SourceFacts, Trouble
from validator.sources.keys import KeyFolders, Relocation, names_below, place_keys, shared_beginning


@dataclass(frozen=True, slots=True)
class LargeText:
    """A listing in text that is too long to be held in memory.

    Attributes
    ----------
    sort
        What it is.
    opened
        Opens it for reading, unpacked.
    path
        The file in which it lies as it is, if it does.
    size
        About how many bytes it has, if that is known.
    """

    sort: Literal["aws-ls", "keys"]
    opened: Callable[[], AbstractContextManager[BinaryIO]]
    path: Path | None = None
    size: int = 0


Reader = Callable[[KeyFolders], list[Trouble]]
"""Enters all keys of a listing; returns what of it is no listing."""


class ListedSource:
    """Keys of a listing.

    Parameters
    ----------
    name
        What the listing is called in texts.
    facts
        Its sort, and what it does not tell.
    read
        Reads it.
    prefix
        Which part of the keys is meant; found from the keys when it is not said.
    dataset
        ``project/source`` where the keys do not say it.
    large
        Its text if that is long.

    Attributes
    ----------
    root
        Name of the listing.
    prefix
        Key prefix that it stands for; known after the scan.
    complete
        Whether it holds whole datasets; a listing does unless a longer prefix is said.
    facts
        What sort of source it is.
    large
        Its text if that is long; then it is better read in columns than by `scan`.
    """

    def __init__(
        self,
        name: str,
        facts: SourceFacts,
        read: Reader,
        *,
        prefix: str | None = None,
        dataset: str | None = None,
        large: LargeText | None = None,
    ) -> None:
        self.root = name
        self.large = large
        self.facts = facts
        self.prefix = ""
        self.complete = True
        self._read = read
        self._part = prefix
        self._dataset = dataset

    def scan(self) -> Scan:
        """Read the listing to its end and give its folders, and what could not be understood.

        Raises
        ------
        NothingChecked
            When no key of it is meant.
        UsageError
            When the keys do not say which project and source they are.
        UnreadableFile
            When the listing cannot be read.
        """
        folders = KeyFolders()
        troubles = self._read(folders)
        relocation = self.settle(folders.folder_keys())
        yield from troubles
        yield from relocation.move(folders.take_all())

    @property
    def said_depth(self) -> int:
        """How many parts the prefix has that the user said."""
        return len([part for part in (self._part or "").split("/") if part])

    def settle(self, folder_keys: Collection[str]) -> Relocation:
        """Find out what the keys stand for, from those of the folders or their beginnings.

        Raises
        ------
        NothingChecked
            When no key of it is meant.
        UsageError
            When the keys do not say which project and source they are.
        """
        if self._part is None:
            part = shared_beginning(folder_keys)
        else:
            part = self._part.strip("/") + "/" if self._part.strip("/") else ""
        below = names_below(part, folder_keys)
        meant = any(key.startswith(part) for key in folder_keys)
        if not meant:
            what = f"no key in {self.root} begins with {part}" if part else f"there is no key in {self.root}"
            raise NothingChecked(
                f"Nothing was checked: {what}.", "Check the listing, and --prefix if you gave one."
            )
        self.prefix = place_keys(part, self._dataset, below, self.root)
        self.complete = self.prefix.count("/") <= 2
        return Relocation(part, self.prefix)

    def open(self, entry: Entry) -> BinaryIO:
        """Refuse: a listing holds no bytes.

        Raises
        ------
        OSError
            Always.
        """
        raise FileNotFoundError(2, "a listing holds no bytes", entry.path)
