"""What a manifest of any kind states about one object or file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

ManifestSort = Literal["receipt", "provenance", "checksums"]
"""A receipt of cpgate, a ``profile_index`` of products, or lines of ``md5sum`` and its like."""
SHA256_OF_PARTS = "sha256-parts"
"""What S3 keeps of an object that was sent in parts with SHA-256s: the SHA-256 of those of its parts."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement: there is something of this name, with these bytes.

    Attributes
    ----------
    name
        Key of the object without the bucket; in a checksum list a path relative to the folder it was made in.
    bucket
        Where it lies; ``None`` where the manifest does not say it for each object.
    size
        Bytes; ``None`` when it is not stated.
    etag
        Without quotes, lower case; ``None`` when it is not stated.
    part_size
        Bytes of every part but the last of a multipart upload; ``None`` when it is not known.
    version_id
        Version of the object that is meant; ``None`` for the latest.
    checksums
        Digests of the whole object by their algorithm (``md5``, ``sha256``, ``crc64nvme``, ...), as bytes; and
        `SHA256_OF_PARTS`.
    problem
        Why nothing can be compared with it, in a few words; empty when something can.
    """

    name: str
    bucket: str | None = None
    size: int | None = None
    etag: str | None = None
    part_size: int | None = None
    version_id: str | None = None
    checksums: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    problem: str = ""


NOTHING_THERE = "Nothing lies there in the bucket"
NO_FILE = "There is no such file below this folder"
ABSENT = frozenset({NOTHING_THERE, NO_FILE})
"""What is said of objects and files that a manifest names and that are simply not there."""
