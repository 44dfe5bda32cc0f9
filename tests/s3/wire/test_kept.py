"""Memory for bodies goes from one to the next, and never to two at once."""

import gc
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.s3.limits import MIB
from validator.s3.wire.kept import STEP, Buffers, KeptBody


def kept(buffers: Buffers, data: bytes) -> KeptBody:
    buffer = buffers.take(len(data))
    buffer[: len(data)] = data
    return KeptBody(buffers, buffer, len(data))


@pytest.mark.parametrize(
    ("length", "size"),
    [(1, STEP), (STEP, STEP), (STEP + 1, 2 * STEP), (MIB, MIB), (MIB + 1, MIB + STEP)],
)
def test_memory_is_large_enough_and_not_twice_too_large(length, size):
    assert len(Buffers(MIB).take(length)) == size


def test_what_is_given_back_is_used_again():
    buffers = Buffers(4 * MIB)
    first, second = buffers.take(MIB), buffers.take(MIB)
    assert first is not second
    buffers.give_back(first)
    assert buffers.waiting == MIB
    assert buffers.take(MIB - 5) is first
    assert buffers.waiting == 0
    assert buffers.take(MIB) is not second


def test_images_of_a_plate_differ_a_little_and_share_memory():
    buffers = Buffers(40 * MIB)
    large, small, huge = buffers.take(3 * MIB), buffers.take(2 * MIB), buffers.take(9 * MIB)
    for buffer in (large, small, huge):
        buffers.give_back(buffer)
    assert buffers.take(2 * MIB - 7) is small, "the least that fits"
    assert buffers.take(2 * MIB - 7) is large
    assert len(buffers.take(2 * MIB - 7)) == 2 * MIB, "what is much too large waits for others"
    assert buffers.waiting == 9 * MIB


def test_no_more_than_that_waits():
    buffers = Buffers(3 * MIB)
    taken = [buffers.take(MIB) for _ in range(5)]
    for buffer in taken:
        buffers.give_back(buffer)
    assert buffers.waiting == 3 * MIB


@given(st.binary(min_size=1, max_size=2000), st.lists(st.integers(1, 700), max_size=8))
def test_a_body_is_read_as_a_file_and_sent_in_one_piece(data, counts):
    with kept(Buffers(MIB), data) as body:
        assert (body.length, body.in_memory, body.seek(0, os.SEEK_END)) == (len(data), len(data), len(data))
        body.rewind()
        read = b"".join(body.read(count) for count in counts)
        assert read == data[: sum(counts)]
        assert bytes(body.piece()) == data[len(read) :]
        assert (bytes(body.piece()), body.read()) == (b"", b"")
        body.release()
        body.rewind()
        assert body.read() == data
        body.seek(-1, os.SEEK_CUR)
        assert bytes(body.piece()) == data[-1:]


def test_memory_comes_back_when_a_body_is_closed_or_forgotten_and_once():
    buffers = Buffers(4 * MIB)
    body = kept(buffers, bytes(MIB))
    body.close()
    body.close()
    assert buffers.waiting == MIB
    del body
    gc.collect()
    assert buffers.waiting == MIB
    body = kept(buffers, bytes(MIB))
    assert buffers.waiting == 0
    del body
    gc.collect()
    assert buffers.waiting == MIB


def test_a_piece_that_is_being_sent_is_not_written_over():
    buffers = Buffers(4 * MIB)
    body = kept(buffers, b"a" * MIB)
    piece = body.piece()
    other = kept(buffers, b"b" * MIB)
    assert bytes(piece) == b"a" * MIB
    assert other.read() == b"b" * MIB


def test_bodies_of_many_threads_do_not_share_memory():
    buffers, wrong = Buffers(MIB), []

    def work(mark: int) -> None:
        for _ in range(200):
            body = kept(buffers, bytes([mark]) * 200_000)
            if body.read() != bytes([mark]) * 200_000:
                wrong.append(mark)

    threads = [threading.Thread(target=work, args=(mark,)) for mark in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert buffers.waiting <= MIB
