"""Requests about multipart uploads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

from validator.errors import CredentialsError, RemoteError
from validator.s3.failures import ObjectMissing, UploadGone, translated
from validator.s3.objects import (
    Condition,
    Written,
    bare_etag,
    md5_header,
    told_checksums,
    told_version,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListMultipartUploadsOutputTypeDef


@dataclass(frozen=True, slots=True)
class RemotePart:
    """A part that the store holds.

    Attributes
    ----------
    number, size
        1 is the first; bytes.
    etag
        Its MD5 in hex, unless it is encrypted with KMS, which a list of parts does not tell.
    modified
        When it came (UTC).
    checksums
        See `validator.s3.objects.told_checksums`.
    """

    number: int
    size: int
    etag: str
    modified: datetime | None = field(default=None, compare=False)
    checksums: Mapping[str, bytes] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class RemoteUpload:
    """A multipart upload that was begun and neither completed nor aborted: when (UTC) and by whom, as the store says."""

    key: str
    upload_id: str
    began: datetime | None = field(default=None, compare=False)
    who: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Begun:
    """The answer to a beginning.

    Attributes
    ----------
    upload_id
        Its id.
    retried
        Whether it was asked for more than once, so that there may be others.
    ends
        When a lifecycle rule of the bucket throws it away unless it is complete (UTC).
    """

    upload_id: str
    retried: bool = False
    ends: datetime | None = None


def begin_upload(
    client: "S3Client",
    bucket: str,
    key: str,
    arguments: Mapping[str, Any] | None = None,
    *,
    checksum: str = "",
) -> Begun:
    """Begin a multipart upload.

    Parameters
    ----------
    client, bucket, key
        Where to.
    arguments
        Options, as boto3 names them.
    checksum
        What the store is to check and keep beside MD5s: ``crc64nvme`` of the whole object, ``sha256`` of the parts.
    """
    named: dict[str, Any] = dict(arguments or {})
    if checksum:
        kind = "COMPOSITE" if checksum == "sha256" else "FULL_OBJECT"
        named |= {"ChecksumAlgorithm": checksum.upper(), "ChecksumType": kind}
    with translated(bucket, key, "write"):
        answer = client.create_multipart_upload(Bucket=bucket, Key=key, **named)
        tries = answer.get("ResponseMetadata", {}).get("RetryAttempts", 0)
        return Begun(answer["UploadId"], tries > 0, _abort_date(answer))


def upload_part(
    client: "S3Client",
    bucket: str,
    key: str,
    upload_id: str,
    number: int,
    data: bytes | IO[bytes],
    md5: str,
    more: Mapping[str, Any] | None = None,
) -> Written:
    """Send one part; ``more`` are options, as boto3 names them.

    Raises
    ------
    UploadGone
        If the store does not know the upload.
    """
    with translated(bucket, key, "write"):
        answer = client.upload_part(
            Bucket=bucket,
            Key=key,
            UploadId=upload_id,
            PartNumber=number,
            Body=data,
            ContentMD5=md5_header(md5),
            **(more or {}),
        )
        return Written.told(answer)


def complete_upload(
    client: "S3Client",
    bucket: str,
    key: str,
    upload_id: str,
    etags: Sequence[str],
    condition: Condition | None,
    whole: Mapping[str, Any] | None = None,
    checksums: Sequence[Mapping[str, str]] = (),
) -> Written:
    """Join the parts into an object and return its ETag and version; the ETag is empty where the answer has none (Ceph).

    Parameters
    ----------
    client, bucket, key, upload_id
        The upload.
    etags
        Of its parts.
    condition
        What must be true at the key.
    whole
        What the store compares the whole object with, as boto3 names it: see `whole_arguments`.
    checksums
        Of its parts, see `part_checksum`; empty if it was begun without.

    Raises
    ------
    AlreadyThere
        If the condition does not hold.
    UploadGone
        If the store does not know the upload; after a lost answer it may have been completed.
    """
    parts: list[Any] = [
        {"PartNumber": number, "ETag": f'"{etag}"'} for number, etag in enumerate(etags, start=1)
    ]
    for part, checksum in zip(parts, checksums, strict=bool(checksums)):
        part.update(checksum)
    arguments = condition.arguments() if condition else {}
    with translated(bucket, key, "write"):
        answer = client.complete_multipart_upload(
            Bucket=bucket,
            Key=key,
            UploadId=upload_id,
            MultipartUpload={"Parts": parts},
            **arguments,
            **(whole or {}),
        )
        return Written.told(answer) if answer.get("ETag") else Written("", told_version(answer))


def part_checksum(algorithm: str, value: str) -> dict[str, str]:
    """A checksum of a part, as boto3 names it."""
    return {f"Checksum{algorithm.upper()}": value}


def whole_arguments(size: int, checksum: str, crc64nvme: str) -> dict[str, Any]:
    """What a store that knows checksums compares a whole object with.

    Parameters
    ----------
    size
        Its bytes.
    checksum
        With what it was begun, see `begin_upload`.
    crc64nvme
        Its CRC64NVME, base64.
    """
    if checksum == "sha256":  # of the parts, which are named one by one
        return {"MpuObjectSize": size, "ChecksumType": "COMPOSITE"}
    return {"MpuObjectSize": size, "ChecksumCRC64NVME": crc64nvme, "ChecksumType": "FULL_OBJECT"}


def abort_upload(client: "S3Client", bucket: str, key: str, upload_id: str) -> None:
    """Throw an unfinished upload and its parts away; one that is gone already is fine."""
    try:
        with translated(bucket, key, "abort the upload of"):
            client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
    except UploadGone:
        return


@dataclass(frozen=True, slots=True)
class PartsThere:
    """The parts that the store holds of an upload, and when a lifecycle rule throws them away (UTC), if one does."""

    parts: list[RemotePart]
    ends: datetime | None = None


def find_parts(client: "S3Client", bucket: str, key: str, upload_id: str) -> PartsThere:
    """Every part that the store holds of an upload, and what becomes of them.

    Raises
    ------
    UploadGone
        If the store does not know the upload.
    """
    try:
        with translated(bucket, key, "list the parts of"):
            found, ends = list[RemotePart](), None
            paginator = client.get_paginator("list_parts")
            for page in paginator.paginate(Bucket=bucket, Key=key, UploadId=upload_id):
                ends = _abort_date(page) or ends
                found.extend(
                    RemotePart(
                        part["PartNumber"],
                        part["Size"],
                        bare_etag(part["ETag"]),
                        part["LastModified"].astimezone(UTC) if "LastModified" in part else None,
                        told_checksums(part),
                    )
                    for part in page.get("Parts", [])
                )
            return PartsThere(found, ends)
    except ObjectMissing as error:  # what Ceph says of an upload that it does not know
        raise UploadGone(f"the store no longer knows the upload of s3://{bucket}/{key}") from error


def list_parts(client: "S3Client", bucket: str, key: str, upload_id: str) -> list[RemotePart]:
    """Every part that the store holds of an upload; see `find_parts`."""
    return find_parts(client, bucket, key, upload_id).parts


def _abort_date(answer: Any) -> datetime | None:
    """When a rule of the bucket throws an upload away; the type of answers does not know that it may be missing."""
    ends: datetime | None = answer.get("AbortDate")
    return None if ends is None else ends.astimezone(UTC)


def abort_if_empty(client: "S3Client", bucket: str, key: str, upload_id: str) -> bool:
    """Abort an upload that holds no part: one whose beginning was never answered; whether it was aborted."""
    try:
        if list_parts(client, bucket, key, upload_id):
            return False
    except UploadGone:
        return False
    abort_upload(client, bucket, key, upload_id)
    return True


def list_uploads(client: "S3Client", bucket: str, prefix: str) -> Iterator[RemoteUpload]:
    """Every unfinished upload below a prefix.

    Raises
    ------
    CredentialsError
        If the credentials do not include this right; those of a grant probably do not.
    """
    with translated(bucket, prefix, "list the unfinished uploads of"):
        for page in _upload_pages(client, bucket, prefix):
            for upload in page.get("Uploads", []):
                who = upload.get("Initiator", {})
                began = upload.get("Initiated")
                yield RemoteUpload(
                    upload["Key"],
                    upload["UploadId"],
                    began.astimezone(UTC) if began else None,
                    who.get("DisplayName") or who.get("ID") or "",
                )


def _upload_pages(
    client: "S3Client", bucket: str, prefix: str
) -> "Iterator[ListMultipartUploadsOutputTypeDef]":
    """Page after page; botocore's own paginator costs a tenth of a second, once, to be found."""
    page = client.list_multipart_uploads(Bucket=bucket, Prefix=prefix)
    yield page
    while page.get("IsTruncated"):
        marks = (page.get("NextKeyMarker", ""), page.get("NextUploadIdMarker", ""))
        page = client.list_multipart_uploads(
            Bucket=bucket, Prefix=prefix, KeyMarker=marks[0], UploadIdMarker=marks[1]
        )
        if (page.get("NextKeyMarker", ""), page.get("NextUploadIdMarker", "")) == marks:
            return  # a store that would go on for ever
        yield page


def try_list_uploads(client: "S3Client", bucket: str, prefix: str) -> list[RemoteUpload] | None:
    """Every unfinished upload below a prefix, or ``None`` where they cannot be listed.

    The credentials of a grant probably may not, and some stores do not know the request.
    """
    try:
        return list(list_uploads(client, bucket, prefix))
    except (CredentialsError, RemoteError):
        return None
