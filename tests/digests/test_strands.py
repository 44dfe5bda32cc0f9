import hashlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validator.digests.strands import BLOCK, STRANDS, Md5Strands, md5s, worthwhile


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


RUNS = st.lists(st.binary(max_size=300) | st.integers(0, 5000).map(bytes), max_size=40)


@given(RUNS)
@settings(max_examples=150, deadline=None)
def test_md5s_are_those_of_hashlib_whatever_the_lengths(kernel, runs):
    assert md5s(kernel, runs) == [md5(run) for run in runs]


@pytest.mark.parametrize("length", [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000, 65_536])
def test_all_strands_of_one_length(kernel, length):
    generator = random.Random(length)
    runs = [generator.randbytes(length) for _ in range(STRANDS)]
    digests = Md5Strands(kernel)
    digests.update(runs)
    assert digests.hexdigests() == [md5(run) for run in runs]


@given(st.lists(st.integers(0, 700), min_size=1, max_size=STRANDS), st.integers(1, 4))
@settings(max_examples=100, deadline=None)
def test_strands_grow_in_pieces(kernel, lengths, blocks):
    generator = random.Random(1)
    runs = [generator.randbytes(length) for length in lengths]
    digests, piece = Md5Strands(kernel), blocks * BLOCK
    for start in range(0, max(lengths) + 1, piece):
        digests.update([memoryview(bytearray(run))[start : start + piece] for run in runs])
    assert digests.hexdigests()[: len(runs)] == [md5(run) for run in runs]


def test_a_strand_that_ended_within_a_block_takes_no_more(kernel):
    digests = Md5Strands(kernel)
    digests.update([b"abc"])
    with pytest.raises(ValueError, match="had ended"):
        digests.update([b"d"])


def test_lengths_of_more_than_32_bits_count_in_full(kernel):
    # 512 MiB are 2^32 bits: the length that is taken in at the end has two words.
    digests, piece = Md5Strands(kernel), bytes(8 << 20)
    expected = hashlib.md5()
    for _ in range(65):
        digests.update([piece])
        expected.update(piece)
    assert digests.hexdigests()[0] == expected.hexdigest()


def test_without_a_kernel_hashlib_does_it():
    assert md5s(None, [b"", b"abc"]) == [md5(b""), md5(b"abc")]


def test_few_or_unequal_runs_are_not_worth_it():
    assert worthwhile([1000] * STRANDS)
    assert worthwhile([1000] * 5)
    assert not worthwhile([1000] * 4)
    assert not worthwhile([10_000, *[100] * 15])
    assert not worthwhile([])
    assert not worthwhile([1] * STRANDS)


@pytest.mark.parametrize("length", [0, 1, 55, 56, 63, 64, 65, 119, 120, 127, 128, 1000, 8192])
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_sixteen_of_one_length(kernel, length, kind):
    generator = random.Random(length)
    runs = [generator.randbytes(length) for _ in range(STRANDS)]
    runs[3] = bytes(length)  # an address ends at no zero byte
    assert md5s(kernel, [kind(bytearray(run)) for run in runs]) == [md5(run) for run in runs]
