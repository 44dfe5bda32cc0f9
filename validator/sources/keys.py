"""Keys as a bucket or a listing gives them, sorted into folders."""

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence

from validator.errors import UsageError
from validator.models.counts import counted
from validator.models.listing import UNKNOWN_SIZE, Folder, Trouble
from validator.sources.folder_listing import LOOK_ALIKE, in_utf8, is_utf8
from validator.sources.standing import SECTIONS, find_prefix, looks_like_project, said_prefix

RECEIPTS = "_cpgate"
"""Folder of receipts at a granted prefix: about the data, never data."""
_LARGEST = 2**63 - 1
"""Bytes; whoever lists more lists nonsense, which a column cannot hold."""
_SHOWN = 3
"""Beginnings of keys that a message names."""


class KeyFolders:
    """Files by the folders in which they lie, with the keys as the store or the listing has them.

    Parameters
    ----------
    address
        What comes before the key in the path of an entry, ``s3://bucket/``.
    """

    def __init__(self, address: str = "") -> None:
        self._address = address
        self._folders: dict[str, Folder] = {}
        self._troubles: list[Trouble] = []
        self.keys = 0

    def add(self, key: str, size: int, mtime_ns: int, mark: int | None = None) -> None:
        """Enter one object; folder markers (``images/``, 0 bytes) are no files.

        Parameters
        ----------
        key
            Without the bucket.
        size
            Bytes, or ``UNKNOWN_SIZE``.
        mtime_ns
            Nanoseconds since 1970 UTC, or 0.
        mark
            Stands for the ETag (see `Entry`); of all objects or of none.
        """
        self.keys += 1
        place, slash, name = key.rpartition("/")
        if not name:
            if size not in (0, UNKNOWN_SIZE):
                detail = f"an object of {counted(size, 'byte')} whose key ends with a slash"
                self._troubles.append(Trouble("special-file", key, self._address + key, detail))
            return
        folder = self._folders.get(place + slash)
        if folder is None:
            folder = self._folders[place + slash] = Folder(place + slash, (self._address + place).rstrip("/"))
        folder.add(name, min(size, _LARGEST), mtime_ns, mark)

    def folder_keys(self) -> Collection[str]:
        """Keys of the folders that hold files, as they came."""
        return self._folders.keys()

    def take_before(self, key: str) -> Iterator[Folder | Trouble]:
        """Hand out the folders that are complete when keys come in their order and this one was the last."""
        finished = [folder for folder in self._folders if not key.startswith(folder)]
        yield from self._take(finished)

    def take_all(self) -> Iterator[Folder | Trouble]:
        """Hand out everything that is left."""
        yield from self._take(list(self._folders))

    def _take(self, keys: Iterable[str]) -> Iterator[Folder | Trouble]:
        yield from self._troubles
        self._troubles = []
        for key in sorted(keys):
            yield self._folders.pop(key)


class Relocation:
    """Turns folders as the store has them into folders of the Gallery.

    Parameters
    ----------
    prefix
        What is meant of the keys; others are left out. Empty or with a slash at the end.
    key_prefix
        What takes its place, likewise.
    """

    def __init__(self, prefix: str, key_prefix: str) -> None:
        self._prefix = prefix
        self._key_prefix = key_prefix
        self._decomposed: dict[str, str] = {}

    @property
    def longer_by(self) -> int:
        """How many more parts the keys in the Gallery have."""
        return self._key_prefix.count("/") - self._prefix.count("/")

    def key_of(self, folder_key: str) -> str | None:
        """Key in the Gallery of a folder whose key is plain ASCII; ``None`` when it is left out."""
        if not folder_key.startswith(self._prefix):
            return None
        return self._key_prefix + folder_key[len(self._prefix) :]

    def keys_of(self, folder_keys: Sequence[str]) -> list[str | None]:
        """The same for many folders; receipts, which are about the data and never data, are left out as well."""
        if not self._prefix and not self._key_prefix and RECEIPTS not in "".join(folder_keys):
            return list(folder_keys)
        keys = map(self.key_of, folder_keys)
        return [None if key is None or f"/{RECEIPTS}/" in key else key for key in keys]

    def move(self, found: Iterable[Folder | Trouble]) -> Iterator[Folder | Trouble]:
        """Give folders and troubles their keys in the Gallery, and tell what cannot have one."""
        for item in found:
            if not item.key.startswith(self._prefix):
                continue
            key = self._key_prefix + item.key[len(self._prefix) :]
            if isinstance(item, Trouble):
                yield Trouble(item.kind, in_utf8(key), item.path, item.detail, item.line, item.count)
            else:
                yield from self._move_folder(item, key)

    def _move_folder(self, folder: Folder, key: str) -> Iterator[Folder | Trouble]:
        if not key.isascii():
            if not is_utf8(key):
                yield Trouble("not-utf8", in_utf8(key), folder.path)
                return
            raw, key = key, unicodedata.normalize("NFC", key)
            if self._decomposed.setdefault(key, raw) != raw:
                yield Trouble("same-key", key, folder.path, LOOK_ALIKE)
                return
        folder.key = key
        if not "".join(folder.names).isascii():
            folder, troubles = _compose_names(folder)
            yield from troubles
        if len(set(folder.names)) < len(folder.names):
            folder, troubles = _keep_last(folder)
            if RECEIPTS not in key.split("/"):
                yield from troubles
        if folder.names:
            yield folder


