"""Pages of a listing, one request each: for those who ask for many side by side."""

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from validator.s3.failures import translated
from validator.s3.objects import RemoteObject, bare_etag

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PAGE = 1000
"""Objects that S3 lists at once, at most."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one request lists.

    Attributes
    ----------
    objects
        In the order of their keys.
    folders
        Prefixes that were not looked into, each with its slash; none unless they were asked for.
    next
        Gives the page that follows; ``None`` for the last one.
    """

    objects: list[RemoteObject]
    folders: list[str]
    next: str | None


def list_page(
    client: "S3Client",
    bucket: str,
    prefix: str,
    token: str | None = None,
    *,
    direct: bool = False,
    size: int = PAGE,
) -> Page:
    """List a page of what lies below a prefix.

    Parameters
    ----------
    client, bucket, prefix
        Where to look.
    token
        Where the page before ended.
    direct
        Only what lies directly in the folder ``prefix``, and the names of the folders in it.
    size
        Objects a page.

    Raises
    ------
    RemoteError, CredentialsError
        If the store refuses.
    """
    going_on: dict[str, Any] = {"ContinuationToken": token} if token else {}
    with translated(bucket, prefix, "list"):
        answer = client.list_objects_v2(
            Bucket=bucket, Prefix=prefix, Delimiter="/" if direct else "", MaxKeys=size, **going_on
        )
        objects = [
            RemoteObject(
                item["Key"], item["Size"], bare_etag(item["ETag"]), item["LastModified"].astimezone(UTC)
            )
            for item in answer.get("Contents", [])
        ]
        folders = [item["Prefix"] for item in answer.get("CommonPrefixes", [])]
        return Page(objects, folders, answer.get("NextContinuationToken") if answer["IsTruncated"] else None)
