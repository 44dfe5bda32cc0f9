"""Part sizes of other programs, beside what their own code says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3transfer.utils import ChunksizeAdjuster

from validator.s3.limits import MAX_OBJECT_SIZE, MIB, part_count
from validator.s3.part_sizes import MOST_GUESSES, SENDERS, fitting_part_sizes, guess_part_sizes

SENDER = {sender.sender: sender.part_size for sender in SENDERS}


@given(st.integers(1, 5 * 1024**4))
def test_aws_cuts_as_s3transfer_does(size):
    assert SENDER["aws s3, boto3"](size) == ChunksizeAdjuster().adjust_chunksize(8 * MIB, size)


@given(st.integers(1, MAX_OBJECT_SIZE // 2))
def test_adapting_senders_keep_to_the_limit(size):
    for name in ("aws s3, boto3", "cpgate", "rclone", "s5cmd", "MinIO mc"):
        assert part_count(size, SENDER[name](size)) <= 10_000, name


@pytest.mark.parametrize(
    ("sender", "size", "part_size"),
    [
        ("rclone", 50_000 * MIB, 5 * MIB),
        ("rclone", 50_000 * MIB + 1, 6 * MIB),
        ("s5cmd", 10**9, 50 * MIB),
        ("the S3 console", 10**9, 17_179_870),
        ("MinIO mc", 10**9, 16 * MIB),
        ("MinIO mc", 200_000 * MIB, 32 * MIB),
    ],
)
def test_known_part_sizes(sender, size, part_size):
    assert SENDER[sender](size) == part_size


@given(st.integers(1, 10**12), st.integers(1, 10_000))
def test_every_guess_fits_and_comes_once(size, parts):
    guesses = list(guess_part_sizes(size, parts))
    sizes = [guess.part_size for guess in guesses]
    assert len(set(sizes)) == len(sizes) <= MOST_GUESSES
    assert all(part_count(size, part_size) == parts for part_size in sizes)


@given(st.sampled_from(SENDERS), st.integers(6 * MIB, 10**12))
def test_every_sender_is_found_again(sender, size):
    part_size = sender.part_size(size)
    parts = part_count(size, part_size)
    if parts > 1:
        found = {guess.part_size: guess.senders for guess in guess_part_sizes(size, parts)}
        assert sender.sender in found[part_size]


@pytest.mark.parametrize(
    ("size", "parts", "first"),
    [(20 * MIB, 3, 8 * MIB), (20 * MIB, 4, 5 * MIB), (60 * MIB, 2, 50 * MIB), (20 * MIB, 19, None)],
)
def test_part_sizes_of_other_tools_are_guessed_likeliest_first(size, parts, first):
    found = fitting_part_sizes(size, parts)
    assert found[:1] == ([first] if first else [])
    assert all(part_count(size, part_size) == parts for part_size in found)
