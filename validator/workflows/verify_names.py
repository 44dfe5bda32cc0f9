"""Files on disk by the names that a manifest gives them."""

import os
import stat
import unicodedata
from functools import lru_cache
from pathlib import Path

from validator.errors import UsageError
from validator.manifests.claims import ClaimFile
from validator.models.progress import Progress
from validator.rulebook.junk import is_junk, is_junk_folder
from validator.sources.keys import RECEIPTS
from validator.sources.local import LocalSource


class NamedFiles:
    """Finds files below a folder.

    Parameters
    ----------
    root
        The folder.
    prefix
        What the names of its files begin with in the manifest, ``project/source/``; empty for relative names.
    """

    def __init__(self, root: str, prefix: str = "") -> None:
        self._root = root.rstrip("/") or "/"
        self._prefix = prefix

    def path_of(self, name: str) -> str:
        """Path of the file with this name.

        Raises
        ------
        FileNotFoundError
            If there is none below the folder.
        OSError
            If the system refuses, or it is no regular file.
        """
        if not name.startswith(self._prefix):
            raise FileNotFoundError
        segments = name[len(self._prefix) :].split("/")
        if any(segment in ("", ".", "..") or "\0" in segment for segment in segments):
            raise FileNotFoundError  # a list may come from anybody: it does not choose what is read outside
        path = "/".join((self._root, *segments))
        try:
            status = os.stat(path)  # noqa: PTH116  called for every file of millions
        except FileNotFoundError:
            if name.isascii():
                raise
            path = self._spelt_otherwise(segments)
            status = os.stat(path)  # noqa: PTH116  as above
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "it is not a file")
        return path

    def _spelt_otherwise(self, segments: list[str]) -> str:
        """Path of a file whose name on disk has its accents composed in another way (macOS takes them apart)."""
        path = self._root
        for segment in segments:
            found = _composed_names(path).get(unicodedata.normalize("NFC", segment))
            if found is None:
                raise FileNotFoundError
            path = f"{path}/{found}"
        return path


@lru_cache(maxsize=16)
def _composed_names(folder: str) -> dict[str, str]:
    try:
        return {unicodedata.normalize("NFC", name): name for name in os.listdir(folder)}  # noqa: PTH208  names only
    except OSError:
        return {}


def find_files(
    file: ClaimFile, root: Path, dataset: str | None, keys: set[str]
) -> tuple[NamedFiles, LocalSource | None]:
    """Say where the files of a manifest lie below a folder.

    Parameters
    ----------
    file
        The manifest.
    root
        The folder: a dataset's, or the one in which a checksum list was made.
    dataset
        ``project/source``, where the names of the folders do not say it.
    keys
        Folders of the manifest's names.

    Raises
    ------
    UsageError
        If the folder cannot be used.
    """
    if file.sort == "checksums" and dataset is None:
        if not root.is_dir():
            raise UsageError(f"There is no folder {root}.", "Name the folder in which the list was made.")
        return NamedFiles(os.fspath(root)), None
    source = _dataset_source(root, dataset, datasets_of(file, keys))
    return NamedFiles(os.path.abspath(root), source.prefix), source  # noqa: PTH100  must take away ".."


def datasets_of(file: ClaimFile, folders: set[str]) -> set[str]:
    """``project/source`` of everything that a manifest names."""
    if file.receipt is not None:
        return set(file.receipt.header.datasets)
    return {"/".join(folder.split("/")[:2]) for folder in folders}


def _dataset_source(root: Path, dataset: str | None, datasets: set[str]) -> LocalSource:
    """The folder as what it says it is, or else as the only dataset of the manifest."""
    try:
        return LocalSource(root, dataset)
    except UsageError:
        if dataset is not None or len(datasets) != 1 or not root.is_dir():
            raise
        return LocalSource(root, next(iter(datasets)))


def count_files(source: LocalSource, progress: Progress) -> int:
    """Count the files of a dataset, junk and receipts left out."""
    count = 0
    with progress.step("listing") as step:
        for folder in source.scan():
            names: list[str] = getattr(folder, "names", [])  # troubles have none
            step.advance(len(names))
            if is_counted_folder(folder.key):
                count += sum(not is_junk(name) for name in names)
    return count


@lru_cache(maxsize=1024)
def is_counted_folder(key: str) -> bool:
    """Whether files in a folder count: not what systems leave behind, and not receipts."""
    parts = key.split("/")
    return RECEIPTS not in parts and not any(map(is_junk_folder, parts))
