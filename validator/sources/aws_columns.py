"""Lines of ``aws s3 ls --recursive`` read in columns: bytes at fixed positions, thousands of lines at once.

A line is ``2024-03-05 10:12:41    1234567 project/source/...``: date and time in 19 columns, the size in ten (more, where it
is larger), the key from column 31 on.
"""

import calendar
from collections.abc import Mapping

import numpy as np

from validator.sources.lines import Ints, Lines, Mask, Words, words_at

KEY = 31
"""Column in which the key begins."""
_SPACE = ord(" ")
_FIRST_YEAR, _YEARS = 1970, 130
_SECOND = 1_000_000_000
_DAYS = np.array(
    [
        calendar.timegm((_FIRST_YEAR + month // 12, month % 12 + 1, 1, 0, 0, 0)) // 86_400
        for month in range(12 * _YEARS + 1)
    ]
)
"""Days since 1970 with which months begin."""


def usual_lines(lines: Lines) -> tuple[Ints, Mask, Ints, Ints]:
    """Find the lines that are of the usual form, printable ASCII, and no folder markers.

    Parameters
    ----------
    lines
        Lines of a block.

    Returns
    -------
    keys
        Where the key of each line begins.
    usual
        Which lines need no second look.
    sizes, times
        What they say.
    """
    data, starts = lines.data, lines.starts
    usual = lines.ends - starts > KEY
    first, second, third, fourth = (words_at(data, starts + at) for at in (0, 8, 16, 24))
    usual &= (fourth >> _bits(7) != _SPACE) & ((fourth >> _bits(6)) & _BYTE == _SPACE)
    times, possible = _times(first, second, third)
    usual &= possible
    sizes, right = _sizes(third >> _bits(4), (third >> _bits(6)) | (fourth << _bits(2)))
    usual &= right
    return starts + KEY, usual, sizes, times


def _bits(places: int) -> np.uint64:
    return np.uint64(8 * places)


def _word(values: Mapping[int, int]) -> np.uint64:
    """A word of numbers, each in its bits from a byte on."""
    return np.uint64(sum(value << (8 * place) for place, value in values.items()) & ((1 << 64) - 1))


def _each(value: int) -> np.uint64:
    return _word(dict.fromkeys(range(8), value))


_BYTE = np.uint64(0xFF)


class _Form:
    """Eight bytes of which some are digits.

    Parameters
    ----------
    form
        ``0`` stands for any digit, ``2`` for one up to this, ``?`` for anything.
    """

    def __init__(self, form: bytes) -> None:
        digits = {place: letter - ord("0") or 9 for place, letter in enumerate(form) if letter in b"02"}
        self._wanted = _word({place: ord("0") if place in digits else form[place] for place in range(8)})
        self._more = _word({place: 15 - most for place, most in digits.items()})
        self._wrong = _word(
            {place: 0xF0 if place in digits else 0xFF for place in range(8) if form[place] != ord("?")}
        )

    def read(self, words: Words) -> tuple[Words, Words]:
        """In each byte what two digits from there on make; and what of the words is not of the form, which is 0 if all is."""
        digits = words ^ self._wanted
        # What is too large for a digit becomes 16 or more by what is added, or was so before.
        wrong = (digits | (digits + self._more)) & self._wrong
        return digits * np.uint64(10) + (digits >> _bits(1)), wrong


_YEAR_AND_MONTH, _DAY_AND_TIME, _SECONDS = _Form(b"2000-00-"), _Form(b"00 00:00"), _Form(b":00 ????")
_PAIRS_OF_A_MONTH, _MONTHS_OF_PAIRS = _word({0: 0xFF, 2: 0xFF, 5: 0xFF}), _word({0: 1, 3: 12, 5: 1200})
_PAIRS_OF_A_TIME, _MINUTES_OF_PAIRS = _word({0: 0xFF, 3: 0xFF, 6: 0xFF}), _word({0: 1, 3: 60})
_TOO_LATE = _word({0: 0x80 - 32, 3: 0x80 - 24, 6: 0x80 - 60})


def _times(first: Words, second: Words, third: Words) -> tuple[Ints, Mask]:
    """Nanoseconds since 1970, and whether there is such a time; the time zone is not known, so that it counts as UTC."""
    pairs, wrong = _YEAR_AND_MONTH.read(first)
    month = (pairs >> _bits(5)) & _BYTE
    # Multiplied, the parts of each pair that count come together in one place.
    months = ((pairs & _PAIRS_OF_A_MONTH) * _MONTHS_OF_PAIRS >> _bits(5)) & np.uint64(0xFFFF)
    months -= np.uint64(12 * _FIRST_YEAR + 1)
    possible = (month - np.uint64(1) < 12) & (months < 12 * _YEARS)  # below 0 is far above
    pairs, more = _DAY_AND_TIME.read(second)
    wrong |= more
    pairs &= _PAIRS_OF_A_TIME
    wrong |= (pairs + _TOO_LATE) & _each(0x80)
    minutes = (pairs * _MINUTES_OF_PAIRS) >> _bits(6)
    day = pairs & _BYTE
    pairs, more = _SECONDS.read(third)
    wrong |= more
    seconds = (pairs >> _bits(1)) & _BYTE
    months = np.where(possible, months, 0)
    days = _DAYS[months] + day.view(np.int64) - 1
    possible &= (wrong == 0) & (day > 0) & (days < _DAYS[months + np.uint64(1)]) & (seconds < 60)
    minutes += days.view(np.uint64) * np.uint64(24 * 60)
    return ((minutes * np.uint64(60) + seconds) * np.uint64(_SECOND)).view(np.int64), possible


def _sizes(high: Words, low: Words) -> tuple[Ints, Mask]:
    """Sizes in ten columns, spaces before the digits, and whether they are of this form; two and eight of the columns are given."""
    sizes, right, spaces = _eight_columns(low)
    large = np.flatnonzero((high & np.uint64(0xFFFF)) != int.from_bytes(b"  ", "little"))
    if len(large):
        more, possible, _ = _eight_columns(
            (high[large] << _bits(6)) | np.uint64(int.from_bytes(b" " * 6, "little"))
        )
        sizes[large] += more * 100_000_000
        right[large] &= possible & ~spaces[large]
    return sizes, right


def _eight_columns(words: Words) -> tuple[Ints, Mask, Mask]:
    """Number of some digits after spaces, whether it is one, and whether there is a space."""
    digits = words ^ _each(ord("0"))
    spaces = digits & _each(0x10)
    digits ^= spaces
    wrong = (digits | (digits + _each(6))) & _each(0xF0)
    wrong |= digits & ((spaces >> np.uint64(4)) * np.uint64(0xF))  # no space, but a byte near it
    wrong |= spaces & ~(spaces << _bits(1)) & ~_BYTE  # a space after a digit
    wrong |= spaces & _word({7: 0x10})  # no digit at all
    pairs = digits * np.uint64(10) + (digits >> _bits(1))
    # The first and third pair, and the second and fourth: each with its weight, summed up in the upper half.
    total = (pairs & _word({0: 0xFF, 4: 0xFF})) * _word({0: 100, 4: 1_000_000})
    total += ((pairs >> _bits(2)) & _word({0: 0xFF, 4: 0xFF})) * _word({0: 1, 4: 10_000})
    return (total >> _bits(4)).view(np.int64), wrong == 0, spaces != 0
