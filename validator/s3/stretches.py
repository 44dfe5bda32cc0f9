"""A long listing in several stretches, asked for at once: keys that are known say where each may begin.

A page names where the next one begins, so that a listing goes page after page, and waiting is nearly all of it. But S3
also lists from any key on (``StartAfter``), and whoever sends files knows about which keys a listing will hold.
"""

from bisect import bisect_right
from collections.abc import Generator, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from validator.s3.page_ahead import PageAhead

if TYPE_CHECKING:
    from validator.s3.pages import Page
    from validator.s3.remote_object import RemoteObject


class Ask(Protocol):
    """Asks for the page with a token, or for the first one after a key."""

    def __call__(self, token: str | None = None, *, after: str | None = None) -> "Page": ...


def list_stretches(
    ask: Ask, token: str, after: str, starts: Sequence[str]
) -> "Generator[RemoteObject, None, bool]":
    """Every object that follows a page; in order within each stretch, whose pages take turns.

    Parameters
    ----------
    ask
        Asks for a page.
    token, after
        Where that page ended: its token, and its last key.
    starts
        Keys behind which further stretches begin, ascending.

    Returns
    -------
    bool
        Whether that was all. A store may list in another order, or from the beginning whatever it is asked; some
        objects may have been given by then.
    """
    ends = [*starts, None]
    stretches = [_Stretch(ask, PageAhead(partial(ask, token)), after, ends[0])]
    stretches += [
        _Stretch(ask, PageAhead(partial(ask, after=begin)), begin, end)
        for begin, end in pairwise(ends)
        if begin is not None
    ]
    while stretches:
        for stretch in stretches:
            objects = stretch.take()
            if objects is None:
                return False
            yield from objects
        stretches = [stretch for stretch in stretches if not stretch.ended]
    return True


class _Stretch:
    """What lies behind one key and not behind another."""

    def __init__(self, ask: Ask, ahead: PageAhead, after: str, last: str | None) -> None:
        self.ended = False
        self._ask = ask
        self._ahead = ahead
        self._after = after
        self._last = last

    def take(self) -> "list[RemoteObject] | None":
        """The next page's objects, ``None`` if they are none of this stretch; the page that follows is asked for meanwhile."""
        page = self._ahead.result()
        objects, last = page.objects, self._last
        keys = [there.key for there in objects]
        if keys and (keys[0] <= self._after or keys != sorted(keys)):
            return None
        if page.next is None or (last is not None and keys and keys[-1] >= last):
            self.ended = True
        else:
            self._ahead = PageAhead(partial(self._ask, page.next))
            self._after = keys[-1] if keys else self._after
        return objects if last is None else objects[: bisect_right(keys, last)]
