"""A dataset in a folder: a disk, a network share, a parallel file system."""

import errno
import os
import stat
import unicodedata
from dataclasses import dataclass
from os import DirEntry
from pathlib import Path
from typing import BinaryIO

from validator.errors import NothingChecked, UsageError
from validator.models.listing import Entry, Folder, Scan, Trouble, TroubleKind
from validator.sources.standing import find_prefix, said_prefix


@dataclass(frozen=True, slots=True)
class _Visit:
    """A folder to be listed: its key, its path, and the real folders that symbolic links led through."""

    key: str
    path: str
    chain: tuple[str, ...]


class LocalSource:
    """A folder on this machine.

    Parameters
    ----------
    path
        A source folder (holds ``images/`` or ``workspace/``), a project folder, a folder of projects, or something inside
        a dataset.
    dataset
        ``project/source`` where the folder's own names do not say it.

    Attributes
    ----------
    root
        The path as it was given.
    prefix
        Key prefix that the folder stands for.
    complete
        Whether it holds whole datasets.

    Raises
    ------
    UsageError
        When it is not a readable folder, or does not say which project and source it is.
    NothingChecked
        When it is empty.
    """

    def __init__(self, path: str | os.PathLike[str], dataset: str | None = None) -> None:
        self.root = os.fspath(path)
        self._path = os.path.abspath(self.root)  # noqa: PTH100  must take away "..", which Path.absolute() keeps
        folders = _folders_in(self.root, self._path)
        name = unicodedata.normalize("NFC", self._path)
        self.prefix = find_prefix(name, folders) if dataset is None else said_prefix(name, dataset, folders)
        depth = self.prefix.count("/")
        self.complete = depth <= 2
        # Links may lead anywhere in the dataset, also out of the part of it that is looked at.
        home = Path(self._path).parents[depth - 3] if depth > 2 and dataset is None else Path(self._path)
        self._home = os.path.realpath(home)

    def scan(self) -> Scan:
        """List everything: folders that hold files in the order of their keys, and what cannot be listed.

        Raises
        ------
        NothingChecked
            At the end, when there was not a single file.
        """
        found = False
        waiting = [_Visit(self.prefix, self._path, (os.path.realpath(self._path),))]
        while waiting:
            visit = waiting.pop()
            listing = _FolderListing(visit, self._home)
            listing.read()
            yield from listing.troubles
            if listing.folder.names:
                yield listing.folder
            found = found or bool(listing.folder.names or listing.troubles)
            listing.below.sort(key=lambda below: below.key, reverse=True)
            waiting.extend(listing.below)
        if not found:
            raise NothingChecked(f"There is no file below {self.root}.", "Check the path.")

    def open(self, entry: Entry) -> BinaryIO:
        """Open an entry for reading bytes.

        Raises
        ------
        OSError
            When the system refuses.
        """
        return Path(entry.path).open("rb")


class _FolderListing:
    """What lies directly in one folder."""

    def __init__(self, visit: _Visit, home: str) -> None:
        self.folder = Folder(visit.key, visit.path)
        self.below: list[_Visit] = []
        self.troubles: list[Trouble] = []
        self._visit = visit
        self._home = home
        self._seen: set[str] = set()

    def read(self) -> None:
        """List the folder."""
        try:
            with os.scandir(self._visit.path) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            self.troubles.append(Trouble("unreadable", self._visit.key, self._visit.path, _reason(error)))
            return
        for entry in entries:
            try:
                self._enter(entry)
            except OSError as error:
                self._trouble("unreadable", entry, _reason(error))

    def _enter(self, entry: DirEntry[str]) -> None:
        name = entry.name
        if not name.isascii():
            if not _is_utf8(name):
                self._trouble("not-utf8", entry, "")
                return
            name = unicodedata.normalize("NFC", name)
            if name in self._seen:
                self._trouble(
                    "same-key",
                    entry,
                    "two names look the same and differ in how their letters are put together",
                )
                return
            self._seen.add(name)
        if entry.is_symlink() or _is_junction(entry):
            self._enter_link(entry, name)
        elif entry.is_dir(follow_symlinks=False):
            self.below.append(_Visit(f"{self._visit.key}{name}/", entry.path, self._visit.chain))
        else:
            self._add_file(entry, name, entry.stat(follow_symlinks=False))

    def _enter_link(self, entry: DirEntry[str], name: str) -> None:
        target = os.path.realpath(entry.path)
        try:
            status = entry.stat()
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                raise
            kind: TroubleKind = "symlink-loop" if error.errno == errno.ELOOP else "broken-symlink"
            self._trouble(kind, entry, f"it points to {_shown(_link_target(entry))}")
            return
        if target != self._home and not target.startswith(self._home + os.sep):
            self._trouble("symlink-outside", entry, f"it points to {_shown(target)}")
        elif not stat.S_ISDIR(status.st_mode):
            self._add_file(entry, name, status)
        elif any(real == target or real.startswith(target + os.sep) for real in self._visit_chain()):
            self._trouble("symlink-loop", entry, f"it points back to {_shown(target)}")
        else:
            self.below.append(_Visit(f"{self._visit.key}{name}/", entry.path, (*self._visit_chain(), target)))

    def _visit_chain(self) -> tuple[str, ...]:
        return (*self._visit.chain, os.path.realpath(self._visit.path))

    def _add_file(self, entry: DirEntry[str], name: str, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            self._trouble("special-file", entry, _sort_of(status.st_mode))
            return
        self.folder.add(name, status.st_size, status.st_mtime_ns)
        if name != entry.name:
            self.folder.disk_names[name] = entry.name

    def _trouble(self, kind: TroubleKind, entry: DirEntry[str], detail: str) -> None:
        self.troubles.append(Trouble(kind, self._visit.key + _shown(entry.name), entry.path, detail))


def _folders_in(root: str, path: str) -> set[str]:
    """Names of the folders in the root, which must be a folder that can be read and is not empty."""
    try:
        with os.scandir(path) as found:
            entries = [(entry.name, entry.is_dir()) for entry in found]
    except FileNotFoundError:
        raise UsageError(f"There is no folder {root}.", "Check the path.") from None
    except NotADirectoryError:
        mend = "Give the folder of the dataset, .../project/source."
        raise UsageError(f"{root} is a file, not a folder.", mend) from None
    except OSError as error:
        raise UsageError(
            f"The folder {root} cannot be read: {_reason(error)}.", "Ask its owner for access."
        ) from None
    if not entries:
        raise NothingChecked(f"The folder {root} is empty.", "Check the path.")
    return {name for name, is_folder in entries if is_folder}


def _is_junction(entry: DirEntry[str]) -> bool:
    is_junction = getattr(entry, "is_junction", None)  # Windows, from Python 3.12 on
    return is_junction is not None and bool(is_junction())


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(name: str) -> str:
    r"""Write bytes that are not UTF-8 as ``\xNN``."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _link_target(entry: DirEntry[str]) -> str:
    try:
        return str(Path(entry.path).readlink())
    except OSError:
        return "nothing"


def _reason(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "you have no permission"
    if isinstance(error, FileNotFoundError):
        return "it vanished while it was listed"
    return (error.strerror or "the system gives no reason").lower()


def _sort_of(mode: int) -> str:
    sorts = (
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((words for test, words in sorts if test(mode)), "neither a file nor a folder")
