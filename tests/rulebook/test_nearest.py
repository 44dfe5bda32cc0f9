"""Which known name was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.rulebook.nearest import nearest_name, one_edit_away

KNOWN = ("analysis", "load_data_csv", "platemaps", "qc", "images")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("platemap", "platemaps"),
        ("Platemaps", "platemaps"),
        ("platmeaps", "platemaps"),
        ("plate maps", "platemaps"),
        ("analysys", "analysis"),
        ("load_data", "load_data_csv"),
        ("load data csv", "load_data_csv"),
        ("QC", "qc"),
        ("qa", ""),
        ("software", ""),
        ("imag", ""),
        ("", ""),
    ],
)
def test_nearest(name, meant):
    assert nearest_name(name, KNOWN, {"load_data": "load_data_csv"}) == meant


@given(st.text("ab_", max_size=6), st.text("ab_", max_size=6))
def test_one_edit_is_the_same_both_ways(one, other):
    assert one_edit_away(one, other) == one_edit_away(other, one)


@given(st.text(min_size=1, max_size=8), st.integers(0, 7), st.characters())
def test_every_single_edit_is_seen(name, index, letter):
    index %= len(name)
    deleted = name[:index] + name[index + 1 :]
    changed = name[:index] + letter + name[index + 1 :]
    assert one_edit_away(deleted, name)
    assert one_edit_away(changed, name) == (changed != name)
    assert not one_edit_away(name, name)
    assert not one_edit_away(name + "xx", name)
