"""What the store tells of one object beyond a listing: version, checksums, parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from validator.s3.asking_head import ask_head
from validator.s3.failures import ObjectMissing, translated
from validator.s3.objects import told_checksums, told_etag

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class ObjectAttributes:
    """An object as HeadObject describes it.

    Attributes
    ----------
    key
        Without the bucket.
    size
        Bytes.
    etag
        Without quotes; begins with ``encrypted-`` where it is no MD5.
    modified
        UTC.
    version_id
        ``None`` in a bucket without versions.
    checksums
        See `validator.s3.objects.told_checksums`.
    """

    key: str
    size: int
    etag: str
    modified: datetime
    version_id: str | None
    checksums: Mapping[str, bytes]


def head_attributes(
    client: "S3Client", bucket: str, key: str, version_id: str | None = None
) -> ObjectAttributes | None:
    """Ask for one object; ``None`` when there is none.

    Raises
    ------
    RemoteError, CredentialsError
        If the store refuses.
    """
    version: dict[str, Any] = {"VersionId": version_id} if version_id else {}
    try:
        with translated(bucket, key, "read"):
            answer = ask_head(client, Bucket=bucket, Key=key, ChecksumMode="ENABLED", **version)
            modified = answer["LastModified"].astimezone(UTC)
            found = answer.get("VersionId")
            return ObjectAttributes(
                key,
                answer["ContentLength"],
                told_etag(answer),
                modified,
                found if found != "null" else None,
                told_checksums(answer),
            )
    except ObjectMissing:
        return None
