"""Lines of ``aws s3 ls --recursive`` read in columns: bytes at fixed positions, thousands of lines at once.

A line is ``2024-03-05 10:12:41    1234567 project/source/...``: date and time in 19 columns, the size in ten (more, where it
is larger), the key from column 31 on.
"""

import calendar

import numpy as np

from validator.sources.lines import Bytes, Ints, Lines, Mask, Words, words_at

KEY = 31
"""Column in which the key begins."""
_SIZE = 20
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
    usual &= (data[starts + KEY] != _SPACE) & (data[starts + KEY - 1] == _SPACE)
    sizes, right = _sizes(data, starts)
    times, possible = _times(data, starts)
    usual &= right & possible
    return starts + KEY, usual, sizes, times


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
    first, second, third = (words_at(data, starts + at) for at in (0, 8, 16))
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
    high, low = words_at(data, starts + _SIZE), words_at(data, starts + _SIZE + 2)
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
