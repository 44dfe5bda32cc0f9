"""Rows of plain values by number, of which only some pages are in memory."""

import marshal
import tempfile
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from validator.errors import CpgateError

ROWS_PER_PAGE = 512
PAGES_IN_MEMORY = 48
"""25,000 rows, some 15 MB; an upload of fewer files never touches the disk for them."""

Row = tuple[Any, ...]


class PagedRows:
    """A list of rows in a nameless temporary file, which is gone with the process however it ends.

    Neighbouring rows share a page, so going through them in order, or nearly so, is fast.

    Parameters
    ----------
    count
        Number of rows.
    empty
        What every row holds at first.
    folder
        Where there is room for the file.

    Raises
    ------
    CpgateError
        From every method, when the disk does not take it.
    """

    def __init__(self, count: int, empty: Row, folder: Path) -> None:
        self._count = count
        self._empty = empty
        self._folder = folder
        self._pages: OrderedDict[int, list[Row]] = OrderedDict()
        self._latest, self._rows = -1, list[Row]()
        self._changed: set[int] = set()
        self._file: IO[bytes] | None = None
        self._slots: dict[int, tuple[int, int, int]] = {}  # of a page: offset, room, bytes used
        self._end = 0

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> Row:
        page, index = divmod(number, ROWS_PER_PAGE)
        if page != self._latest:
            self._turn_to(page)
        return self._rows[index]

    def __setitem__(self, number: int, row: Row) -> None:
        page, index = divmod(number, ROWS_PER_PAGE)
        if page != self._latest:
            self._turn_to(page)
        self._rows[index] = row
        self._changed.add(page)

    def __iter__(self) -> Iterator[Row]:
        """Every row, a page at a time; what is changed meanwhile may be seen or not."""
        for first in range(0, self._count, ROWS_PER_PAGE):
            page = first // ROWS_PER_PAGE
            if page != self._latest:
                self._turn_to(page)
            yield from self._rows[: self._count - first]

    def _turn_to(self, page: int) -> None:
        """The page asked for last needs no looking up; it is the last one to leave the memory."""
        self._rows = self._page(page)
        self._latest = page

    def _page(self, page: int) -> list[Row]:
        rows = self._pages.get(page)
        if rows is not None:
            self._pages.move_to_end(page)
            return rows
        while len(self._pages) >= PAGES_IN_MEMORY:
            old, its_rows = self._pages.popitem(last=False)
            if old in self._changed:
                self._write(old, its_rows)
                self._changed.discard(old)
        rows = self._pages[page] = self._read(page)
        return rows

    def _read(self, page: int) -> list[Row]:
        slot = self._slots.get(page)
        if slot is None or self._file is None:
            return [self._empty] * ROWS_PER_PAGE
        try:
            self._file.seek(slot[0])
            data = self._file.read(slot[2])
        except OSError as error:
            raise self._failure(error) from error
        rows: list[Row] = marshal.loads(data)  # noqa: S302  this very process wrote it, into a file without a name
        return rows

    def _write(self, page: int, rows: list[Row]) -> None:
        data = marshal.dumps(rows)
        offset, room, _ = self._slots.get(page, (0, 0, 0))
        if len(data) > room:
            offset, room = self._end, len(data) * 5 // 4  # rows grow a little when more becomes known
            self._end += room
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  lives as long as this
                weakref.finalize(self, self._file.close)
            self._file.seek(offset)
            self._file.write(data)
        except OSError as error:
            raise self._failure(error) from error
        self._slots[page] = (offset, room, len(data))

    def _failure(self, error: OSError) -> CpgateError:
        return CpgateError(
            f"what is known of each file cannot be kept in {self._folder}: {error.strerror or error}",
            "make room on the disk, or name another place with --state",
        )
