"""Looks at what lies in folders: at once on a quick disk, many looks side by side on a slow one.

A look at a file on a network share takes a millisecond or more, nearly all of it waiting: there, threads help. On
a local disk it takes microseconds, and threads would only stand in each other's way. So looking begins in one
thread and goes over to many when the answers take long.
"""

import os
import stat
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from operator import attrgetter
from os import DirEntry
from time import perf_counter

from validator.models.listing import LATEST_NS
from validator.models.long_paths import openable
from validator.sources.workers import Pending, Workers

THREADS = 16
SLOW = 150e-6
"""Seconds a look takes on average from which on many are made side by side."""
LOOKS_AT_ONCE = 128
"""Files that one thread looks at in one go."""
LOOKS_TIMED = 32
"""Looks over which the average is taken."""
SLOW_IN_A_ROW = 256
"""Looks that must have been slow without a quick one between."""
FOLDERS_AHEAD = 2 * THREADS
_NAME = attrgetter("name")
_MODE, _SIZE, _TIME = (attrgetter(name) for name in ("st_mode", "st_size", "st_mtime_ns"))
ENTRIES_AHEAD = 20_000
"""Where folders are large, fewer are looked into ahead, so that what waits does not fill the memory."""


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link (or junction).

    Attributes
    ----------
    target
        Path of what it leads to in the end.
    state
        State of that, or why it has none.
    """

    target: str
    state: os.stat_result | OSError


Oddity = os.stat_result | Link | OSError | None
"""What a look at an entry that is no plain file shows: the state of something special, a link, why it cannot be
looked at, or ``None`` for a folder."""


@dataclass(slots=True)
class Looks:
    """What looks at entries showed, in columns: nearly always they are files and nothing else is to be said.

    Attributes
    ----------
    names
        On disk, in no order.
    sizes, mtimes_ns
        Of files; 0 for what is no file.
    oddities
        What is no file, by its position.
    """

    names: list[str]
    sizes: "array[int]"
    mtimes_ns: "array[int]"
    oddities: dict[int, Oddity]


@dataclass(slots=True)
class Glance:
    """What lies directly in a folder.

    Attributes
    ----------
    looks
        Pieces that follow each other.
    rest
        Entries that have not been looked at yet.
    error
        Why the folder cannot be listed, or ``None``.
    """

    looks: list[Looks] = field(default_factory=list)
    rest: "list[DirEntry[str]]" = field(default_factory=list)
    error: OSError | None = None


class Looker:
    """Looks into folders, and ahead into those that come next.

    Parameters
    ----------
    workers
        Threads for slow disks.
    """

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._ahead: dict[str, Pending[Glance]] = {}
        self._looks = 0
        self._seconds = 0.0
        self._slow_in_a_row = 0
        self._slow = False
        self._largest = 0

    def look(self, path: str, coming: Callable[[], Iterator[str]]) -> Glance:
        """Look into a folder.

        Parameters
        ----------
        path
            The folder.
        coming
            Gives the folders that will be asked for next, the nearest first; asked on a slow disk only.
        """
        if not self._slow:
            return self._look_now(path)
        pending = self._ahead.pop(path, None) or self._workers.submit(partial(_first_look, path))
        self._look_ahead(coming)
        glance = pending.result()
        self._largest = max(len(glance.rest), self._largest // 2)
        self._look_at_rest(glance)
        return glance

    def _look_now(self, path: str) -> Glance:
        glance = Glance()
        try:
            with os.scandir(openable(path)) as found:
                # What was looked at is let go at once: entries remember what they were told, and fill the memory.
                while some := list(islice(found, LOOKS_AT_ONCE)):
                    began = perf_counter()
                    glance.looks.append(_look_at(some))
                    self._take_time(perf_counter() - began, len(some))
                    if self._slow:
                        glance.rest = list(found)
        except OSError as error:
            glance.error = error
        self._look_at_rest(glance)
        return glance

    def _look_ahead(self, coming: Callable[[], Iterator[str]]) -> None:
        wanted = min(FOLDERS_AHEAD, 1 + ENTRIES_AHEAD // (1 + self._largest))
        if len(self._ahead) > wanted // 2:
            return
        for path in islice(coming(), wanted):
            if path not in self._ahead:
                self._ahead[path] = self._workers.submit(partial(_first_look, path))

    def _look_at_rest(self, glance: Glance) -> None:
        waiting = [
            self._workers.submit(partial(_look_at, glance.rest[begin : begin + LOOKS_AT_ONCE]))
            for begin in range(0, len(glance.rest), LOOKS_AT_ONCE)
        ]
        glance.rest = []
        glance.looks += [pending.result() for pending in waiting]

    def _take_time(self, seconds: float, looks: int) -> None:
        self._seconds += seconds
        self._looks += looks
        if self._looks < LOOKS_TIMED:
            return
        # One slow answer says nothing about the disk (the machine had other things to do), a row of them does.
        self._slow_in_a_row = self._slow_in_a_row + self._looks if self._seconds > SLOW * self._looks else 0
        self._slow = self._slow_in_a_row >= SLOW_IN_A_ROW
        self._looks, self._seconds = 0, 0.0


def _first_look(path: str) -> Glance:
    """List a folder and look at its first entries."""
    try:
        with os.scandir(openable(path)) as found:
            first = list(islice(found, LOOKS_AT_ONCE))
            return Glance([_look_at(first)], list(found))
    except OSError as error:
        return Glance(error=error)


def _look_at(entries: "Sequence[DirEntry[str]]") -> Looks:
    names = list(map(_NAME, entries))
    try:
        found: list[os.stat_result | OSError] = [entry.stat(follow_symlinks=False) for entry in entries]
        if all(map(stat.S_ISREG, set(map(_MODE, found)))):
            return Looks(names, array("q", map(_SIZE, found)), array("q", map(_TIME, found)), {})
    except (OSError, OverflowError):  # a clock that was wrong leaves times that no column holds
        found = [_state(entry) for entry in entries]
    looks = Looks(names, array("q"), array("q"), {})
    for position, state in enumerate(found):
        size = mtime_ns = 0
        if isinstance(state, OSError):
            looks.oddities[position] = state
        elif stat.S_ISREG(state.st_mode):
            size, mtime_ns = state.st_size, max(-LATEST_NS, min(state.st_mtime_ns, LATEST_NS))
        elif stat.S_ISLNK(state.st_mode) or _is_junction(entries[position]):
            looks.oddities[position] = _follow(entries[position])
        else:
            looks.oddities[position] = None if stat.S_ISDIR(state.st_mode) else state
        looks.sizes.append(size)
        looks.mtimes_ns.append(mtime_ns)
    return looks


def _state(entry: "DirEntry[str]") -> os.stat_result | OSError:
    try:
        return entry.stat(follow_symlinks=False)
    except OSError as error:
        return error


def _follow(entry: "DirEntry[str]") -> Link:
    target = os.path.realpath(entry.path)
    try:
        return Link(target, entry.stat())
    except OSError as error:
        return Link(target, error)


def _is_junction(entry: "DirEntry[str]") -> bool:
    is_junction = getattr(entry, "is_junction", None)  # Windows, from Python 3.12 on
    return is_junction is not None and bool(is_junction())
