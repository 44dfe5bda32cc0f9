from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import UsageError
from validator.upload.timetable import SLOWEST, parse_rate, parse_timetable

minutes = st.integers(0, 24 * 60 - 1)
rates = st.one_of(st.none(), st.integers(SLOWEST, 10**12))


def at(minute: int) -> time:
    return time(minute // 60, minute % 60)


def written(table: dict[int, int | None]) -> str:
    return " ".join(f"{at(m):%H:%M}={'off' if r is None else f'{r}B/s'}" for m, r in table.items())


@given(st.dictionaries(minutes, rates.filter(lambda r: r is None or r < 10**9), min_size=1), minutes)
def test_the_rate_is_that_of_the_last_time_that_has_passed_also_over_midnight(table, now):
    expected = next(
        table[minute % 1440] for minute in range(now + 1440, now - 1, -1) if minute % 1440 in table
    )
    assert parse_timetable(written(table)).rate_at(at(now)) == expected


@given(minutes)
def test_one_rate_holds_all_day(now):
    assert parse_timetable("200M").rate_at(at(now)) == 200_000_000
    assert parse_timetable("off").rate_at(at(now)) is None


@given(st.text(max_size=30))
def test_any_text_is_a_timetable_or_refused_in_words(text):
    said = None
    try:
        table = parse_timetable(text)
    except UsageError as error:
        said = error
    if said is None:
        assert len(table.begins) == len(table.rates) >= 1
        assert list(table.begins) == sorted(set(table.begins))
    else:
        assert said.what
        assert said.mend


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("1.5G", 1_500_000_000),
        ("100k", 100_000),
        ("2Mi", 2_097_152),
        ("8MiB/s", 8_388_608),
        ("70000", 70_000),
    ],
)
def test_rates_are_bytes_in_decimal_units(text, rate):
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["200Mbit", "200Mbps", "200Mb", "1Gbit/s", "200mb/s"])
def test_bits_are_told_apart(text):
    with pytest.raises(UsageError, match="looks like bits"):
        parse_rate(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("200", "too slow"),
        ("0", "too slow"),
        ("fast", "is not a rate"),
        ("", "is empty"),
        ("08:00=50M 08:00=60M", "two rates for 08:00"),
        ("24:00=50M", "does not understand 24:00=50M"),
        ("08:00 =50M", "does not understand"),
        ("08:00=", "is not a rate"),
    ],
)
def test_what_is_wrong_is_said(text, said):
    with pytest.raises(UsageError) as caught:
        parse_timetable(text)
    assert said in caught.value.what
