"""Wells and plate formats."""

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

# Row letter(s) and column number as the Gallery's documentation writes them (A01, also a1), as far as AF48 of
# a 1536-well plate; pooled data has Well1.
WELL_PATTERN = r"^(?:[A-Za-z]|[Aa][A-Fa-f])(?:0?[1-9]|[1-3][0-9]|4[0-8])$"
POOLED_WELL_PATTERN = r"^[Ww]ell_?[A-Za-z]?[0-9]+$"

_WELL = re.compile(WELL_PATTERN)
_LETTERS = re.compile(r"[A-Za-z]{1,2}")
_PARTS = re.compile(r"^([A-Za-z]+)([0-9]+)$")


class Well(NamedTuple):
    """A place on a plate, both counted from 1."""

    row: int
    column: int


class PlateFormat(NamedTuple):
    """Rows and columns of a plate."""

    rows: int
    columns: int

    @property
    def wells(self) -> int:
        """How many wells it has."""
        return self.rows * self.columns

    def holds(self, well: Well) -> bool:
        """Whether the well is on such a plate."""
        return well.row <= self.rows and well.column <= self.columns


FORMATS = (
    PlateFormat(2, 3),
    PlateFormat(3, 4),
    PlateFormat(4, 6),
    PlateFormat(6, 8),
    PlateFormat(8, 12),
    PlateFormat(16, 24),
    PlateFormat(32, 48),
)
"""Usual plates (ANSI/SLAS 4), 6 to 1,536 wells."""


def parse_well(name: str) -> Well | None:
    """Row and column of a well, or ``None`` when it is not written like one.

    Examples
    --------
    >>> parse_well("a1"), parse_well("AF48"), parse_well("Well1")
    (Well(row=1, column=1), Well(row=32, column=48), None)
    """
    if not _WELL.fullmatch(name):
        return None
    parts = _PARTS.fullmatch(name)
    if parts is None:
        return None
    return Well(_row_of(parts[1]), int(parts[2]))


def row_number(text: str) -> int | None:
    """Number of a row that is written as a number or as letters; ``None`` when it is neither.

    Examples
    --------
    >>> row_number("3"), row_number("C"), row_number("AF"), row_number("C1")
    (3, 3, 32, None)
    """
    if text.isdecimal():
        return int(text)
    return _row_of(text) if _LETTERS.fullmatch(text) else None


def _row_of(letters: str) -> int:
    row = 0
    for letter in letters.upper():
        row = row * 26 + ord(letter) - ord("A") + 1
    return row


def smallest_format(wells: Iterable[Well]) -> PlateFormat:
    """The smallest usual plate that holds all these wells."""
    wells = list(wells)
    row = max((well.row for well in wells), default=1)
    column = max((well.column for well in wells), default=1)
    return next(shape for shape in FORMATS if shape.holds(Well(row, column)))


def outliers(wells: Collection[Well]) -> tuple[PlateFormat, list[Well]] | None:
    """Wells that lie outside a plate which the others fill.

    Returns
    -------
    shape, wells
        The smaller plate and the few wells outside it; ``None`` when nothing looks odd. A plate counts as
        filled when nine tenths of its wells are there, and few means at most a twentieth of all wells.
    """
    whole = smallest_format(wells)
    for shape in FORMATS[FORMATS.index(PlateFormat(4, 6)) : FORMATS.index(whole)]:
        inside = {well for well in wells if shape.holds(well)}
        outside = [well for well in wells if not shape.holds(well)]
        if outside and len(outside) * 20 <= len(wells) and len(inside) * 10 >= shape.wells * 9:
            return shape, outside
    return None


def well_name(well: Well) -> str:
    """Write a well.

    Examples
    --------
    >>> well_name(Well(1, 1)), well_name(Well(32, 48))
    ('A01', 'AF48')
    """
    letters, row = "", well.row
    while row:
        row, letter = divmod(row - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{well.column:02}"


def well_ranges(wells: Iterable[Well], most: int = 4) -> str:
    """Write wells row by row as ranges; the rest is counted.

    Examples
    --------
    >>> well_ranges([Well(1, 1), Well(1, 2), Well(1, 3), Well(2, 7)])
    'A01-A03, B07'
    """
    runs: list[list[Well]] = []
    for well in sorted(set(wells)):
        if runs and runs[-1][-1] == Well(well.row, well.column - 1):
            runs[-1].append(well)
        else:
            runs.append([well])
    words = [well_name(run[0]) + (f"-{well_name(run[-1])}" if len(run) > 1 else "") for run in runs[:most]]
    left = sum(len(run) for run in runs[most:])
    return ", ".join(words) + (f" and {left:,} more" if left else "")
