"""Listings of a bucket, page after page; the next page is asked for while the present one is looked at."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from validator.s3.page_ahead import PageAhead
from validator.s3.pages import PAGE, list_page
from validator.s3.stretches import list_stretches

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from validator.s3.remote_object import RemoteObject


def list_objects(
    client: "S3Client",
    bucket: str,
    prefix: str,
    *,
    page_size: int = PAGE,
    direct: bool = False,
    divide: Callable[[str], Sequence[str]] | None = None,
) -> "Iterator[RemoteObject]":
    """Every object below a prefix, in the order of the keys (1,000 a request).

    Parameters
    ----------
    client, bucket, prefix
        Where to look.
    page_size
        Objects a request.
    direct
        Only objects directly in the folder ``prefix``, not in folders below it.
    divide
        Keys that divide what follows a key. With it the objects come in no order, and some perhaps twice; what lies
        behind each of these keys is asked for at once, where the store can do that.

    Raises
    ------
    RemoteError, CredentialsError
        If the store refuses.
    """
    ask = partial(list_page, client, bucket, prefix, direct=direct, size=page_size)
    page = ask()
    while page.next is not None:
        objects = iter(page.objects)
        yield from islice(objects, 1)  # who looks only whether there is something needs no second page
        if divide is not None and page.objects:
            last = page.objects[-1].key
            starts, divide = divide(last), None
            if starts:
                yield from objects
                if (yield from list_stretches(ask, page.next, last, starts)):
                    return
        ahead = PageAhead(partial(ask, page.next))
        yield from objects
        page = ahead.result()
    yield from page.objects


def list_folders(client: "S3Client", bucket: str, prefix: str) -> set[str]:
    """Names of the folders directly below a prefix.

    Raises
    ------
    RemoteError, CredentialsError
        If the store refuses.
    """
    page = list_page(client, bucket, prefix, direct=True)
    folders = page.folders
    while page.next is not None:
        page = list_page(client, bucket, prefix, page.next, direct=True)
        folders += page.folders
    return {folder[len(prefix) :].rstrip("/") for folder in folders}
