"""Pages of a listing, one request each: for those who ask for many side by side."""

from typing import TYPE_CHECKING, Any

from validator.s3.failures import translated
from validator.s3.lean_listing import Page, list_leanly

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = ["PAGE", "Page", "list_page"]

PAGE = 1000
"""Objects that S3 lists at once, at most."""


def list_page(
    client: "S3Client",
    bucket: str,
    prefix: str,
    token: str | None = None,
    *,
    after: str | None = None,
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
    after
        Only what follows this key.
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
    if after is not None:
        going_on["StartAfter"] = after
    with translated(bucket, prefix, "list"):
        listed = list_leanly(
            client, Bucket=bucket, Prefix=prefix, Delimiter="/" if direct else "", MaxKeys=size, **going_on
        )
        if listed.next is not None and listed.next == token:
            from botocore.exceptions import PaginationError  # noqa: PLC0415  0.1 s that other commands do not pay

            raise PaginationError(message="the store gives the same page again and again")
        return listed
