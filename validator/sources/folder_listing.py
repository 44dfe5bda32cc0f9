"""What a look into a folder on disk means: files, folders below it, and what cannot become an entry."""

import errno
import os
import stat
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from validator.models.listing import Folder, Trouble, TroubleKind
from validator.models.long_paths import openable
from validator.sources.looking import Glance, Link, Looks, Oddity

_FOREIGN_REASONS = {
    errno.ESTALE: "the network share was disconnected or replaced while it was listed",
    errno.ETIMEDOUT: "the network share does not answer",
}


@dataclass(frozen=True, slots=True)
class _File:
    """Size and modification time of a file."""

    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Visit:
    """A folder to be listed: its key, its path, and the real folders that symbolic links led through."""

    key: str
    path: str
    chain: tuple[str, ...]


class FolderListing:
    """What lies directly in one folder.

    Parameters
    ----------
    visit
        The folder.
    homes
        Real paths of the folders into which symbolic links may lead.
    mounted
        Real path of what is mounted directly in this folder, by its key; what lies there on disk is hidden.

    Attributes
    ----------
    folder
        Its files.
    below
        Folders in it.
    troubles
        What cannot become an entry.
    """

    def __init__(self, visit: Visit, homes: Sequence[str], mounted: Mapping[str, str]) -> None:
        self.folder = Folder(visit.key, visit.path)
        self.below: list[Visit] = []
        self.troubles: list[Trouble] = []
        self._visit = visit
        self._homes = homes
        self._mounted = mounted
        self._seen: set[str] = set()

    def take(self, glance: Glance) -> None:
        """Enter all that a look into the folder showed."""
        if glance.error is not None:
            self.troubles.append(
                Trouble("unreadable", self._visit.key, self._visit.path, reason(glance.error))
            )
        special: list[tuple[str, _File | Oddity]] = []
        for looks in glance.looks:
            if not looks.oddities and not self._mounted and "".join(looks.names).isascii():
                self.folder.names += looks.names
                self.folder.sizes += looks.sizes
                self.folder.mtimes_ns += looks.mtimes_ns
            else:
                special += self._sort_out(looks)
        for disk_name, found in sorted(special, key=itemgetter(0)):
            self._enter(disk_name, found)

    def _sort_out(self, looks: Looks) -> Iterator[tuple[str, _File | Oddity]]:
        """Add plain files with plain names, and give the rest."""
        columns = zip(looks.names, looks.sizes, looks.mtimes_ns, strict=True)
        for position, (name, size, mtime_ns) in enumerate(columns):
            if position in looks.oddities:
                yield name, looks.oddities[position]
            elif name.isascii() and not self._mounted:
                self.folder.add(name, size, mtime_ns)
            else:
                yield name, _File(size, mtime_ns)

    def _enter(self, disk_name: str, found: _File | Oddity) -> None:
        name = self._key_name(disk_name)
        if name is None:
            return
        if isinstance(found, _File):
            self._add_file(disk_name, name, found.size, found.mtime_ns)
        elif isinstance(found, OSError):
            self._trouble("unreadable", disk_name, reason(found))
        elif isinstance(found, Link):
            self._enter_link(disk_name, name, found)
        elif found is None:
            self._go_into(name, self._path_of(disk_name), self._visit.chain)
        else:
            self._trouble("special-file", disk_name, _sort_of(found.st_mode))

    def _path_of(self, disk_name: str) -> str:
        return os.path.join(self._visit.path, disk_name)  # noqa: PTH118  names that are not UTF-8 stay as they are

    def _key_name(self, disk_name: str) -> str | None:
        """The name as it is in keys, or ``None`` when it cannot be in one."""
        if disk_name.isascii():
            return disk_name
        if not is_utf8(disk_name):
            self._trouble("not-utf8", disk_name, "")
            return None
        name = unicodedata.normalize("NFC", disk_name)
        if name in self._seen:
            self._trouble("same-key", disk_name, LOOK_ALIKE)
            return None
        self._seen.add(name)
        return name

    def _enter_link(self, disk_name: str, name: str, link: Link) -> None:
        target, state = link.target, link.state
        if isinstance(state, OSError):
            if state.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                self._trouble("unreadable", disk_name, reason(state))
                return
            kind: TroubleKind = "symlink-loop" if state.errno == errno.ELOOP else "broken-symlink"
            self._trouble(kind, disk_name, f"it points to {in_utf8(_link_target(self._path_of(disk_name)))}")
        elif not any(is_below(target, home) for home in self._homes):
            self._trouble("symlink-outside", disk_name, f"it points to {in_utf8(target)}")
        elif stat.S_ISREG(state.st_mode):
            self._add_file(disk_name, name, state.st_size, state.st_mtime_ns)
        elif not stat.S_ISDIR(state.st_mode):
            self._trouble("special-file", disk_name, _sort_of(state.st_mode))
        elif any(is_below(real, target) for real in self._chain()):
            self._trouble("symlink-loop", disk_name, f"it points back to {in_utf8(target)}")
        else:
            self._go_into(name, self._path_of(disk_name), (*self._chain(), target))

    def _chain(self) -> tuple[str, ...]:
        return (*self._visit.chain, os.path.realpath(self._visit.path))

    def _go_into(self, name: str, path: str, chain: tuple[str, ...]) -> None:
        key = f"{self._visit.key}{name}/"
        if key not in self._mounted:
            self.below.append(Visit(key, path, chain))
        elif os.path.realpath(path) != self._mounted[key] and _holds_something(path):
            self.troubles.append(Trouble("mount-hides", key, path, "a folder that is not empty"))

    def _add_file(self, disk_name: str, name: str, size: int, mtime_ns: int) -> None:
        if f"{self._visit.key}{name}/" in self._mounted:
            self._trouble("mount-hides", disk_name, "a file")
            return
        self.folder.add(name, size, mtime_ns)
        if name != disk_name:
            self.folder.disk_names[name] = disk_name

    def _trouble(self, kind: TroubleKind, disk_name: str, detail: str) -> None:
        self.troubles.append(
            Trouble(kind, self._visit.key + in_utf8(disk_name), self._path_of(disk_name), detail)
        )


LOOK_ALIKE = "two names look the same and differ in how their letters are put together"


def is_below(path: str, folder: str) -> bool:
    """Whether a real path is a folder or lies in it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def is_utf8(name: str) -> bool:
    """Whether a name can be a key."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def in_utf8(name: str) -> str:
    r"""Write bytes that are not UTF-8 as ``\xNN``."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def reason(error: OSError) -> str:
    """Why the system does not show a folder or a file, a clause."""
    if isinstance(error, PermissionError):
        return "you have no permission"
    if isinstance(error, FileNotFoundError):
        return "it vanished while it was listed"
    said = (error.strerror or "the system gives no reason").lower()
    return _FOREIGN_REASONS.get(error.errno or 0, said)


def _holds_something(path: str) -> bool:
    try:
        with os.scandir(openable(path)) as found:
            return next(found, None) is not None
    except OSError:
        return True


def _link_target(path: str) -> str:
    try:
        return str(Path(path).readlink())
    except OSError:
        return "nothing"


def _sort_of(mode: int) -> str:
    sorts = (
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((words for test, words in sorts if test(mode)), "neither a file nor a folder")
