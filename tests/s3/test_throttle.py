import io
import threading
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.digests.files import digest_data
from validator.s3.client import S3Settings, make_client
from validator.s3.objects import Condition, put_object
from validator.s3.throttle import PIECE, PacedBody, Throttle


@given(st.binary(max_size=5 * PIECE), st.sampled_from([None, 1e12]))
def test_pieces_are_the_body(data, rate):
    assert b"".join(Throttle(rate).pieces(data)) == data


def test_a_body_takes_its_time():
    throttle = Throttle(4_000_000)
    began = monotonic()
    body = PacedBody(io.BytesIO(bytes(2_000_000)), throttle)
    while body.read(16_384):
        pass
    assert 0.35 < monotonic() - began < 2


def test_threads_share_one_rate():
    throttle = Throttle(4_000_000)
    began = monotonic()
    threads = [threading.Thread(target=lambda: list(throttle.pieces(bytes(500_000)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0.35 < monotonic() - began < 2


def test_a_new_rate_wakes_those_who_wait():
    throttle = Throttle(0)
    done = threading.Event()

    def send():
        throttle.wait_for(1)  # credit of the beginning
        throttle.wait_for(1)
        done.set()

    thread = threading.Thread(target=send)
    thread.start()
    assert not done.wait(0.1)
    throttle.set_rate(None)
    assert done.wait(5)
    thread.join()


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_boto3_sends_whole_bodies_slowly(store, size):
    client = make_client(S3Settings(endpoint_url=store.endpoint))
    Throttle(6_000_000).watch(client)
    data = bytes(range(250)) * (size // 250) if size > 1 else bytes(size)
    began = monotonic()
    put_object(client, store.bucket, "k", data, digest_data(data).etag, Condition())
    assert store.read("k") == data
    if size > 1:
        assert monotonic() - began > 0.35
