"""Requests about whole objects, with answers as plain data."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Self

from validator.models.claim import SHA256_OF_PARTS
from validator.s3.asking_head import ask_head
from validator.s3.failures import ObjectMissing, translated
from validator.s3.listing import list_folders, list_objects
from validator.s3.remote_object import SEALED, RemoteObject, bare_etag, is_sealed, listed_etag

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = [
    "Condition",
    "RemoteObject",
    "Written",
    "bare_etag",
    "delete_object",
    "first_part_size",
    "head_object",
    "is_sealed",
    "list_folders",
    "list_objects",
    "listed_etag",
    "md5_header",
    "put_object",
    "told_checksums",
    "told_etag",
    "told_version",
]


_CHECKSUMS = ("CRC64NVME", "SHA256", "SHA1", "SHA512", "MD5")


class Written(NamedTuple):
    """What the store answers when it has written an object.

    Attributes
    ----------
    etag
        See `told_etag`.
    version_id
        If the bucket keeps versions.
    checksums
        See `told_checksums`; only of what has an ETag that is no MD5.
    """

    etag: str
    version_id: str | None = None
    checksums: Mapping[str, bytes] = MappingProxyType({})

    @classmethod
    def told(cls, answer: Mapping[str, Any]) -> Self:
        """From an answer about an object."""
        etag = told_etag(answer)
        checksums = told_checksums(answer) if is_sealed(etag) else MappingProxyType({})
        return cls(etag, told_version(answer), checksums)


def told_version(answer: Mapping[str, Any]) -> str | None:
    """Version of an answer about an object; ``None`` in a bucket without versions (S3 may call that ``null``)."""
    version = answer.get("VersionId")
    return None if version in {None, "", "null"} else str(version)


@dataclass(frozen=True, slots=True)
class Condition:
    """What must be true at the key for a write to happen.

    Attributes
    ----------
    replaces
        ETag of the object that may be replaced; ``None`` when nothing may lie there.
    """

    replaces: str | None = None

    def arguments(self) -> dict[str, Any]:
        """As arguments of PutObject and CompleteMultipartUpload."""
        # Without quotes, as the S3 user guide writes it: Ceph compares the text as it stands.
        return {"IfNoneMatch": "*"} if self.replaces is None else {"IfMatch": listed_etag(self.replaces)}


def told_etag(answer: Mapping[str, Any]) -> str:
    """ETag of an answer about an object or a part.

    What is encrypted with KMS or with a customer's key has an ETag that looks like an MD5 and is none
    (Amazon S3 user guide, *Checking object integrity*): it is given back so that nobody takes it for one.
    """
    etag = bare_etag(answer["ETag"])
    if answer.get("SSECustomerAlgorithm") or str(answer.get("ServerSideEncryption", "")).startswith(
        "aws:kms"
    ):
        return f"{SEALED}{etag}"
    return etag


def told_checksums(answer: Mapping[str, Any]) -> dict[str, bytes]:
    """Checksums of an answer about an object or a part, by algorithm in lower case.

    `SHA256_OF_PARTS` is the SHA-256 of the joined SHA-256s of an object's parts; other checksums of parts are left out.
    """
    found: dict[str, bytes] = {}
    whole = answer.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT"
    for name in _CHECKSUMS:
        value, dash, _ = str(answer.get(f"Checksum{name}") or "").partition("-")
        kind = name.lower() if whole and not dash else SHA256_OF_PARTS if name == "SHA256" else ""
        if value and kind:
            try:
                found[kind] = base64.b64decode(value, validate=True)
            except binascii.Error:
                continue
    return found


def md5_header(md5: str) -> str:
    """An MD5 in hex as the Content-MD5 header wants it."""
    return base64.b64encode(bytes.fromhex(md5)).decode("ascii")


def head_object(client: "S3Client", bucket: str, key: str) -> RemoteObject | None:
    """What lies at a key, or ``None``."""
    try:
        with translated(bucket, key, "read"):
            answer = ask_head(client, Bucket=bucket, Key=key)
            modified = answer["LastModified"].astimezone(UTC)
            size, etag = answer["ContentLength"], told_etag(answer)
            return RemoteObject(key, size, etag, modified, told_version(answer))
    except ObjectMissing:
        return None


def first_part_size(client: "S3Client", bucket: str, key: str) -> int | None:
    """Bytes of an object's first part, or ``None`` when the store does not tell.

    Some stores answer with the whole object; without PartsCount the answer is not trusted.
    """
    with translated(bucket, key, "read"):
        answer = ask_head(client, Bucket=bucket, Key=key, PartNumber=1)
        return answer["ContentLength"] if answer.get("PartsCount") else None


def put_object(
    client: "S3Client",
    bucket: str,
    key: str,
    data: bytes | IO[bytes],
    md5: str,
    condition: Condition | None,
    more: Mapping[str, Any] | None = None,
) -> Written:
    """Write an object with a single PUT and return its ETag and version.

    Parameters
    ----------
    client, bucket, key
        Where to.
    data
        The bytes, or a file that can be sought in.
    md5
        Their MD5 in hex: the store refuses other bytes.
    condition
        What must be true at the key; ``None`` writes in any case.
    more
        Options, as boto3 names them.

    Raises
    ------
    AlreadyThere
        If the condition does not hold.
    BytesDamaged
        If the bytes changed on their way.
    RemoteError, CredentialsError
        If the store refuses for another reason.
    """
    arguments = {**(condition.arguments() if condition else {}), **(more or {})}
    with translated(bucket, key, "write"):
        answer = client.put_object(Bucket=bucket, Key=key, Body=data, ContentMD5=md5_header(md5), **arguments)
        return Written.told(answer)


def delete_object(client: "S3Client", bucket: str, key: str) -> None:
    """Remove an object; one that is gone already is fine.

    Raises
    ------
    RemoteError, CredentialsError
        If the store refuses.
    """
    with translated(bucket, key, "remove"):
        client.delete_object(Bucket=bucket, Key=key)
