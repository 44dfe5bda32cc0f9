import doctest
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from validator.reporters import numbers


def test_the_examples_of_the_documentation_hold():
    assert doctest.testmod(numbers).failed == 0


@given(st.integers(0, 10**20))
def test_sizes_never_show_four_digits_before_the_point_below_the_last_unit(value):
    amount, unit = numbers.size(value).split()
    assert unit == "PB" or float(amount.replace(",", "")) < 1000


@given(st.sets(st.integers(0, 300)))
def test_ranges_name_every_number_and_no_other(values):
    text = numbers.ranges(values)
    named = set()
    for part in text.split(", ") if text else []:
        low, _, high = part.partition("-")
        named |= set(range(int(low), int(high or low) + 1))
    assert named == values


def test_times_are_local():
    moment = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert numbers.local_time(moment) == moment.astimezone().strftime("%Y-%m-%d %H:%M")
