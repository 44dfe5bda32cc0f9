import doctest
import re

import polars as pl
import pytest

from validator.checks import wells
from validator.checks.wells import FORMATS, PlateFormat, Well, outliers, parse_well, smallest_format


def full(shape):
    return [Well(row, column) for row in range(1, shape.rows + 1) for column in range(1, shape.columns + 1)]


@pytest.mark.parametrize(
    ("name", "well"),
    [
        ("A01", (1, 1)),
        ("a1", (1, 1)),
        ("H12", (8, 12)),
        ("Z48", (26, 48)),
        ("aa09", (27, 9)),
        ("AF48", (32, 48)),
    ],
)
def test_wells(name, well):
    assert parse_well(name) == well


@pytest.mark.parametrize(
    "name",
    [
        "",
        "A",
        "1",
        "A0",
        "A00",
        "A49",
        "AG01",
        "BA01",
        "A001",
        "A 1",
        "A01 ",
        "r01c01",
        "Well1",
        "A01\n",
        "A\u0661",
    ],
)
def test_what_is_no_well(name):
    assert parse_well(name) is None


def test_polars_and_python_agree_on_the_pattern():
    names = [
        f"{a}{b}{c}"
        for a in ("", "A", "P", "AF", "AG", "é")
        for b in ("0", "1", "4", "01", "48", "49", "\n")
        for c in ("", "2", " ")
    ]
    by_polars = pl.Series(names).str.contains(wells.WELL_PATTERN).to_list()
    assert by_polars == [parse_well(name) is not None for name in names]
    assert any(by_polars)


def test_smallest_format():
    assert smallest_format([Well(8, 12)]) == PlateFormat(8, 12)
    assert smallest_format([Well(9, 1)]) == PlateFormat(16, 24)
    assert smallest_format([]) == FORMATS[0]


def test_full_plates_have_no_outliers():
    for shape in FORMATS:
        assert outliers(full(shape)) is None


def test_a_well_beyond_a_full_plate():
    assert outliers([*full(PlateFormat(8, 12)), Well(1, 13)]) == (PlateFormat(8, 12), [Well(1, 13)])


def test_a_plate_that_is_used_in_part_has_no_outliers():
    inner = [Well(row, column) for row in range(2, 16) for column in range(2, 24)]
    assert outliers(inner) is None
    assert outliers([*full(PlateFormat(8, 12))[:40], Well(16, 24)]) is None


def test_pooled_pattern():
    assert re.search(wells.POOLED_WELL_PATTERN, "Well1")
    assert not re.search(wells.POOLED_WELL_PATTERN, "Well")


def test_examples():
    assert doctest.testmod(wells).failed == 0
