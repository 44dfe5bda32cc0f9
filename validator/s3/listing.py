"""Listings of a bucket, page after page; the next page is asked for while the present one is looked at."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from threading import Event, Thread
from typing import TYPE_CHECKING

from validator.errors import CpgateError
from validator.s3.pages import PAGE, Page, list_page

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from validator.s3.remote_object import RemoteObject

_WAKE = 0.5
"""Seconds after which a wait looks around: on Windows a wait without an end cannot be interrupted."""


def list_objects(
    client: "S3Client", bucket: str, prefix: str, *, page_size: int = PAGE, direct: bool = False
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

    Raises
    ------
    RemoteError, CredentialsError
        If the store refuses.
    """
    page = list_page(client, bucket, prefix, direct=direct, size=page_size)
    while page.next is not None:
        objects = iter(page.objects)
        yield from islice(objects, 1)  # who looks only whether there is something needs no second page
        ahead = _Ahead(partial(list_page, client, bucket, prefix, page.next, direct=direct, size=page_size))
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


class _Ahead:
    """A page that a thread asks for; leaving early (an exception, Ctrl-C) does not wait for it."""

    def __init__(self, ask: Callable[[], Page]) -> None:
        self._ask = ask
        self._ended = Event()
        self._page: Page | None = None
        self._failure: CpgateError | None = None
        Thread(target=self._run, name="cpgate-page-ahead", daemon=True).start()

    def _run(self) -> None:
        try:
            self._page = self._ask()
        except CpgateError as error:
            self._failure = error
        finally:
            self._ended.set()

    def result(self) -> Page:
        """Wait for the page; what the store said against it is raised here."""
        while not self._ended.wait(_WAKE):
            pass
        if self._failure is not None:
            raise self._failure
        # Without an answer the thread broke: what broke it shows in this one, too.
        return self._page or self._ask()
