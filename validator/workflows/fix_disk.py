"""The disk on which things are renamed: what lies beside them, and which links lead through them."""

import os
import unicodedata
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path


class Disk:
    """A folder on this machine in which things are to be renamed.

    Parameters
    ----------
    root
        The folder.
    prefix
        Key that it stands for; empty, or ends with ``/``.
    """

    def __init__(self, root: str | os.PathLike[str], prefix: str) -> None:
        self.root = Path(os.path.abspath(root))  # noqa: PTH100  takes away "..", which Path.absolute() keeps
        self._prefix = prefix
        self._real_root = Path(os.path.realpath(self.root))
        self._paths: dict[str, Path] = {prefix: self.root}
        self._listed: dict[str, dict[str, str]] = {}

    def path(self, key: str) -> Path:
        """Where a folder or file below the root lies."""
        if key in self._paths:
            return self._paths[key]
        cut = key.rfind("/", 0, -1) + 1
        parent, name = key[:cut], key[cut:].rstrip("/")
        path = self.path(parent) / self._names_by_key(parent).get(name, name)
        if key.endswith("/"):
            self._paths[key] = path
        return path

    def names(self, folder: str) -> Collection[str]:
        """Names of all that lies directly in a folder, as they are in keys."""
        return self._names_by_key(folder).keys()

    def obstacle(self, key: str) -> str:
        """Why a folder or file cannot be renamed where it lies, a clause; empty when it can."""
        if not key.startswith(self._prefix) or key == self._prefix:
            return "it is the folder that was named, or above it: rename it by hand"
        path = self.path(key)
        if not os.path.lexists(path):
            return "it lies elsewhere, on another disk"
        if os.path.realpath(path.parent) != str(self._real_root / path.parent.relative_to(self.root)):
            return "it is reached through a symbolic link; rename it where it really lies"
        link = self._named_by_links.get(Path(os.path.realpath(path.parent), path.name))
        return f"the symbolic link {link} leads through it" if link else ""

    def table_obstacle(self, path: str) -> str:
        """Why a table cannot be changed where it lies, a clause; empty when it can."""
        place = Path(os.path.abspath(path))  # noqa: PTH100  as above
        if not place.is_relative_to(self.root):
            return "it lies elsewhere, on another disk"
        plain = self._real_root / place.relative_to(self.root)
        return "" if os.path.realpath(place) == str(plain) else "it is reached through a symbolic link"

    def _names_by_key(self, folder: str) -> dict[str, str]:
        """Names on disk by the names in keys (a Mac writes decomposed Unicode)."""
        if folder not in self._listed:
            try:
                found = [entry.name for entry in self.path(folder).iterdir()]
            except OSError:
                found = []
            self._listed[folder] = {unicodedata.normalize("NFC", name): name for name in found}
        return self._listed[folder]

    @cached_property
    def _named_by_links(self) -> dict[Path, Path]:
        """Real paths that symbolic links name on their way, with the link."""
        named: dict[Path, Path] = {}
        for link in links_below(self._real_root):
            for path in named_on_the_way(link):
                named.setdefault(path, link.relative_to(self._real_root))
        return named


def links_below(root: Path) -> Iterator[Path]:
    """Paths of all symbolic links below a folder; none is followed."""
    waiting = [str(root)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as found:
                for entry in found:
                    if entry.is_symlink():
                        yield Path(entry.path)
                    elif entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:  # what cannot be listed cannot be renamed either; the check says so
            continue


def named_on_the_way(link: Path) -> Iterator[Path]:
    """Paths that a link names, step by step: they must keep their names for the link to hold."""
    try:
        parts = link.readlink().parts
    except OSError:
        return
    here = link.parent
    for part in parts:
        real = Path(os.path.realpath(here))
        here = real.parent if part == os.pardir else real / part  # an absolute part begins anew
        if part != os.pardir:
            yield here
