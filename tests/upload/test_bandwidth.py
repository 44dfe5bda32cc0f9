from datetime import time

from hypothesis import given
from hypothesis import strategies as st

from validator.upload.bandwidth import Bandwidth
from validator.upload.timetable import parse_timetable


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 4), min_size=1), min_size=1))
def test_what_the_processes_were_told_never_adds_up_to_more(history):
    bandwidth = Bandwidth(parse_timetable("100M"), lambda: time(12))
    told: dict[str, float] = {}
    for loads in history:
        told = {name: rate for name, rate in told.items() if name in loads}
        for name, rate in bandwidth.changes(loads):
            told[name] = rate
            assert sum(told.values()) <= 100_000_000 * 1.000001
        busy = sum(loads.values())
        assert set(told) == set(loads)
        assert all(abs(told[name] - 100e6 * load / max(busy, 1)) < 1 for name, load in loads.items())


def test_the_timetable_is_followed_and_nothing_is_told_twice():
    now = time(12)
    bandwidth = Bandwidth(parse_timetable("08:00=50M 19:00=off"), lambda: now)
    assert bandwidth.changes({"a": 4, "b": 4}) == [("a", 25e6), ("b", 25e6)]
    assert bandwidth.changes({"a": 4, "b": 4}) == []
    now = time(20)
    assert bandwidth.changes({"a": 4, "b": 4}) == [("a", None), ("b", None)]


def test_without_a_timetable_nobody_is_told_anything():
    assert Bandwidth(None).changes({"a": 4}) == []