def _compose_names(folder: Folder) -> tuple[Folder, list[Trouble]]:
    """The folder with names in NFC, and what cannot be a name or looks like another one."""
    kept = Folder(folder.key, folder.path)
    troubles: list[Trouble] = []
    for position in sorted(range(len(folder.names)), key=folder.names.__getitem__):
        raw = folder.names[position]
        path = f"{folder.path}/{raw}"
        if not is_utf8(raw):
            troubles.append(Trouble("not-utf8", folder.key + in_utf8(raw), path))
            continue
        name = raw if raw.isascii() else unicodedata.normalize("NFC", raw)
        known = kept.disk_names.get(name)
        if known is not None and known != raw:
            troubles.append(Trouble("same-key", folder.key + raw, path, LOOK_ALIKE))
            continue
        kept.add(name, folder.sizes[position], folder.mtimes_ns[position], folder.mark(position))
        if not raw.isascii():
            kept.disk_names[name] = raw
    return kept, troubles


def _keep_last(folder: Folder) -> tuple[Folder, list[Trouble]]:
    """The folder with the last of each name, and the names that came more than once."""
    last = {name: position for position, name in enumerate(folder.names)}
    twice = sorted({name for position, name in enumerate(folder.names) if last[name] != position})
    kept = Folder(folder.key, folder.path, disk_names=folder.disk_names)
    for name, position in last.items():
        kept.add(name, folder.sizes[position], folder.mtimes_ns[position], folder.mark(position))
    troubles = [Trouble("listed-twice", folder.key + name, f"{folder.path}/{name}") for name in twice]
    return kept, troubles


def place_keys(prefix: str, dataset: str | None, below: Iterable[str], where: str) -> str:
    """Key prefix in the Gallery that a prefix of a bucket or a listing stands for.

    Parameters
    ----------
    prefix
        Empty or with a slash at the end.
    dataset
        ``project/source`` if the user says it.
    below
        Names of the folders directly below the prefix.
    where
        What the keys are from, for messages.

    Raises
    ------
    UsageError
        When project and source cannot be told.
    """
    names = set(below)
    path = "/" + prefix.rstrip("/")
    if dataset is not None:
        return said_prefix(path, dataset, names)
    try:
        return find_prefix(path, names)
    except UsageError:
        shown = [in_utf8(f"{prefix}{name}/") for name in sorted(names)[:_SHOWN]] or [in_utf8(prefix)]
        more = ", ..." if len(names) > _SHOWN else ""
        raise UsageError(
            f"The keys of {where} do not begin with a project and a source (cpg0037-oasis/broad/...), but with "
            f"{', '.join(shown)}{more}.",
            "Say what they are: --dataset project/source, and --prefix for what comes before images/ and workspace/.",
        ) from None


def shared_beginning(keys: Iterable[str]) -> str:
    """What all keys of folders begin with before their project or their ``images/`` and ``workspace/``.

    Examples
    --------
    >>> shared_beginning(["lab/heart/images/b/", "lab/heart/workspace/"]), shared_beginning(["cpg0051-heart/broad/"])
    ('lab/heart/', '')
    """
    folders = list(keys)
    first = folders[0].split("/")[:-1] if folders else []
    prefix = ""
    for segment in first:
        longer = f"{prefix}{segment}/"
        ends_here = segment in SECTIONS or looks_like_project(segment)
        if ends_here or not all(folder.startswith(longer) for folder in folders):
            break
        prefix = longer
    return prefix


def names_below(prefix: str, keys: Iterable[str]) -> set[str]:
    """Names of the folders directly below a prefix."""
    start = len(prefix)
    return {key[start : key.index("/", start)] for key in keys if key.startswith(prefix) and len(key) > start}
