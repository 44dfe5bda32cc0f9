import doctest

from hypothesis import given
from hypothesis import strategies as st

from validator.checks import image_links, row_words
from validator.checks.row_words import location_of, ranges, shown


def test_examples():
    assert doctest.testmod(row_words).failed == 0
    assert doctest.testmod(image_links).failed == 0


@given(st.sets(st.integers(0, 200), max_size=60))
def test_ranges_hold_exactly_the_numbers(numbers):
    words = ranges(numbers, most=1000)
    found = set()
    for part in words.split(", ") if words else []:
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    assert found == numbers


def test_long_values_keep_both_ends():
    assert shown("a" * 500 + "end.tiff").endswith("end.tiff”")
    assert len(shown("a" * 500)) < 100


def test_a_location_is_a_range_only_without_gaps():
    assert location_of([4, 5, 6]).line_end == 6
    assert location_of([4, 6]).line_end is None
    assert location_of([4]).line_end is None
