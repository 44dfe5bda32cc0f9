"""Reads the date in a batch's name, however it is written."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

Verdict = Literal["dated", "spelling", "impossible", "undated"]

EARLIEST_YEAR = 1990
"""Before this no microscope wrote the files that the Gallery holds."""

_CANONICAL = re.compile(r"(\d{4})_(\d{2})_(\d{2})(?:_.*)?", re.DOTALL)
_SPELLINGS = (
    re.compile(r"(?<!\d)(?P<y>(?:19|20)\d{2})(?P<s>[-_. ])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<d>\d{1,2})(?P<s>[-_. ])(?P<m>\d{1,2})(?P=s)(?P<y>20\d{2})(?!\d)"),
)
_SHORT = re.compile(r"(?<!\d)(?P<y>\d{2})(?P<m>\d{2})(?P<d>\d{2})(?!\d)")
_SEPARATORS = "_-. "


@dataclass(frozen=True, slots=True)
class BatchDate:
    """What a batch's name says about its date.

    Attributes
    ----------
    verdict
        ``dated`` (``2024_03_05_Run1``), ``spelling`` (a date, written otherwise or not in front), ``impossible`` (no day of the
        calendar), ``undated``.
    day
        The date, where there is one.
    rename
        The name that it should have; empty where the date cannot be told.
    """

    verdict: Verdict
    day: date | None = None
    rename: str = ""


def read_batch_date(name: str, today: date) -> BatchDate:
    """Find the date in a batch's name.

    Parameters
    ----------
    name
        The batch.
    today
        A date with a two-digit year (``p210830``) is believed only when it is not after this day.

    Examples
    --------
    >>> read_batch_date("20210422_6W_CP257", date(2026, 8, 1)).rename
    '2021_04_22_6W_CP257'
    >>> read_batch_date("Batch1_20221004", date(2026, 8, 1)).rename
    '2022_10_04_Batch1'
    >>> read_batch_date("2021_13_45", date(2026, 8, 1)).verdict
    'impossible'
    """
    canonical = _CANONICAL.fullmatch(name)
    if canonical is not None:
        return _canonical(name, *(int(part) for part in canonical.groups()))
    for spelling in _SPELLINGS:
        for found in spelling.finditer(name):
            reading = _other_spelling(name, found)
            if reading is not None:
                return reading
    return _short(name, today) or BatchDate("undated")


def _canonical(name: str, year: int, month: int, day: int) -> BatchDate:
    known = _date(year, month, day)
    if known is not None:
        return BatchDate("dated", known)
    exchanged = _date(year, day, month)
    return BatchDate("impossible", None, f"{exchanged:%Y_%m_%d}{name[10:]}" if exchanged else "")


def _other_spelling(name: str, found: re.Match[str]) -> BatchDate | None:
    year, month, day = (int(found[part]) for part in ("y", "m", "d"))
    if found.start("y") > found.start("d"):  # 05-03-2024 is March in one country and May in another
        return _day_or_month_first(name, found, year, month, day)
    known = _date(year, month, day)
    if known is not None:
        return BatchDate("spelling", known, _renamed(name, found, known))
    if found.start() == 0:  # elsewhere eight digits may well be a number of something else
        exchanged = _date(year, day, month)
        return BatchDate("impossible", None, _renamed(name, found, exchanged) if exchanged else "")
    return None


def _day_or_month_first(
    name: str, found: re.Match[str], year: int, second: int, first: int
) -> BatchDate | None:
    readings = {
        known for known in (_date(year, second, first), _date(year, first, second)) if known is not None
    }
    if not readings:
        return None
    if len(readings) > 1:
        return BatchDate("spelling")
    known = readings.pop()
    return BatchDate("spelling", known, _renamed(name, found, known))


def _short(name: str, today: date) -> BatchDate | None:
    for found in _SHORT.finditer(name):
        known = _date(2000 + int(found["y"]), int(found["m"]), int(found["d"]))
        if known is not None and known.year >= 2005 and known <= today:
            joined = name if found.start() > 0 else name[found.end() :].lstrip(_SEPARATORS)
            return BatchDate("spelling", known, f"{known:%Y_%m_%d}_{joined}".rstrip("_"))
    return None


def _renamed(name: str, found: re.Match[str], known: date) -> str:
    before = name[: found.start()].rstrip(_SEPARATORS)
    after = name[found.end() :].lstrip(_SEPARATORS)
    return "_".join(part for part in (f"{known:%Y_%m_%d}", before, after) if part)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        known = date(year, month, day)
    except ValueError:
        return None
    return known if year >= EARLIEST_YEAR else None
