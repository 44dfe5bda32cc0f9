"""Lines of ``aws s3 ls --recursive`` read in columns: bytes at fixed positions, thousands of lines at once.

A line is ``2024-03-05 10:12:41    1234567 project/source/...``: date and time in 19 columns, the size in ten (more, where it
is larger), the key from column 31 on.
"""

import calendar
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Mask = NDArray[np.bool_]

KEY = 31
"""Column in which the key begins."""
_SIZE = 20
_NEW_LINE, _SLASH, _SPACE = b"\n/ "
_PRINTABLE = 0x7E - 0x20
_FIRST_YEAR, _YEARS = 1970, 130
_SECOND = 1_000_000_000
_DAYS = np.array(
    [
        calendar.timegm((_FIRST_YEAR + month // 12, month % 12 + 1, 1, 0, 0, 0)) // 86_400
        for month in range(12 * _YEARS + 1)
    ]
)
"""Days since 1970 with which months begin."""


@dataclass(frozen=True, slots=True)
class UsualLines:
    """Lines that need no second look.

    Attributes
    ----------
    usual
        Which lines of the block these are.
    starts, slashes, ends
        Where each of them begins, where the last slash of its key is (the byte before the key where there is none),
        and where its line break is.
    sizes, times
        What they say.
    """

    usual: Mask
    starts: Ints
    slashes: Ints
    ends: Ints
    sizes: Ints
    times: Ints


def usual_lines(block: bytes) -> UsualLines:
    """Find the lines that are of the usual form, printable ASCII, and no folder markers.

    Parameters
    ----------
    block
        Whole lines, the last with its line break.
    """
    data = np.frombuffer(block + bytes(KEY + 1), np.uint8)
    marks = np.flatnonzero((data == _SLASH) | (data == _NEW_LINE))
    ends_at = np.flatnonzero(data[marks] == _NEW_LINE)
    ends = marks[ends_at]
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])
    slashes = np.where(ends_at > 0, marks[ends_at - 1], -1)
    usual = _printable(data[: len(block)], ends)
    usual &= ends - starts > KEY
    usual &= (data[ends - 1] != _SLASH) & (data[starts + KEY] != _SPACE) & (data[starts + KEY - 1] == _SPACE)
    sizes, right = _sizes(data, starts)
    times, possible = _times(data, starts)
    usual &= right & possible
    slashes = np.maximum(slashes, starts + KEY - 1)
    if usual.all():
        return UsualLines(usual, starts, slashes, ends, sizes, times)
    return UsualLines(usual, starts[usual], slashes[usual], ends[usual], sizes[usual], times[usual])


def _printable(data: Bytes, ends: Ints) -> Mask:
    """Lines that hold nothing but printable ASCII."""
    printable = np.ones(len(ends), bool)
    strange = data - np.uint8(_SPACE) > _PRINTABLE  # what is below the space turns into a large number
    if np.count_nonzero(strange) > len(ends):  # each line break is one
        lines = np.searchsorted(ends, np.flatnonzero(strange & (data != _NEW_LINE)))
        printable[lines] = False
    return printable


def _words(data: Bytes, at: Ints) -> Words:
    """Eight bytes from each position on, the first in the lowest bits."""
    words = np.ndarray((len(data) - 7,), "<u8", data.data, strides=(1,))
    found: Words = words[at]
    return found


def _form(form: bytes) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Masks and values for a form of eight bytes, in which ``0`` stands for any digit, ``?`` for anything."""
    exact = bytes({ord("0"): 0xF0, ord("?"): 0}.get(letter, 0xFF) for letter in form)
    wanted = bytes(letter & mask for letter, mask in zip(form, exact, strict=True))
    six = bytes(6 if letter == ord("0") else 0 for letter in form)
    digits = bytes(0xF0 if letter == ord("0") else 0 for letter in form)
    first, second, third, fourth = (
        np.uint64(int.from_bytes(some, "little")) for some in (exact, wanted, six, digits)
    )
    return first, second, third, fourth


def _is_of(words: Words, form: bytes) -> Mask:
    exact, wanted, six, digits = _form(form)
    # A digit is 0x30 and less than ten: with six more it stays below 0x40.
    found: Mask = ((words & exact) == wanted) & (((words + six) & digits) == (wanted & digits))
    return found


def _number(words: Words, *places: int) -> Ints:
    """Number whose digits are at these bytes of the words."""
    total = np.zeros(len(words), np.uint64)
    for place in places:
        total *= np.uint64(10)
        total += (words >> np.uint64(8 * place)) & np.uint64(0xF)
    return total.view(np.int64)


def _times(data: Bytes, starts: Ints) -> tuple[Ints, Mask]:
    """Nanoseconds since 1970, and whether there is such a time; the time zone is not known, so that it counts as UTC."""
    first, second, third = (_words(data, starts + at) for at in (0, 8, 16))
    right = _is_of(first, b"0000-00-") & _is_of(second, b"00 00:00") & _is_of(third, b":00 ????")
    months = (_number(first, 0, 1, 2, 3) - _FIRST_YEAR) * 12
    month, day = _number(first, 5, 6), _number(second, 0, 1)
    hour, minute, seconds = _number(second, 3, 4), _number(second, 6, 7), _number(third, 1, 2)
    right &= (month >= 1) & (month <= 12) & (months >= 0) & (months < 12 * _YEARS)
    right &= (day >= 1) & (hour < 24) & (minute < 60) & (seconds < 60)
    months = np.where(right, months + month - 1, 0)
    days = _DAYS[months] + day - 1
    right &= days < _DAYS[months + 1]
    return (((days * 24 + hour) * 60 + minute) * 60 + seconds) * _SECOND, right


def _sizes(data: Bytes, starts: Ints) -> tuple[Ints, Mask]:
    """Sizes in ten columns, spaces before the digits, and whether they are of this form."""
    high, low = _words(data, starts + _SIZE), _words(data, starts + _SIZE + 2)
    right = data[starts + _SIZE + 9] != _SPACE
    for words in (high, low):
        digit = (words >> np.uint64(4)) & _EACH
        # A digit, or a space: 0x30 and less than ten, or exactly 0x20.
        right &= (words & _EACH * np.uint64(0xE0)) == _EACH * np.uint64(0x20)
        right &= ((words + _EACH * np.uint64(6)) & _EACH * np.uint64(0xF0)) == (
            words & _EACH * np.uint64(0xF0)
        )
        right &= (words & ((digit ^ _EACH) * np.uint64(0xF))) == 0
        right &= ((digit << np.uint64(8)) & ~digit & _EACH) == 0  # after a digit comes another one
    return _number(high, 0, 1) * 100_000_000 + _eight_digits(low), right


_EACH = np.uint64(0x0101010101010101)


def _eight_digits(words: Words) -> Ints:
    """Number of eight digits, a space counting as 0: pairs are joined, then fours, then all."""
    pairs = words & _EACH * np.uint64(0xF)
    pairs = (pairs * np.uint64(10) + (pairs >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    fours = (pairs * np.uint64(100) + (pairs >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    total: Words = (fours * np.uint64(10_000) + (fours >> np.uint64(32))) & np.uint64(0xFFFFFFFF)
    return total.view(np.int64)
