"""Objects whose ETag says nothing about their bytes, encrypted with KMS: proven by the checksums that the store keeps."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from validator.digests.parts import ObjectDigest
from validator.errors import RemoteError
from validator.models.claim import SHA256_OF_PARTS
from validator.s3.attributes import ObjectAttributes, head_attributes
from validator.s3.failures import CustomerKeyMissing, NoRight
from validator.s3.objects import RemoteObject, Written, head_object, is_sealed, listed_etag
from validator.upload.errands import CUSTOMER_KEY, Unverifiable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CRC64NVME = "crc64nvme"
SHA256S = frozenset({"sha256", SHA256_OF_PARTS})


def agreement(digest: ObjectDigest, checksums: Mapping[str, bytes]) -> bool | None:
    """Whether checksums of the store are those of the bytes; ``None`` where it tells none that is known of them."""
    known = {CRC64NVME: base64.b64decode(digest.crc64nvme)}
    if digest.sha256:
        value, dash, _ = digest.sha256.partition("-")
        known[SHA256_OF_PARTS if dash else "sha256"] = base64.b64decode(value)
    common = [known[name] == value for name, value in checksums.items() if name in known]
    return all(common) if common else None


def ask_checksums(client: "S3Client", bucket: str, key: str) -> ObjectAttributes | None:
    """What the store tells of an object; ``None`` where it tells nothing.

    Checksums of what is encrypted with KMS it tells only those who may decrypt (``kms:Decrypt``).

    Raises
    ------
    Unverifiable
        If it is encrypted with a customer's own key.
    """
    try:
        return head_attributes(client, bucket, key)
    except CustomerKeyMissing as error:
        raise Unverifiable(CUSTOMER_KEY) from error
    except (NoRight, RemoteError):
        pass
    try:
        there = head_object(client, bucket, key)
    except (NoRight, RemoteError):
        return None
    if there is None:
        return None
    return ObjectAttributes(key, there.size, there.etag, there.modified, there.version_id, {})


def prove_sealed(
    client: "S3Client", bucket: str, key: str, digest: ObjectDigest, written: Written
) -> ObjectDigest:
    """Digest of what was written, with the ETag that the store gave it if that is another one.

    Parameters
    ----------
    client, bucket, key
        Where it lies.
    digest
        Of the bytes that were sent.
    written
        What the store answered; where its answer has no checksum it is asked for one.

    Raises
    ------
    Unverifiable
        If the store tells no checksum.
    RemoteError
        If its checksum is another one.
    """
    if (
        listed_etag(written.etag) == digest.etag
    ):  # Ceph keeps the MD5 of what it encrypts: that is a proof, too
        return digest
    agreed = agreement(digest, written.checksums)
    if agreed is None:
        there = ask_checksums(client, bucket, key)
        if there is not None and there.etag == written.etag:
            agreed = agreement(digest, there.checksums)
    if agreed is False:
        raise RemoteError(
            f"the store holds other bytes at {key} than were read from disk (its checksum is another one)",
            "run the same command again; if it happens again, the disk or the memory of this machine is suspect",
        )
    if agreed is None:
        raise Unverifiable
    return replace(digest, stored_as=listed_etag(written.etag))


def recognise(
    client: "S3Client", bucket: str, there: RemoteObject | None, digest: ObjectDigest
) -> ObjectDigest | None:
    """Digest of what lies at a key if it has the bytes that are meant; ``None`` if not, or if nobody can tell."""
    if there is None or there.size != digest.size:
        return None
    if there.etag == digest.etag:
        return digest
    if not is_sealed(there.etag):
        return None
    try:
        return prove_sealed(client, bucket, there.key, digest, Written(there.etag))
    except (Unverifiable, RemoteError):
        return None
