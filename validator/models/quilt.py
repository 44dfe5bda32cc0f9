"""Quilt packages: entries that point to objects in buckets, and how a package is named."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from validator.errors import UsageError
from validator.models.addresses import PACKAGE_SCHEME

HashType = Literal["CRC64NVME", "SHA256", "sha2-256-chunked"]
"""Sorts of hashes that quilt3 8 verifies: ``SHA256`` is hex, the others base64."""
HASH_TYPES: tuple[HashType, ...] = get_args(HashType)

_NAME = re.compile(r"[A-Za-z0-9_-]+/[A-Za-z0-9_-]+")
_TOP_HASH = re.compile(r"[0-9a-f]{6,64}")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")


@dataclass(frozen=True, slots=True)
class PhysicalKey:
    """Where the bytes of an entry lie.

    Attributes
    ----------
    bucket, key
        The object.
    version_id
        Which version of it; ``None`` for whichever lies there.
    """

    bucket: str
    key: str
    version_id: str | None = None

    @classmethod
    def parse(cls, address: str) -> "PhysicalKey":
        """Read ``s3://bucket/key?versionId=...``, percent-encoded as quilt3 writes it.

        Raises
        ------
        ValueError
            If it is no address of an object in a bucket.

        Examples
        --------
        >>> PhysicalKey.parse("s3://data/a%20b.tif?versionId=x1")
        PhysicalKey(bucket='data', key='a b.tif', version_id='x1')
        """
        parts = urlsplit(address)
        key = unquote(parts.path).removeprefix("/")
        if parts.scheme != "s3" or not parts.netloc or not key or parts.fragment:
            raise ValueError(address)
        return cls(parts.netloc, key, parse_qs(parts.query).get("versionId", [None])[0])

    def __str__(self) -> str:
        query = f"?{urlencode({'versionId': self.version_id})}" if self.version_id is not None else ""
        return f"s3://{self.bucket}/{quote(self.key)}{query}"


@dataclass(frozen=True, slots=True)
class PackageHash:
    """Hash of the bytes of an entry, in the spelling of its type."""

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class PackageEntry:
    """One file of a package.

    Attributes
    ----------
    logical_key
        Its name in the package.
    place
        Where its bytes lie.
    size
        Bytes.
    hash
        Of its bytes.
    meta
        What its publisher says about it.
    """

    logical_key: str
    place: PhysicalKey
    size: int
    hash: PackageHash
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PackageAddress:
    """A package in a registry, as Quilt writes it: ``quilt+s3://bucket#package=ns/name@hash``.

    Attributes
    ----------
    bucket
        Of the registry.
    name
        ``namespace/name``.
    top_hash
        Of the revision that is meant, or its first six digits or more; empty for the latest.
    """

    bucket: str
    name: str
    top_hash: str = ""

    def __str__(self) -> str:
        at = f"@{self.top_hash}" if self.top_hash else ""
        return f"{PACKAGE_SCHEME}{self.bucket}#package={self.name}{at}"

    @classmethod
    def parse(cls, text: str) -> "PackageAddress":
        """Read an address.

        Raises
        ------
        UsageError
            If it is none.

        Examples
        --------
        >>> PackageAddress.parse("quilt+s3://registry#package=lab/heart@1a2b3c4d")
        PackageAddress(bucket='registry', name='lab/heart', top_hash='1a2b3c4d')
        """
        bucket, _, said = text[len(PACKAGE_SCHEME) :].partition("#")
        values = parse_qs(said)
        name, at, top_hash = "".join(values.get("package", [])[:1]).partition("@")
        bucket = bucket.rstrip("/")
        fits = _BUCKET.fullmatch(bucket) and _NAME.fullmatch(name) and set(values) <= {"package"}
        if not fits or (at and not _TOP_HASH.fullmatch(top_hash)):
            raise UsageError(
                f"{text} does not name a package.",
                "Write it as quilt+s3://bucket#package=namespace/name, with @ and the revision's hash for one revision.",
            )
        return cls(bucket, name, top_hash)


def check_package_name(name: str) -> None:
    """Refuse what quilt3 takes for no name.

    Raises
    ------
    UsageError
        If it is not ``namespace/name`` of letters, digits, ``-`` and ``_``.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name} is not a name of a package.",
            "Write it as namespace/name, of letters, digits, - and _: lab/heart-rep2",
        )
