"""How fast an upload may be at which time of the day: ``200M``, or ``08:00=50M 19:00=off``.

Rates are bytes a second, as rclone's ``--bwlimit`` counts them, never bits. ``M`` is a million, as in all
that this tool prints; ``Mi`` is 1,048,576.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import time

from validator.errors import UsageError
from validator.models.counts import counted

SLOWEST = 64_000
"""Bytes a second; with less a store takes the connection for dead and hangs up."""

OFF = "off"
_RATE = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)([kKmMgGtT]?)(i?)(?:B(?:/s)?)?")
_BITS = re.compile(r"[\d.]+[kmgt]?i?(?:b|b/s|bits?|bits?/s|bps)", re.IGNORECASE)
_TIME = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


@dataclass(frozen=True, slots=True)
class Timetable:
    """Rates by the time of the day.

    Attributes
    ----------
    begins
        Minutes since midnight (local time), rising, at which each rate begins.
    rates
        Bytes a second, as many as ``begins``; ``None`` is without a limit. The last one holds over midnight.
    """

    begins: tuple[int, ...]
    rates: tuple[int | None, ...]

    def rate_at(self, moment: time) -> int | None:
        """Bytes a second that are allowed at a time of the day.

        Examples
        --------
        >>> parse_timetable("08:00=50M 19:00=off").rate_at(time(12, 30))
        50000000
        """
        position = bisect_right(self.begins, moment.hour * 60 + moment.minute) - 1
        return self.rates[position]  # before the first of the day it is -1: what began yesterday evening


def parse_timetable(text: str) -> Timetable:
    """Read one rate for the whole day, or several with the time at which each begins.

    Raises
    ------
    UsageError
        If it is neither.
    """
    words = text.split()
    if len(words) == 1 and "=" not in words[0]:
        return Timetable((0,), (parse_rate(words[0]),))
    found: dict[int, int | None] = {}
    for word in words:
        begin, equals, rate = word.partition("=")
        match = _TIME.fullmatch(begin)
        if not equals or match is None or int(match[1]) * 60 + int(match[2]) >= 24 * 60:
            raise UsageError(
                f"--bandwidth does not understand {word}",
                'write one rate, 200M, or times with rates, "08:00=50M 19:00=off"',
            )
        minute = int(match[1]) * 60 + int(match[2])
        if minute in found:
            raise UsageError(f"--bandwidth says two rates for {begin}", "leave one of them out")
        found[minute] = parse_rate(rate)
    if not found:
        raise UsageError("--bandwidth is empty", "write a rate such as 200M, or leave it out")
    begins = tuple(sorted(found))
    return Timetable(begins, tuple(found[begin] for begin in begins))


def parse_rate(text: str) -> int | None:
    """Read bytes a second; ``None`` for ``off``.

    Raises
    ------
    UsageError
        If it is no rate, a rate in bits, or too small to keep a connection alive.

    Examples
    --------
    >>> parse_rate("200M"), parse_rate("1.5MiB/s"), parse_rate("off")
    (200000000, 1572864, None)
    """
    if text.lower() == OFF:
        return None
    match = _RATE.fullmatch(text)
    if match is None:
        if _BITS.fullmatch(text):
            raise UsageError(
                f"--bandwidth counts bytes, and {text} looks like bits",
                "divide by eight: 200 Mbit/s are 25M",
            )
        raise UsageError(
            f"{text or 'nothing'} is not a rate", "write bytes a second, such as 50M or 1.5G, or off"
        )
    base = 1024 if match[3] else 1000
    rate: int = round(float(match[1]) * base ** _POWERS[match[2].lower()])
    if rate < SLOWEST:
        raise UsageError(
            f"{text} is too slow for an upload: {counted(rate, 'byte')} a second, and {SLOWEST:,} are the least",
            "200M are 200 million bytes a second; without a limit: off",
        )
    return rate
