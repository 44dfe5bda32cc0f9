"""A small PutObject in one piece: which answers are read at a glance, and what is left when it is not taken at once."""

import hashlib
import os
import ssl

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from servers import CREDENTIALS

from validator.s3.client import S3Settings, make_client
from validator.s3.objects import Written
from validator.s3.throttle import Throttle
from validator.s3.wire.answers import AnswerReader, NotHttp
from validator.s3.wire.bodies import MemoryBody
from validator.s3.wire.connections import open_data_path
from validator.s3.wire.delivery import Delivery
from validator.s3.wire.exchange import Want
from validator.s3.wire.requests import WireRequest, written
from validator.s3.wire.small import MOST_BYTES, plainly_written, send_small

MD5 = hashlib.md5(b"cells").hexdigest()
OTHER = hashlib.md5(b"other cells").hexdigest()
SHORT = b'HTTP/1.1 200 OK\r\nETag: "%s"\r\nContent-Length: 0\r\n\r\n' % MD5.encode()
AMAZON = (
    b"HTTP/1.1 200 OK\r\n"
    b"x-amz-id-2: Eftixk72aD6Ap51TnqcoF8eFidJG9Z/2mkiDFu8yU9AS1ed4OpIszj7UDNEHGran\r\n"
    b"x-amz-request-id: 318BC8BC148832E5\r\n"
    b"Date: Wed, 28 Oct 2026 22:32:00 GMT\r\n"
    b'x-amz-expiration: expiry-date="Fri, 23 Dec 2026 00:00:00 GMT", rule-id="etag: old ones"\r\n'
    b"x-amz-version-id: 3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo\r\n"
    b"x-amz-server-side-encryption: AES256\r\n"
    b'ETag: "%s"\r\n'
    b"x-amz-checksum-crc64nvme: rosUhgp5mIg=\r\n"
    b"x-amz-checksum-type: FULL_OBJECT\r\n"
    b"Content-Length: 0\r\n"
    b"Server: AmazonS3\r\n\r\n"
) % MD5.encode()
CEPH = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
    b'ETag: "%s"\r\nAccept-Ranges: bytes\r\nx-amz-request-id: tx000\r\n'
    b"Date: Sat, 28 Nov 2026 18:00:00 GMT\r\nConnection: Keep-Alive\r\n\r\n"
) % MD5.encode()
VERSION = "3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo"


def more(*lines: bytes, answer: bytes = SHORT) -> bytes:
    """An answer with more headers at its end."""
    return answer[:-2] + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def in_names(change, answer: bytes) -> bytes:
    first, *lines = answer.split(b"\r\n")
    parts = [line.partition(b":") for line in lines]
    return b"\r\n".join([first, *(change(name) + colon + value for name, colon, value in parts)])


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        (SHORT, None),
        (AMAZON, VERSION),
        (CEPH, None),
        (in_names(bytes.lower, AMAZON), VERSION),
        (in_names(bytes.upper, AMAZON), VERSION),
        (more(b"x-amz-version-id: null"), None),
        (more(b"x-amz-version-id:"), None),
        (more(b"X-Amz-Version-Id:AbC.1-_~ "), "AbC.1-_~"),
        (more(b"x-amz-version-id: first", b"x-amz-version-id: second"), "second"),
        (more(b"Access-Control-Expose-Headers: ETag, x-amz-version-id"), None),
        (more(b"x-amz-server-side-encryption: AES256"), None),
        (more(b"X-Empty:"), None),
        (SHORT.replace(b" OK", b" "), None),
    ],
)
def test_what_says_yes_is_read_as_the_ordinary_way_reads_it(answer, version):
    assert plainly_written(answer, MD5) == Written(MD5, version) == as_read(answer)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        SHORT.replace(MD5.encode(), OTHER.encode()),
        SHORT.replace(MD5.encode(), MD5.upper().encode()),
        SHORT.replace(b'"', b""),
        SHORT.replace(MD5.encode(), MD5.encode() + b"-1"),
        SHORT.replace(b"ETag: ", b"ETag:"),
        SHORT.replace(b"ETag", b"X-ETag"),
        SHORT.replace(b"ETag", b"ETag "),
        SHORT.replace(b"Content-Length: 0\r\n", b""),
        SHORT.replace(b"Length: 0", b"Length: 7") + b"<nope/>",
        SHORT.replace(b"Length: 0", b"Length: 00"),
        SHORT.replace(b"200", b"100"),
        SHORT.replace(b"200", b"201"),
        SHORT.replace(b"200", b"2000"),
        SHORT.replace(b"200 OK", b"412 Precondition Failed"),
        SHORT.replace(b"/1.1", b"/1.0"),
        SHORT.replace(b"HTTP", b"http"),
        b"HTTP/1.1 100 Continue\r\n\r\n" + SHORT,
        SHORT + SHORT,
        SHORT + b"x",
        b" " + SHORT,
        SHORT.replace(b"\r\n", b"\n"),
        more(b"x-amz-server-side-encryption: aws:kms"),
        more(b"x-amz-server-side-encryption: aws:kms:dsse"),
        more(b"x-amz-server-side-encryption:aws:kms"),
        more(b"x-amz-server-side-encryption-customer-algorithm: AES256"),
        more(b"Connection: close"),
        more(b"connection:close"),
        more(b"CONNECTION: \tKeep-Alive, Close"),
        more(b"Transfer-Encoding: chunked"),
        more(b"Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n",
        more(b'ETag: "%s"' % OTHER.encode()),
        more(b'etag:"%s"' % OTHER.encode()),
        more(b'ETag : "%s"' % OTHER.encode()),
        more(b' ETag: "%s"' % OTHER.encode()),
        more(b"Content-Length: 5"),
        more(b"content-length:5"),
        more(b"Connection : close"),
        more(b"\tTransfer-Encoding: chunked"),
        more(b"no colon"),
        more(b": no name"),
    ],
)
def test_whatever_is_another_answer_is_left_to_the_ordinary_way(answer):
    assert plainly_written(answer, MD5) is None


