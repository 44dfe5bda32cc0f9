"""A dataset in a folder: a disk, a network share, a parallel file system."""

import heapq
import os
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from validator.errors import NothingChecked, UsageError
from validator.models.listing import Entry, Scan, SourceFacts
from validator.models.long_paths import openable
from validator.sources.folder_listing import FolderListing, Visit, reason
from validator.sources.looking import THREADS, Looker
from validator.sources.standing import find_prefix, said_prefix
from validator.sources.workers import Workers


class LocalSource:
    """A folder on this machine.

    Parameters
    ----------
    path
        A source folder (holds ``images/`` or ``workspace/``), a project folder, a folder of projects, or something inside
        a dataset.
    dataset
        ``project/source`` where the folder's own names do not say it.
    mounts
        Folders elsewhere (on another disk, say) by the key below which their files appear,
        ``cpg0051-heart/broad/images/``. A mount that does not lie below the folder's own key is left out.
    prefix
        What the keys begin with where that is known; the keys of a package begin at its root, with nothing.

    Attributes
    ----------
    root
        The path as it was given.
    prefix
        Key prefix that the folder stands for.
    complete
        Whether it holds whole datasets.
    facts
        What sort of source it is.

    Raises
    ------
    UsageError
        When it is not a readable folder, or does not say which project and source it is.
    NothingChecked
        When it is empty.
    """

    facts = SourceFacts("folder")

    def __init__(
        self,
        path: str | os.PathLike[str],
        dataset: str | None = None,
        mounts: Mapping[str, str | os.PathLike[str]] | None = None,
        *,
        prefix: str | None = None,
    ) -> None:
        self.root = os.fspath(path)
        self._path = os.path.abspath(self.root)  # noqa: PTH100  must take away "..", which Path.absolute() keeps
        folders = _folders_in(self.root, self._path, may_be_empty=bool(mounts))
        name = unicodedata.normalize("NFC", self._path)
        if prefix is None:
            prefix = find_prefix(name, folders) if dataset is None else said_prefix(name, dataset, folders)
        self.prefix = prefix
        depth = self.prefix.count("/")
        self.complete = depth <= 2
        # Links may lead anywhere in the dataset, also out of the part of it that is looked at.
        home = Path(self._path).parents[depth - 3] if depth > 2 and dataset is None else Path(self._path)
        self._mounts = _check_mounts(mounts or {}, self.prefix)
        self._homes = [os.path.realpath(place) for place in (str(home), *self._mounts.values())]

    def scan(self) -> Scan:
        """List everything: folders that hold files in the order of their keys, and what cannot be listed.

        Raises
        ------
        NothingChecked
            At the end, when there was not a single file.
        """
        found = False
        starts = {self.prefix: self._path, **self._mounts}
        # The order of keys is also that of a walk into the depth: both follow from the slash at the end.
        waiting = [(key, Visit(key, path, (os.path.realpath(path),))) for key, path in starts.items()]
        heapq.heapify(waiting)
        mounted: dict[str, dict[str, str]] = {}
        for key, path in self._mounts.items():
            parent = key[: key.rfind("/", 0, -1) + 1]
            mounted.setdefault(parent, {})[key] = os.path.realpath(path)
        with Workers(THREADS) as workers:
            looker = Looker(workers)
            while waiting:
                _, visit = heapq.heappop(waiting)
                listing = FolderListing(visit, self._homes, mounted.get(visit.key, {}))
                listing.take(looker.look(visit.path, lambda: _next(waiting)))
                yield from listing.troubles
                if listing.folder.names:
                    yield listing.folder
                found = found or bool(listing.folder.names or listing.troubles)
                for below in listing.below:
                    heapq.heappush(waiting, (below.key, below))
        if not found:
            raise NothingChecked(f"There is no file below {self.root}.", "Check the path.")

    def open(self, entry: Entry) -> BinaryIO:
        """Open an entry for reading bytes.

        Raises
        ------
        OSError
            When the system refuses.
        """
        return Path(openable(entry.path)).open("rb")


def _next(waiting: list[tuple[str, Visit]]) -> Iterator[str]:
    """Paths that come next; of the first in a heap those near its root, which is good enough."""
    nearest = heapq.nsmallest(2 * THREADS, waiting[: 8 * THREADS])
    return (visit.path for _, visit in nearest)


def _check_mounts(mounts: Mapping[str, str | os.PathLike[str]], prefix: str) -> dict[str, str]:
    """Absolute path of each mounted folder below the prefix, by its key with a slash at the end."""
    checked: dict[str, str] = {}
    for key, folder in mounts.items():
        segments = unicodedata.normalize("NFC", key).strip("/").split("/")
        if any(segment in ("", ".", "..") for segment in segments):
            raise UsageError(
                f"The mount {key!r} is not a key of a folder.", "Write it as cpg0051-heart/broad/images/"
            )
        path = os.path.abspath(folder)  # noqa: PTH100  as above
        if not Path(path).is_dir():
            raise UsageError(
                f"The mount {key} leads to {os.fspath(folder)}, which is not a folder.",
                "Check the path, and whether the disk is there.",
            )
        checked["/".join(segments) + "/"] = path
    if prefix in checked:
        raise UsageError(
            f"The mount {prefix} would stand for all of the folder that is looked at.",
            f"Check {checked[prefix]} itself.",
        )
    return {key: path for key, path in checked.items() if key.startswith(prefix)}


def _folders_in(root: str, path: str, *, may_be_empty: bool) -> set[str]:
    """Names of the folders in the root, which must be a folder that can be read and is not empty."""
    try:
        with os.scandir(openable(path)) as found:
            entries = [(entry.name, entry.is_dir()) for entry in found]
    except FileNotFoundError:
        raise UsageError(f"There is no folder {root}.", "Check the path.") from None
    except NotADirectoryError:
        mend = "Give the folder of the dataset, .../project/source."
        raise UsageError(f"{root} is a file, not a folder.", mend) from None
    except OSError as error:
        raise UsageError(
            f"The folder {root} cannot be read: {reason(error)}.", "Ask its owner for access."
        ) from None
    if not entries and not may_be_empty:
        raise NothingChecked(f"The folder {root} is empty.", "Check the path.")
    return {name for name, is_folder in entries if is_folder}
