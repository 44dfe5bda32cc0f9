"""Addresses of objects in S3, in every style in which manifests write them."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

# Amazon S3 user guide, "Methods for accessing a general purpose bucket": virtual-hosted and path style,
# with and without a region, the older dash before it, dual stack, China.
_ENDPOINT = r"s3(?:[.-](?:dualstack\.)?(?:[a-z]{2}(?:-[a-z]+)+-\d|external-1))?\.amazonaws\.com(?:\.cn)?"
_VIRTUAL = re.compile(rf"(?P<bucket>[a-z0-9][a-z0-9.-]{{1,61}}[a-z0-9])\.{_ENDPOINT}")
_PATH = re.compile(_ENDPOINT)


@dataclass(frozen=True, slots=True)
class ObjectAddress:
    """Where an object lies.

    Attributes
    ----------
    bucket, key
        Its bucket and its key.
    version_id
        Version that the address names; ``None`` for the latest.
    """

    bucket: str
    key: str
    version_id: str | None = None


def parse_address(url: str) -> ObjectAddress | None:
    """Bucket and key of an address; ``None`` when it is not the address of an object in S3.

    Examples
    --------
    >>> parse_address("https://cellpainting-gallery.s3.amazonaws.com/cpg0016-jump/a%20b.parquet")
    ObjectAddress(bucket='cellpainting-gallery', key='cpg0016-jump/a b.parquet', version_id=None)
    >>> parse_address("https://s3.us-east-1.amazonaws.com/cellpainting-gallery/a.parquet").bucket
    'cellpainting-gallery'
    >>> parse_address("s3://cellpainting-gallery/a%20b.parquet").key
    'a%20b.parquet'
    """
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "") if parts.scheme in ("https", "http") else ""
    except ValueError:
        return None
    if parts.scheme == "s3":
        # The key is everything behind the bucket as it stands: "#" is a character of keys like any other.
        bucket, _, rest = url.strip()[len("s3://") :].partition("/")
        key, _, query = rest.partition("?versionId=")
        return ObjectAddress(bucket, key, query or None) if bucket and key else None
    key, version = unquote(parts.path[1:]), parse_qs(parts.query).get("versionId", [None])[0]
    virtual = _VIRTUAL.fullmatch(host)
    if virtual is not None:
        bucket = virtual["bucket"]
    elif _PATH.fullmatch(host):
        bucket, _, key = key.partition("/")
    else:
        return None
    return ObjectAddress(bucket, key, version) if bucket and key else None