@pytest.mark.parametrize("answer", [SHORT, AMAZON, CEPH])
def test_an_answer_that_is_not_whole_is_left_to_the_ordinary_way(answer):
    assert [cut for cut in range(len(answer) + 1) if plainly_written(answer[:cut], MD5)] == [len(answer)]
    assert not any(plainly_written(answer[cut:], MD5) for cut in range(1, len(answer)))


def as_read(answer: bytes) -> Written | None:
    """What the ordinary way makes of an answer that is whole and leaves the connection good; else ``None``."""
    reader = AnswerReader()
    try:
        reader.feed(answer)
    except (NotHttp, ConnectionError):
        return None
    if not reader.complete or not reader.reusable or reader.answer.status != 200 or reader.answer.body:
        return None
    return written(reader.answer)


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_any_bytes_may_come(noise):
    for answer in (noise, noise + SHORT, SHORT + noise, SHORT[:40] + noise + SHORT[40:]):
        found = plainly_written(answer, MD5)
        assert found is None or found == as_read(answer)


ETAG = b'ETag: "%s"' % MD5.encode()
LINES = st.sampled_from(
    [
        ETAG,
        ETAG.lower(),
        ETAG.replace(b": ", b":"),
        b'ETag: "%s"' % OTHER.encode(),
        b"Content-Length: 0",
        b"content-length:  0",
        b"Content-Length: 3",
        b"Connection: keep-alive",
        b"Connection: close",
        b"Transfer-Encoding: chunked",
        b"x-amz-version-id: 7",
        b"x-amz-version-id: null",
        b"x-amz-server-side-encryption: AES256",
        b"x-amz-server-side-encryption: aws:kms",
        b"x-amz-server-side-encryption-customer-algorithm: AES256",
        b"Date: Sat, 28 Nov 2026 18:00:00 GMT",
        b"",
        b"no colon",
        b"HTTP/1.1 200 OK",
    ]
)
ODD = st.sampled_from(
    [b"", b"", b"", b"", b"\r", b"\n", b" ", b"\t", b"\x0b", b"\x1c", b"\x85", b"\xa0", b":", b'"']
)
HEADS = st.sampled_from([b"HTTP/1.1 200 OK", b"HTTP/1.1 200 O\rK", b"HTTP/1.1 200", b"HTTP/1.0 200 OK"])


@st.composite
def answers(draw) -> bytes:
    """Answers made of what makes an answer one of this kind or another."""
    lines = draw(st.lists(LINES, max_size=4))
    lines += draw(st.sampled_from([[], [ETAG, b"Content-Length: 0"]]))
    text = b"\r\n".join([draw(HEADS), *draw(st.permutations(lines)), b"", b""])
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(ODD) + text[at:]


@settings(max_examples=500)
@given(answers())
@example(more(b"Connection: keep-alive, close"))
@example(more(b"ETag\xa0: none"))
@example(more(b"x-amz-version-id: \xa07\x85"))
def test_what_is_read_at_a_glance_the_ordinary_way_reads_alike(answer):
    found = plainly_written(answer, MD5)
    assert found is None or found == as_read(answer)


class Full:
    """An encrypted connection that takes nothing yet: OpenSSL wants the same bytes when it is offered them again."""

    def __init__(self):
        self.offered = []

    def send(self, data) -> int:
        self.offered.append(bytes(data))
        raise ssl.SSLWantWriteError

    def recv(self, _) -> bytes:
        raise ssl.SSLWantReadError


def test_what_a_connection_has_not_taken_is_offered_as_it_was(monkeypatch):
    """Also where a rate was set meanwhile by which fewer bytes would go at once."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    settings = S3Settings("http://127.0.0.1:9")
    connections = open_data_path(make_client(settings), settings, "bucket", Throttle())
    data = os.urandom(MOST_BYTES)
    request = WireRequest("a", MemoryBody(data), hashlib.md5(data).hexdigest())
    begun = send_small(connections, connection := Full(), request)
    connections.throttle.set_rate(1e9)
    delivery = Delivery(connections, WireRequest("a", MemoryBody(data), request.md5))
    delivery.take_over(begun, b"")
    assert delivery.advance() is Want.TO_SEND
    first, second = connection.offered
    assert first == second
    assert first.endswith(b"\r\n\r\n" + data)
