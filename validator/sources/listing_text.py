"""Listings as text: what ``aws s3 ls --recursive`` and programs like it print, and plain lists of keys."""

import calendar
import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Literal

from validator.errors import UnreadableFile
from validator.models.counts import counted
from validator.models.listing import UNKNOWN_SIZE, Trouble
from validator.sources.keys import KeyFolders
from validator.sources.listing_forms import (
    columns_of,
    is_document,
    is_folder,
    is_total,
    objects_of,
    program_of,
)

_AWS_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d):(\d\d) (?=[ \d]{10}) *(\d+) (.+)", re.DOTALL)
"""``date time size key``, the size at least ten columns wide, one space before the key (aws-cli,
``customizations/s3/subcommands.py``)."""
_NARROW_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d):(\d\d) +(\d+) (.+)", re.DOTALL)
"""The same after a tool that joined the spaces."""
_FOLDER_LINE = re.compile(r" +PRE .+")
"""How a listing without ``--recursive`` names a folder."""
_ROUNDED_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d):(\d\d) +(\d+(?:\.\d+)?) (Bytes?|[KMGTP]iB) (.+)", re.DOTALL
)
"""With ``--human-readable``; the sizes are rounded, which is enough to tell empty files."""
_POWERS = {"Byte": 0, "Bytes": 0, "KiB": 1, "MiB": 2, "GiB": 3, "TiB": 4, "PiB": 5}
_TOTAL = re.compile(r"\s*(?:Total Objects: (\d+)|Total Size: .+)?")
"""What ``--summarize`` prints at the end, and empty lines."""
_ADDRESS = re.compile(r"s3://[^/]+/")
_WINDOWS_PATH = re.compile(r"[A-Za-z]:\\|\\\\[^\\]")
"""``D:\\data\\...`` and ``\\\\server\\data\\...``, as ``dir /s /b`` prints them."""
_COLUMNS = re.compile(r"(?i)[,;\t]\s*\"?(?:size|etag|last_?modified|md5|bucket)\b")
"""What the header of a table of objects names beside the key."""
_LINES_TRIED = 100
_LINES_OF_BEGINNING = 20
_RANGES_NAMED = 10
_TEXT_NAMED = 60


class _Rejected:
    """Lines that are no entries of a listing."""

    def __init__(self) -> None:
        self.count = 0
        self._ranges: list[tuple[int, int]] = []
        self._first = ""
        self._folders_only = False

    def add(self, number: int, line: str) -> None:
        self.count += 1
        if self.count == 1:
            self._first = line.strip()
        self._folders_only = self._folders_only or _FOLDER_LINE.match(line) is not None or is_folder(line)
        if self._ranges and self._ranges[-1][1] == number - 1:
            self._ranges[-1] = (self._ranges[-1][0], number)
        elif len(self._ranges) <= _RANGES_NAMED:
            self._ranges.append((number, number))

    def trouble(self, name: str) -> Trouble:
        """All of them in one."""
        shown = [
            f"{low:,}" if low == high else f"{low:,}-{high:,}" for low, high in self._ranges[:_RANGES_NAMED]
        ]
        more = " and more" if len(self._ranges) > _RANGES_NAMED else ""
        text = self._first[:_TEXT_NAMED] + ("…" if len(self._first) > _TEXT_NAMED else "")
        noun, which = ("line", "it") if self.count == 1 else ("lines", "the first")
        detail = f"{noun} {', '.join(shown)}{more}; {which} is “{text}”"
        if self._folders_only:
            detail += " (the listing was made without --recursive)"
        return Trouble("listing-line", name, name, detail, self._ranges[0][0], self.count)


def read_aws_ls(lines: Iterable[str], folders: KeyFolders, name: str) -> list[Trouble]:
    """Read what ``aws s3 ls --recursive`` printed.

    Parameters
    ----------
    lines
        With or without their newlines.
    folders
        Where the keys go.
    name
        What the listing is called in findings.

    Returns
    -------
    list of Trouble
        Lines that are no entries, and a number at its end that does not agree.
    """
    reader = AwsLines(folders)
    waiting = iter(lines)
    beginning = list(islice(waiting, _LINES_OF_BEGINNING))
    if is_document("".join(beginning)):
        _read_document(chain(beginning, waiting), folders, name)
        return []
    for number, line in enumerate(chain(beginning, waiting), start=1):
        reader.read(number, line)
    return reader.troubles(name)


def _read_document(texts: Iterable[str], folders: KeyFolders, name: str) -> None:
    try:
        for minute, second, size, key in objects_of(json.loads("".join(texts))):
            folders.add(key, size, max(0, _nanoseconds(minute)) + int(second) * 1_000_000_000)
    except ValueError as error:
        raise UnreadableFile(
            f"The listing {name} is a JSON document that is damaged, or has no Key and Size of every object.",
            "Make it again: aws s3api list-objects-v2 --bucket NAME --prefix PREFIX --output json",
        ) from error


