"""Lists a bucket with many requests side by side, and gives the objects in the order of their keys all the same.

A page names where the next one begins, so that a prefix can only be listed page after page; waiting is nearly all of
it. What is long is therefore divided by its folders, and those are listed at once: batches, plates. A folder that
fits on a page costs one request, and what has no folders, or too many small ones, is read page after page.
"""

import queue
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby, islice
from typing import TYPE_CHECKING

from validator.s3.objects import RemoteObject
from validator.s3.pages import PAGE, Page, list_page
from validator.sources.workers import Pending, Workers

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

THREADS = 16
PLACES_AHEAD = 2 * THREADS
"""Folders that are listed while those before them are not finished."""
PAGES_AHEAD = 4
"""Pages of a folder that may wait for their turn: with all folders ahead some 130,000 objects."""
MOST_FOLDERS = 500
"""A folder with more folders (one for each site, say) is not divided: a request for each would cost more."""
_WAKE = 0.5
"""Seconds after which a wait looks around: on Windows a wait without an end cannot be interrupted."""


@dataclass(eq=False, slots=True)
class _Place:
    """A folder that is being listed, or objects that lie between folders."""

    prefix: str
    pages: deque[list[RemoteObject]] = field(default_factory=deque)
    token: str | None = None
    beginning: list[RemoteObject] | None = None
    whole: bool = False
    finished: bool = False
    pending: Pending[Page] | None = None

    @property
    def wants_page(self) -> bool:
        return not self.finished and self.pending is None and len(self.pages) < PAGES_AHEAD

    @property
    def divides(self) -> bool:
        """Whether its folders are asked for: its first page is known, and that there are more."""
        return self.beginning is not None and not self.whole

    def take(self, page: Page) -> "list[_Place]":
        """Enter an answer; gives what takes this place, when it is divided."""
        if self.divides:
            assert self.beginning is not None
            if page.next is None and 0 < len(page.folders) <= MOST_FOLDERS:
                return self._divided(page)
            self.whole = True  # as far as it is known, and from there on page after page
            self.pages.append(self.beginning)
            self.beginning = None
        elif self.token is None and page.next is not None and not self.whole:
            self.beginning, self.token = page.objects, page.next
        else:
            self.pages.append(page.objects)
            self.token = page.next
            self.finished = page.next is None
        return []

    def _divided(self, page: Page) -> "list[_Place]":
        if (
            len(page.folders) == 1 and not page.objects
        ):  # the first page of the folder is that of the one in it
            return [_Place(page.folders[0], token=self.token, beginning=self.beginning)]
        parts: list[RemoteObject | str] = sorted(
            [*page.objects, *page.folders], key=lambda part: part if isinstance(part, str) else part.key
        )
        places = []
        for are_folders, run in groupby(parts, key=lambda part: isinstance(part, str)):
            if are_folders:
                places += [_Place(str(folder)) for folder in run]
            else:
                objects = [part for part in run if isinstance(part, RemoteObject)]
                places.append(_Place("", deque([objects]), finished=True))
        return places


def list_side_by_side(
    client: "S3Client", bucket: str, prefix: str, *, threads: int = THREADS, page_size: int = PAGE
) -> Iterator[RemoteObject]:
    """Every object below a prefix, in the order of the keys.

    Parameters
    ----------
    client
        For as many connections as there are threads.
    bucket, prefix
        Where to look.
    threads
        Requests at once.
    page_size
        Objects a request.

    Raises
    ------
    RemoteError, CredentialsError
        If the store refuses.
    """
    answered: queue.SimpleQueue[_Place] = queue.SimpleQueue()

    def ask(place: _Place) -> Page:
        try:
            direct = place.divides
            if direct:
                return list_page(client, bucket, place.prefix, direct=True)
            return list_page(client, bucket, place.prefix, place.token, size=page_size)
        finally:
            answered.put(place)

    places = deque([_Place(prefix)])
    with Workers(threads) as workers:
        while places:
            head = places[0]
            while head.pages:
                yield from head.pages.popleft()
            if head.finished:
                places.popleft()
                continue
            for place in islice(places, PLACES_AHEAD):
                if place.wants_page:
                    place.pending = workers.submit(partial(ask, place))
            _enter(places, _next(answered))


def _next(answered: "queue.SimpleQueue[_Place]") -> _Place:
    while True:
        try:
            return answered.get(timeout=_WAKE)
        except queue.Empty:
            continue


def _enter(places: deque[_Place], place: _Place) -> None:
    """Enter what was answered about a place, and put its folders where it stood if it is divided."""
    assert place.pending is not None
    page = place.pending.result()
    place.pending = None
    instead = place.take(page)
    if instead:
        position = places.index(place)
        del places[position]
        for number, part in enumerate(instead):
            places.insert(position + number, part)
