"""Names in one text say the same as names one by one."""

import re
from itertools import groupby

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from validator.index.name_columns import NameColumn, distinct, grouped_rows, lots_in_order

NAMES = st.text(st.characters(max_codepoint=300), min_size=1, max_size=40)
NUMBERS = st.integers(-1, 2**63 - 1)


def sums(files):
    names, sizes, times = zip(*files, strict=True)
    column = NameColumn.of(names)
    return list(
        zip(*(lane.tolist() for lane in column.sums(np.array(sizes), np.array(times))[2:]), strict=True)
    )


@given(st.lists(st.tuples(NAMES, NUMBERS, NUMBERS), min_size=1, max_size=30))
def test_the_numbers_of_a_file_do_not_depend_on_others(files):
    assert sums(files) == [sums([file])[0] for file in files]
    assert len(set(sums(files))) == len(set(files))


def test_name_size_and_time_all_count():
    same = ("r01c01f01p01-ch1.tiff", 7, 1_700_000_000)
    others = [
        ("r01c01f01p01-ch2.tiff", *same[1:]),
        (same[0], 8, same[2]),
        (*same[:2], 1),
        (same[0] + "\0", *same[1:]),
    ]
    assert len(set(sums([same, *others]))) == 5
    assert sums([same]) == [(11270120877838598603, 3753503881620741729)], (
        "digests of reports that were written before hold"
    )


@given(st.lists(st.text("abABzZ09_.-", min_size=1, max_size=20), min_size=1, max_size=30))
def test_names_that_differ_only_in_case_have_one_number(names):
    numbers = NameColumn.of(names).folded().tolist()
    assert len({name.lower() for name in names}) == len(set(numbers))
    assert dict(zip([name.lower() for name in names], numbers, strict=True)) == dict(
        zip([name.upper().lower() for name in names], numbers, strict=True)
    )


def test_numbers_without_case_are_the_same_with_others():
    column = NameColumn.of(["BR01-A01.tif", "br01-a01.TIF", "x@.tif", "X`.tif"])
    assert column.sums(column.lengths)[1].tolist() == column.folded().tolist()
    assert column.sums(column.lengths)[0].tolist() == column.numbers().tolist()
    assert len(set(column.numbers().tolist())) == 4


@given(st.lists(st.text("ab c", min_size=1, max_size=9), max_size=20))
def test_names_that_hold_something(names):
    table = np.zeros(256, bool)
    table[ord(" ")] = True
    column = NameColumn.of(names)
    assert column.holding(table).tolist() == [i for i, name in enumerate(names) if re.search(" ", name)]
    first, last = column.edges()
    assert bytes(first) == "".join(name[0] for name in names).encode()
    assert bytes(last) == "".join(name[-1] for name in names).encode()


@given(
    st.lists(
        st.integers(0, 9).map(lambda n: n << 60) | st.integers(0, 9) | st.integers(0, 2**64 - 1), max_size=40
    )
)
def test_rows_of_equal_numbers(numbers):
    column = np.array(numbers, np.uint64)
    rows, begins = grouped_rows(column)
    lots = [lot.tolist() for lot in np.split(rows, begins[1:])] if numbers else []
    assert sorted(lots) == sorted(
        [i for i, number in enumerate(numbers) if number == one] for one in set(numbers)
    )
    firsts, counts, which = distinct(column)
    assert column[firsts][which].tolist() == numbers
    assert firsts.tolist() == [numbers.index(number) for number in column[firsts].tolist()]
    assert counts.tolist() == [numbers.count(number) for number in column[firsts].tolist()]


@given(st.data(), st.lists(st.text("ab", max_size=3), min_size=1, max_size=30))
def test_lots_in_another_order(data, names):
    lots = [list(lot) for _, lot in groupby(sorted(names))]
    order = data.draw(st.permutations(range(len(lots))))
    rows = lots_in_order(np.array([len(lot) for lot in lots]), np.array(order))
    assert [sorted(names)[row] for row in rows.tolist()] == [name for lot in order for name in lots[lot]]
