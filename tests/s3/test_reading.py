"""Objects are read as files, and no more of them travels than is looked at."""

import errno
import io

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from validator.s3.client import S3Settings, make_client
from validator.s3.limits import KIB, MIB
from validator.s3.reading import open_object

DATA = bytes(index * 7 % 251 for index in range(3 * MIB))


class Counting:
    """A client that notes which ranges were asked for."""

    def __init__(self, data=DATA):
        self.data = data
        self.ranges = []

    def get_object(self, *, Bucket, Key, Range, IfMatch='"e"'):  # noqa: N803  the names of the API
        del Bucket, Key
        assert IfMatch == '"e"'
        begin, end = map(int, Range.removeprefix("bytes=").split("-"))
        self.ranges.append((begin, end + 1 - begin))
        return {"Body": io.BytesIO(self.data[begin : end + 1]), "ETag": '"e"'}


def test_a_small_object_comes_whole():
    client = Counting(DATA[:5000])
    with open_object(client, "b", "k", 5000, first=MIB) as stream:
        assert stream.read() == DATA[:5000]
    assert client.ranges == [(0, 5000)]


def test_of_a_large_object_only_what_is_looked_at():
    size = 10_000_000_000
    client = Counting()
    with open_object(client, "b", "k", size) as stream:
        assert stream.seek(0, io.SEEK_END) == size
        stream.seek(0)
        assert stream.read(100) == DATA[:100]
        stream.seek(2 * MIB)
        assert stream.read(10) == DATA[2 * MIB : 2 * MIB + 10]
    assert client.ranges == [(0, 64 * KIB), (2 * MIB, 64 * KIB)]


def test_ranges_grow_while_reading_goes_on():
    client = Counting()
    with open_object(client, "b", "k", len(DATA)) as stream:
        assert b"".join(iter(lambda: stream.read(1000), b"")) == DATA
    assert [length // KIB for _, length in client.ranges][:4] == [64, 128, 256, 512]
    assert len(client.ranges) < 8


def test_an_empty_object_needs_no_request():
    client = Counting(b"")
    with open_object(client, "b", "k", 0) as stream:
        assert stream.read() == b""
    assert client.ranges == []


@given(st.lists(st.tuples(st.integers(0, len(DATA)), st.integers(0, 200_000)), max_size=6))
def test_it_reads_what_a_file_would(steps):
    with open_object(Counting(), "b", "k", len(DATA), first=4 * KIB) as stream:
        file = io.BytesIO(DATA)
        for position, length in steps:
            assert stream.seek(position) == file.seek(position)
            assert stream.read(length) == file.read(length)


def test_a_store(store):
    store.put("project/k", DATA)
    client = make_client(S3Settings(store.endpoint))
    with open_object(client, store.bucket, "project/k", len(DATA)) as stream:
        stream.seek(-10, io.SEEK_END)
        assert stream.read() == DATA[-10:]


def test_an_object_that_is_replaced_while_it_is_read(store):
    store.put("k", DATA)
    client = make_client(S3Settings(store.endpoint))
    with open_object(client, store.bucket, "k", len(DATA)) as stream:
        stream.read(10)
        store.put("k", DATA[::-1])
        stream.seek(MIB)
        with pytest.raises(FileNotFoundError):
            stream.read(10)


def test_an_object_that_is_gone(store):
    client = make_client(S3Settings(store.endpoint))
    with open_object(client, store.bucket, "k", 10) as stream, pytest.raises(FileNotFoundError) as caught:
        stream.read()
    assert caught.value.errno == errno.ENOENT


@pytest.mark.parametrize(
    ("code", "status", "number"), [("AccessDenied", 403, errno.EACCES), ("SlowDown", 400, errno.EPROTO)]
)
def test_refusals_are_those_of_a_file(store, code, status, number):
    client = make_client(S3Settings(store.endpoint, attempts=1))
    with Stubber(client) as stub:
        for _ in range(3):
            stub.add_client_error("get_object", code, http_status_code=status)
        with (
            open_object(client, store.bucket, "k", 10) as stream,
            pytest.raises(OSError, match="k") as caught,
        ):
            stream.read()
    assert caught.value.errno == number


def test_an_answer_that_breaks_off_is_asked_for_again(store):
    client = make_client(S3Settings(store.endpoint, attempts=1))
    with Stubber(client) as stub:
        for data in (b"12345", b"1234567890"):
            body = StreamingBody(io.BytesIO(data), 10)
            stub.add_response("get_object", {"Body": body, "ETag": '"e"'})
            # the second time as the same object
        with open_object(client, store.bucket, "k", 10) as stream:
            assert stream.read() == b"1234567890"
