import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.s3.limits import (
    DEFAULT_PART_SIZE,
    GIB,
    MAX_OBJECT_SIZE,
    MAX_PART_SIZE,
    MAX_PARTS,
    MIB,
    MIN_PART_SIZE,
    PART_SIZE_STEP,
    TIB,
    part_count,
    part_range,
    part_size_for,
)

SIZES = st.integers(0, MAX_OBJECT_SIZE) | st.sampled_from(
    [n * DEFAULT_PART_SIZE * MAX_PARTS + d for n in (1, 2, 639) for d in (-1, 0, 1)] + [MAX_OBJECT_SIZE]
)
WANTED = st.sampled_from([n * MIB for n in (5, 8, 16, 50, 1024)]) | st.integers(MIN_PART_SIZE, MAX_PART_SIZE)


def test_the_limits_are_those_of_the_user_guide():
    assert (MIN_PART_SIZE, MAX_PART_SIZE, MAX_PARTS) == (5 * MIB, 5 * GIB, 10_000)
    assert f"{MAX_OBJECT_SIZE / TIB:.1f}" == "48.8"


@given(SIZES, WANTED)
def test_no_file_that_s3_takes_needs_too_many_or_too_large_parts(size, wanted):
    part_size = part_size_for(size, wanted)
    assert part_count(size, part_size) <= MAX_PARTS
    if part_size is None:
        assert size <= wanted
        return
    assert MIN_PART_SIZE <= part_size <= MAX_PART_SIZE
    assert part_size == wanted or part_size % PART_SIZE_STEP == 0
    if part_size != wanted:  # it had to grow, and not more than by a step
        assert -(-size // wanted) > MAX_PARTS
        assert size > (part_size - PART_SIZE_STEP) * MAX_PARTS


@pytest.mark.parametrize(
    ("size", "part_size"),
    [
        (0, None),
        (8 * MIB, None),
        (8 * MIB + 1, 8 * MIB),
        (80_000 * MIB, 8 * MIB),
        (80_000 * MIB + 1, 16 * MIB),
        (MAX_OBJECT_SIZE, 5 * GIB),
    ],
)
def test_part_sizes_at_the_edges(size, part_size):
    assert part_size_for(size) == part_size


@given(st.integers(1, 10**9), st.integers(1, 10**8))
def test_parts_cover_the_file_once(size, part_size):
    count = part_count(size, part_size)
    if count > 500:
        part_size = -(-size // 500)
        count = part_count(size, part_size)
    end = 0
    for number in range(1, count + 1):
        offset, length = part_range(size, part_size, number)
        assert offset == end
        assert 0 < length <= part_size
        assert length == part_size or number == count
        end = offset + length
    assert end == size


def test_a_single_put_and_an_empty_file_have_one_part():
    assert part_count(10**12, None) == part_count(0, None) == part_count(0, 8 * MIB) == 1
