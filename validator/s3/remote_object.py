"""What a store says about an object, as plain data."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True, unsafe_hash=True)  # frozen ones take four times as long: CONTRIBUTING.md
class RemoteObject:
    """What the store says about an object.

    Attributes
    ----------
    key
        Without the bucket.
    size
        Bytes.
    etag
        Without quotes.
    modified
        UTC.
    version_id
        Of this version; ``None`` where the bucket keeps none, and in listings, which do not tell.
    """

    key: str
    size: int
    etag: str
    modified: datetime
    version_id: str | None = None


SEALED = "encrypted-"
"""Put before an ETag that looks like an MD5 and is none, so that nobody takes it for one."""


def is_sealed(etag: str) -> bool:
    """Whether an ETag, as `told_etag` gives it, says nothing about the bytes."""
    return etag.startswith(SEALED)


def listed_etag(etag: str) -> str:
    """An ETag as `told_etag` gives it, in the words of a listing, which does not tell what is encrypted."""
    return etag.removeprefix(SEALED)


def bare_etag(etag: str) -> str:
    """An ETag without its quotes."""
    return etag.strip('"')
