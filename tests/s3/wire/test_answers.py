import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.s3.wire.answers import LONGEST_BODY, AnswerReader, NotHttp

PLAIN = b'HTTP/1.1 200 OK\r\nETag: "abc"\r\nContent-Length: 5\r\nX-Two:  words \r\n\r\nhello'
CHUNKED = b"HTTP/1.1 503 Slow Down\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nslow\r\n5\r\n down\r\n0\r\nTrailer: x\r\n\r\n"
CONTINUED = b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN
NO_BODY = b"HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n"


def read(*pieces: bytes) -> AnswerReader:
    reader = AnswerReader()
    for piece in pieces:
        reader.feed(piece)
    return reader


@pytest.mark.parametrize(
    ("text", "status", "body"),
    [(PLAIN, 200, b"hello"), (CHUNKED, 503, b"slow down"), (CONTINUED, 200, b"hello"), (NO_BODY, 204, b"")],
)
def test_an_answer_is_read_however_it_is_cut(text, status, body):
    for cut in range(1, len(text)):
        reader = read(text[:cut], text[cut:])
        assert reader.complete, cut
        assert (reader.answer.status, reader.answer.body) == (status, body)
        assert reader.reusable
    assert not read(text[:-1]).complete


def test_names_of_headers_are_in_lower_case_and_values_trimmed():
    assert read(PLAIN).answer.headers == {"etag": '"abc"', "content-length": "5", "x-two": "words"}


def test_without_a_length_the_end_of_the_connection_ends_it():
    reader = read(b"HTTP/1.1 200 OK\r\n\r\nsome")
    assert not reader.complete
    reader.feed(b"")
    assert reader.complete
    assert reader.answer.body == b"some"
    assert not reader.reusable


@pytest.mark.parametrize("text", [PLAIN[:-1], CHUNKED[:-3], b"HTTP/1.1 200", b""])
def test_an_answer_that_breaks_off(text):
    reader = AnswerReader()
    if text:
        reader.feed(text)
    with pytest.raises(ConnectionError):
        reader.feed(b"")


@pytest.mark.parametrize(
    "text",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        PLAIN + b"HTTP/1.1 200 OK",
    ],
)
def test_a_connection_that_is_not_used_again(text):
    reader = read(text)
    assert reader.complete
    assert not reader.reusable


@pytest.mark.parametrize(
    "text",
    [
        b"SSH-2.0-OpenSSH_9\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 999 x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffff\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 20_000,
    ],
)
def test_what_is_no_answer(text):
    with pytest.raises(NotHttp):
        read(text)


def test_a_body_without_end_is_not_kept():
    with pytest.raises(NotHttp):
        read(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 65536] * (LONGEST_BODY // 65536 + 1))


@given(
    st.lists(st.binary(min_size=1, max_size=50), max_size=8), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n"])
)
def test_whatever_comes_ends_in_an_answer_or_a_complaint(pieces, first):
    reader = AnswerReader()
    try:
        for piece in [first, *pieces] if first else pieces:
            reader.feed(piece)
    except (NotHttp, ConnectionError):
        return
    assert reader.complete in {True, False}
