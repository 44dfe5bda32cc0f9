"""How findings inside tables are worded: ranges of lines, lists of names, values from a file."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from validator.models.finding import Location

LONGEST_VALUE = 80


def ranges(numbers: Iterable[int], most: int = 6) -> str:
    """Write numbers as ranges.

    Parameters
    ----------
    numbers
        In any order, also several times.
    most
        So many ranges are written; the rest is counted.

    Examples
    --------
    >>> ranges([3, 4, 5, 9, 11, 12])
    '3-5, 9, 11-12'
    >>> ranges([1, 3, 5, 7], most=2)
    '1, 3 and 2 more'
    """
    runs = _runs(numbers)
    words = [str(first) if first == last else f"{first}-{last}" for first, last in runs[:most]]
    left = sum(last - first + 1 for first, last in runs[most:])
    return ", ".join(words) + (f" and {left:,} more" if left else "")


def lines_at(lines: Sequence[int]) -> str:
    """Write line numbers with their noun.

    Examples
    --------
    >>> lines_at([7]), lines_at([2, 3])
    ('line 7', 'lines 2-3')
    """
    return f"line{'s'[: len(lines) > 1]} {ranges(lines)}"


def location_of(lines: Sequence[int], column: str | None = None) -> Location:
    """Location of these lines (sorted, at least one): a range when they follow one another, else the first."""
    whole = len(_runs(lines)) == 1 and len(lines) > 1
    return Location(line=lines[0], line_end=lines[-1] if whole else None, column=column)


def joined(words: Sequence[str], most: int = 5) -> str:
    """Write names as a list that says how many it leaves out.

    Examples
    --------
    >>> joined(["ER", "RNA", "AGP"])
    'ER, RNA and AGP'
    >>> joined(["a", "b", "c", "d"], most=2)
    'a, b and 2 more'
    """
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most:,} more"
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def shown(value: str | None) -> str:
    """Write a value from a file so that its ends can be seen; a long one is cut.

    Examples
    --------
    >>> shown("A01 "), shown(None)
    ('“A01 ”', 'nothing')
    """
    if value is None:
        return "nothing"
    if len(value) > LONGEST_VALUE:
        value = f"{value[: LONGEST_VALUE - 20]}…{value[-19:]}"
    return f"“{value}”"


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    ordered = sorted(set(numbers))
    if not ordered:
        return []
    cuts = [0, *(i for i, (a, b) in enumerate(pairwise(ordered), start=1) if b != a + 1), len(ordered)]
    return [(ordered[begin], ordered[end - 1]) for begin, end in pairwise(cuts)]
