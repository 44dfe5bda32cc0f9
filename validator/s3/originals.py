"""Objects that are copied from one bucket to another: what they are, their bytes, copies made by the store itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from validator.errors import CpgateError, RemoteError
from validator.s3.asking_head import ask_head
from validator.s3.failures import AlreadyThere, ObjectMissing, RequestRefused, translated
from validator.s3.objects import Condition, Written, bare_etag, told_etag

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ATTEMPTS = 3
LARGEST_COPY = 5 * 1024**3
"""Bytes of an object that CopyObject takes (Amazon S3 user guide, *Copying objects*)."""
CHECKSUM = "ChecksumCRC64NVME"


@dataclass(frozen=True, slots=True)
class Original:
    """An object that is to be copied.

    Attributes
    ----------
    bucket, key
        Where it lies.
    size
        Bytes.
    etag
        As listings show it, without quotes.
    plain
        Whether the ETag is built from MD5s; that of an encrypted object may not be.
    crc64nvme
        Of the whole object, base64; ``None`` where the store does not tell it.
    part_size
        Bytes of its parts but the last; ``None`` for a single PUT, and where the store does not tell.
    """

    bucket: str
    key: str
    size: int
    etag: str
    plain: bool
    part_size: int | None
    crc64nvme: str | None = None


def split_address(address: str) -> tuple[str, str]:
    """Bucket and key of ``s3://bucket/key``."""
    bucket, _, key = address.partition("://")[2].partition("/")
    return bucket, key


def look_at(client: "S3Client", bucket: str, key: str) -> Original | None:
    """What lies at a key, with the size of its parts; ``None`` when there is nothing.

    Raises
    ------
    CredentialsError, RemoteError
        If the store refuses.
    """
    try:
        with translated(bucket, key, "read"):
            answer: dict[str, Any] = dict(ask_head(client, Bucket=bucket, Key=key, ChecksumMode="ENABLED"))
            etag = bare_etag(answer["ETag"])
            plain = told_etag(answer) == etag
            part_size = None
            if "-" in etag:
                first = ask_head(client, Bucket=bucket, Key=key, PartNumber=1)
                # A store that does not know parts answers with the whole object.
                part_size = first["ContentLength"] if first.get("PartsCount") else None
            return Original(
                bucket, key, answer["ContentLength"], etag, plain, part_size, answer.get(CHECKSUM)
            )
    except ObjectMissing:
        return None


def fetch_range(client: "S3Client", bucket: str, key: str, offset: int, length: int) -> tuple[bytes, str]:
    """Bytes of an object, and the ETag of the object that they are of.

    Raises
    ------
    ObjectMissing
        If it is gone, or shorter than that.
    CredentialsError, RemoteError
        If the store refuses.
    """
    bounds: dict[str, Any] = {"Range": f"bytes={offset}-{offset + length - 1}"} if length else {}
    for attempt in range(ATTEMPTS):
        try:
            with translated(bucket, key, "read"):
                answer = client.get_object(Bucket=bucket, Key=key, **bounds)
                data = answer["Body"].read()
                etag = bare_etag(answer["ETag"])
        except (ObjectMissing, AlreadyThere):
            raise
        except RequestRefused as error:
            raise ObjectMissing(f"s3://{bucket}/{key} is not what it was", error.mend) from error
        except RemoteError:  # boto3 tries a request again, but not the reading of an answer that breaks off
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return data[:length], etag
    raise AssertionError  # the last attempt returns or raises


def copy_whole(
    client: "S3Client",
    original: Original,
    bucket: str,
    key: str,
    condition: Condition | None,
    more: Mapping[str, Any] | None = None,
) -> tuple[Written, str | None]:
    """Let the store copy an object with one request; its ETag, version, and CRC64NVME if the store tells it.

    ``more`` are options, as boto3 names them.

    Raises
    ------
    AlreadyThere
        If the condition does not hold, or the original is another object by now.
    CredentialsError, RemoteError
        If the store refuses.
    """
    arguments: dict[str, Any] = {**(condition.arguments() if condition else {}), **(more or {})}
    with translated(bucket, key, "write"):
        answer = client.copy_object(
            Bucket=bucket,
            Key=key,
            CopySource={"Bucket": original.bucket, "Key": original.key},
            CopySourceIfMatch=original.etag,
            ChecksumAlgorithm="CRC64NVME",
            **arguments,
        )
        result: dict[str, Any] = dict(answer["CopyObjectResult"])
        return Written.told(dict(answer) | result), result.get(CHECKSUM)


def copy_part(
    client: "S3Client",
    original: Original,
    bucket: str,
    key: str,
    upload_id: str,
    number: int,
    offset: int,
    length: int,
    more: Mapping[str, Any] | None = None,
) -> tuple[str, str | None]:
    """Let the store copy bytes of an object as a part; its ETag, and its CRC64NVME if the store tells it.

    ``more`` are options, as boto3 names them.

    Raises
    ------
    AlreadyThere
        If the original is another object by now.
    UploadGone
        If the store does not know the upload.
    CredentialsError, RemoteError
        If the store refuses.
    """
    with translated(bucket, key, "write"):
        answer = client.upload_part_copy(
            Bucket=bucket,
            Key=key,
            UploadId=upload_id,
            PartNumber=number,
            CopySource={"Bucket": original.bucket, "Key": original.key},
            CopySourceRange=f"bytes={offset}-{offset + length - 1}",
            CopySourceIfMatch=original.etag,
            **dict(more or {}),
        )
        result: dict[str, Any] = dict(answer["CopyPartResult"])
        return told_etag(dict(answer) | {"ETag": result["ETag"]}), result.get(CHECKSUM)


def may_read(client: "S3Client", address: str) -> bool:
    """Whether the keys of a client may read an object."""
    try:
        return look_at(client, *split_address(address)) is not None
    except CpgateError:
        return False
