"""Versions of objects: which bytes lie, or lay, at a key, and by which id they will always be found."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from validator.s3.asking_head import ask_head
from validator.s3.failures import ObjectMissing, translated
from validator.s3.objects import bare_etag, told_etag

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NO_VERSION = "null"
"""What S3 calls the version of an object that was stored while its bucket kept none."""


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """One version of an object.

    Attributes
    ----------
    key
        Without the bucket.
    version_id
        ``null`` where the bucket keeps no versions.
    size
        Bytes.
    etag
        Without quotes.
    latest
        Whether it is what a request without a version id gets.
    """

    key: str
    version_id: str
    size: int
    etag: str
    latest: bool


def list_versions(
    client: "S3Client", bucket: str, prefix: str, *, direct: bool = False
) -> Iterator[ObjectVersion]:
    """Every version of every object below a prefix (1,000 a request), the newest of each key first.

    Parameters
    ----------
    client, bucket, prefix
        Where to look.
    direct
        Only objects directly in the folder ``prefix``, not in folders below it.

    Raises
    ------
    CredentialsError
        If the keys may not list versions (``s3:ListBucketVersions``); prefix grants often may not.
    RemoteError
        If the store refuses.
    """
    with translated(bucket, prefix, "list the versions of"):
        pages = client.get_paginator("list_object_versions").paginate(
            Bucket=bucket, Prefix=prefix, Delimiter="/" if direct else ""
        )
        for page in pages:
            for item in page.get("Versions", []):
                version_id = item.get("VersionId") or NO_VERSION
                yield ObjectVersion(
                    item["Key"], version_id, item["Size"], bare_etag(item["ETag"]), item["IsLatest"]
                )


def head_version(
    client: "S3Client", bucket: str, key: str, version_id: str | None = None
) -> ObjectVersion | None:
    """What lies at a key, or lay there as this version; ``None`` when there is none.

    Raises
    ------
    RemoteError, CredentialsError
        If the store refuses.
    """
    arguments: dict[str, Any] = {} if version_id is None else {"VersionId": version_id}
    try:
        with translated(bucket, key, "read"):
            answer = ask_head(client, Bucket=bucket, Key=key, **arguments)
            found = answer.get("VersionId") or NO_VERSION
            return ObjectVersion(
                key, found, answer["ContentLength"], told_etag(answer), latest=version_id is None
            )
    except ObjectMissing:
        return None