class AwsLines:
    """Reads lines of ``aws s3 ls`` one by one.

    Parameters
    ----------
    folders
        Where the keys go.
    """

    def __init__(self, folders: KeyFolders) -> None:
        self._folders = folders
        self._rejected = _Rejected()
        self._totals: list[tuple[int, int]] = []
        self._minutes = _Minutes()

    def read(self, number: int, whole: str) -> None:
        """Read one line, which may end with its newline."""
        line = whole.rstrip("\r\n")
        match = _AWS_LINE.fullmatch(line)
        minute, second, size, key = match.groups() if match is not None else _unusual(line)
        if key and (time := self._minutes[minute]) >= 0:
            self._folders.add(key, int(size), time + int(second) * 1_000_000_000)
        elif (summary := _TOTAL.fullmatch(line)) is None:
            if not is_total(line):
                self._rejected.add(number, line)
        elif summary[1]:
            self._totals.append((number, int(summary[1])))

    def troubles(self, name: str, more_keys: int = 0) -> list[Trouble]:
        """Lines that are no entries, and a number at the end that does not agree.

        Parameters
        ----------
        name
            What the listing is called in findings.
        more_keys
            How many keys were read by somebody else.
        """
        troubles = [self._rejected.trouble(name)] if self._rejected.count else []
        keys = self._folders.keys + more_keys
        if self._totals and sum(total for _, total in self._totals) != keys:
            number, total = self._totals[-1]
            detail = f"it counts {counted(total, 'object')}, and {keys:,} stand above it"
            troubles.append(Trouble("listing-line", name, name, detail, number))
        return troubles


class _Minutes(dict[str, int]):
    """Nanoseconds since 1970 of each minute, worked out once; negative where there is no such minute."""

    def __missing__(self, minute: str) -> int:
        self[minute] = _nanoseconds(minute)
        return self[minute]


def _unusual(line: str) -> tuple[str, str, str | int, str]:
    """Minute, second, size and key of a line in another form; no key when it is no entry."""
    match = _ROUNDED_LINE.fullmatch(line)
    if match is not None:
        minute, second, amount, unit, key = match.groups()
        return minute, second, int(float(amount) * 1024 ** _POWERS[unit]), key
    match = _NARROW_LINE.fullmatch(line)
    if match is None:
        return columns_of(line) or ("", "", 0, "")
    minute, second, size, key = match.groups()
    return minute, second, size, key


def read_keys(lines: Iterable[str], folders: KeyFolders, name: str) -> list[Trouble]:
    """Read a plain list of keys, one a line; ``s3://bucket/`` and ``./`` before them are no part of them.

    Parameters
    ----------
    lines, folders, name
        As in `read_aws_ls`.
    """
    reader = KeyLines(folders)
    for number, line in enumerate(lines, start=1):
        reader.read(number, line)
    return reader.troubles(name)


class KeyLines:
    """Reads lines of a plain list of keys one by one.

    Parameters
    ----------
    folders
        Where the keys go.
    """

    def __init__(self, folders: KeyFolders) -> None:
        self._folders = folders
        self._rejected = _Rejected()

    def read(self, number: int, whole: str) -> None:
        """Read one line, which may end with its newline."""
        line = whole.rstrip("\r\n")
        if _WINDOWS_PATH.match(line):
            line = line[2:].replace("\\", "/")
        if line.startswith("s3://"):
            line = _ADDRESS.sub("", line, count=1)
        key = line.removeprefix("./").removeprefix("/")
        if "\0" in key:
            self._rejected.add(number, line)
        elif key.strip():
            self._folders.add(key, UNKNOWN_SIZE, 0)

    def troubles(self, name: str, more_keys: int = 0) -> list[Trouble]:  # noqa: ARG002  the signature of `AwsLines`
        """Lines that are no keys."""
        return [self._rejected.trouble(name)] if self._rejected.count else []


def sort_of_lines(lines: Iterable[str]) -> Literal["aws-ls", "keys"] | None:
    """``aws-ls``, ``keys``, or ``None`` when the lines are no listing.

    Parameters
    ----------
    lines
        The first lines of it.
    """
    some = [line for line in lines if line.strip()]
    if any(_is_aws(line.rstrip("\r\n")) for line in some):
        return "aws-ls"
    if sum(bool(program_of(line.rstrip("\r\n"))) for line in some[:_LINES_TRIED]) * 2 > len(
        some[:_LINES_TRIED]
    ):
        return "aws-ls"
    if some and _is_table(some):
        return None
    paths = sum("/" in line or _WINDOWS_PATH.match(line) is not None for line in some)
    return "keys" if some and 2 * paths >= len(some) else None


def _is_table(lines: list[str]) -> bool:
    """Whether lines hold more than a key: a table with a header, cells between tabs, what ``--dryrun`` prints."""
    header = "/" not in lines[0] and _COLUMNS.search(lines[0]) is not None
    return header or 2 * sum("\t" in line or line.startswith("(dryrun) ") for line in lines) > len(lines)


def _is_aws(line: str) -> bool:
    return any(form.fullmatch(line) for form in (_AWS_LINE, _ROUNDED_LINE, _NARROW_LINE, _FOLDER_LINE))


def _nanoseconds(minute: str) -> int:
    """Nanoseconds since 1970 of ``2024-03-05 10:12``, read as UTC; -1 when there is no such minute.

    The command prints the local time of the machine on which it ran; nobody can tell which that was.
    """
    numbers = [int(digits) for digits in _digits(minute)]
    year, month, day, hour, minutes = numbers
    if not (1 <= month <= 12 and hour < 24 and minutes < 60 and year > 0):
        return -1
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        return -1
    return calendar.timegm((year, month, day, hour, minutes, 0)) * 1_000_000_000


def _digits(text: str) -> Iterator[str]:
    yield from re.split(r"[- :]", text)
