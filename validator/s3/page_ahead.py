"""A page of a listing that is asked for while the one before it is looked at."""

from collections.abc import Callable
from threading import Event, Thread
from typing import TYPE_CHECKING

from validator.errors import CpgateError

if TYPE_CHECKING:
    from validator.s3.pages import Page

_WAKE = 0.5
"""Seconds after which a wait looks around: on Windows a wait without an end cannot be interrupted."""


class PageAhead:
    """A page that a thread asks for; leaving early (an exception, Ctrl-C) does not wait for it."""

    def __init__(self, ask: "Callable[[], Page]") -> None:
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

    def result(self) -> "Page":
        """Wait for the page; what the store said against it is raised here."""
        while not self._ended.wait(_WAKE):
            pass
        if self._failure is not None:
            raise self._failure
        # Without an answer the thread broke: what broke it shows in this one, too.
        return self._page or self._ask()
