"""Steps to many folders are those of a walk from one to the next."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from validator.index.name_columns import NameColumn, shared_beginnings
from validator.index.steps import steps_to

SEGMENTS = st.sampled_from(
    ["", "a", "aa", "ab", "b", "a" * 7, "a" * 8, "a" * 127 + "b", "a" * 127 + "c", "b" * 300]
)
KEYS = st.lists(
    st.lists(SEGMENTS, max_size=4).map(lambda some: "".join(f"{name}/" for name in some)), max_size=20
)


def walked(keys):
    """Name of each step, number of the one before it, and the last of each key."""
    names, parents, last, before, numbers = [], [], [], [], []
    for key in keys:
        parts = key.split("/")[:-1]
        same = 0
        while same < min(len(parts), len(before)) and parts[same] == before[same]:
            same += 1
        del numbers[same:]
        for name in parts[same:]:
            parents.append(numbers[-1] if numbers else 0)
            names.append(name)
            numbers.append(len(names))
        last.append(numbers[-1] if numbers else 0)
        before = parts
    return names, parents, last


@given(keys=KEYS)
def test_steps_as_they_are_walked(keys):
    keys = sorted(set(keys))
    steps = steps_to(keys)
    assert (steps.names, steps.parents.tolist(), steps.last.tolist()) == walked(keys)
    assert set(steps.initials) == {name[0] for name in steps.names if name}
    for number, name in enumerate(steps.names):
        above = steps.parents[number]
        assert steps.key(number) == (steps.key(above - 1) if above else "") + name + "/"


@given(keys=KEYS)
def test_what_names_begin_with_like_the_one_before(keys):
    expected = [0] * min(1, len(keys))
    for before, name in pairwise(keys):
        pairs = zip(before, name, strict=False)
        expected.append(next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(before), len(name))))
    assert shared_beginnings(NameColumn.of(keys)).tolist() == expected
