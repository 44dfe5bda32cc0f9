"""What a store says about an object, as plain data."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
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


def bare_etag(etag: str) -> str:
    """An ETag without its quotes."""
    return etag.strip('"')
