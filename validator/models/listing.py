"""What a source tells about a dataset: folders with their files, and what could not be listed."""

import hashlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Literal

LATEST_NS = 2**63 - 1
"""The year 2262; clocks that were wrong leave later times on disks."""


@dataclass(slots=True, unsafe_hash=True)  # frozen ones take four times as long: CONTRIBUTING.md
class Entry:
    """One object.

    Attributes
    ----------
    key
        ``project/source/...``, POSIX, NFC, without the bucket.
    path
        Where its bytes lie; for a local source a path that may hold surrogate escapes.
    size
        Bytes.
    mtime_ns
        Last modification, nanoseconds since 1970 UTC; 0 when the source does not know.
    mark
        Of an object in a bucket a number that stands for its ETag, see `object_mark`; 0 for files.
    """

    key: str
    path: str
    size: int
    mtime_ns: int = 0
    mark: int = 0

    @property
    def stamp(self) -> int:
        """What tells this state of the bytes from others of the same size: the mark of an object, the time of a file."""
        return self.mark or self.mtime_ns


def object_mark(etag: str) -> int:
    """Number that stands for the ETag of an object: 63 bits of its SHA-256, never 0.

    A column of numbers takes a tenth of the memory of one of texts.
    """
    return int.from_bytes(hashlib.sha256(etag.encode()).digest()[:8], "big") >> 1 or 1


@dataclass(slots=True)
class Folder:
    """The files that lie directly in one folder, in columns.

    Attributes
    ----------
    key
        Key of the folder, ends with ``/`` (the empty key is the bucket root).
    path
        Where it lies, without a trailing slash.
    names
        File names as they are in keys (NFC).
    sizes
        Bytes of each file, in the order of ``names``.
    mtimes_ns
        Modification time of each file, nanoseconds since 1970 UTC.
    marks
        Mark of each object (see `Entry`), or nothing at all.
    disk_names
        Names on disk of those files whose key name differs (macOS writes decomposed Unicode).
    """

    key: str
    path: str
    names: list[str] = field(default_factory=list)
    sizes: "array[int]" = field(default_factory=lambda: array("q"))
    mtimes_ns: "array[int]" = field(default_factory=lambda: array("q"))
    disk_names: dict[str, str] = field(default_factory=dict)
    marks: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, name: str, size: int, mtime_ns: int, mark: int | None = None) -> None:
        """Append one file; all of a folder have a mark, or none has."""
        if mark is not None:
            self.marks.append(mark)
        self.names.append(name)
        self.sizes.append(size)
        self.mtimes_ns.append(max(-LATEST_NS, min(mtime_ns, LATEST_NS)))

    def only(self, positions: Sequence[int]) -> "Folder":
        """The folder with some of its files, in this order."""
        return Folder(
            self.key,
            self.path,
            list(map(self.names.__getitem__, positions)),
            array("q", map(self.sizes.__getitem__, positions)),
            array("q", map(self.mtimes_ns.__getitem__, positions)),
            self.disk_names,
            array("q", map(self.marks.__getitem__, positions) if self.marks else ()),
        )

    @property
    def size(self) -> int:
        """Bytes of all files whose sizes are known."""
        if UNKNOWN_SIZE not in self.sizes:
            return sum(self.sizes)
        return sum(size for size in self.sizes if size != UNKNOWN_SIZE)

    def mark(self, position: int) -> int | None:
        """Mark of one file, if this folder has marks."""
        return self.marks[position] if self.marks else None

    def entry(self, position: int) -> Entry:
        """One file as an entry of its own."""
        name = self.names[position]
        return Entry(
            self.key + name,
            f"{self.path}/{self.disk_names.get(name, name)}",
            self.sizes[position],
            self.mtimes_ns[position],
            self.mark(position) or 0,
        )

    def entries(self, begin: int = 0, end: int | None = None) -> Iterator[Entry]:
        """Each file, or each from one position up to another, as an entry of its own."""
        names = self.names[begin:end]
        marks = self.marks[begin:end] or repeat(0, len(names))
        columns = zip(names, self.sizes[begin:end], self.mtimes_ns[begin:end], marks, strict=True)
        key, path, disk_names = self.key, f"{self.path}/", self.disk_names
        if not disk_names:
            for name, size, mtime_ns, mark in columns:
                yield Entry(key + name, path + name, size, mtime_ns, mark)
            return
        for name, size, mtime_ns, mark in columns:
            yield Entry(key + name, path + disk_names.get(name, name), size, mtime_ns, mark)


SourceKind = Literal["folder", "bucket", "aws-ls", "inventory", "keys", "package"]
Unknown = Literal["contents", "sizes", "times"]
UNKNOWN_SIZE = -1
"""Stands for the size of a file where the source tells none; such files are never empty."""


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What sort of source a dataset was listed from.

    Attributes
    ----------
    kind
        A folder, a bucket, a text of ``aws s3 ls``, an S3 Inventory, a plain list of keys, a Quilt package.
    unknown
        What it cannot tell of a file.
    """

    kind: SourceKind
    unknown: tuple[Unknown, ...] = ()


TroubleKind = Literal[
    "broken-symlink",
    "symlink-outside",
    "symlink-loop",
    "unreadable",
    "special-file",
    "not-utf8",
    "same-key",
    "mount-hides",
    "listing-line",
    "listed-twice",
    "package-object-missing",
    "package-object-differs",
    "package-unversioned",
    "package-hashes",
    "package-manifest",
]


@dataclass(frozen=True, slots=True)
class Trouble:
    r"""Something under the root that cannot become an entry.

    Attributes
    ----------
    kind
        What is the matter.
    key
        The key it would have had, unencodable bytes shown as ``\xNN``.
    path
        Where it lies.
    detail
        The facts (where a link points, what the system said), one short phrase.
    line
        Line of a text listing, 1 is the first; 0 for everything else.
    count
        How many things (lines of a listing) it stands for.
    """

    kind: TroubleKind
    key: str
    path: str
    detail: str = ""
    line: int = 0
    count: int = 1


Scan = Iterator[Folder | Trouble]
