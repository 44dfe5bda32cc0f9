"""One request to a server that answers as it is told: what is tried again, what is said in the end."""

import base64
import hashlib
import os
import socket
import time
from contextlib import suppress

import pytest
from scripted_store import (
    LastWords,
    answer,
    make_certificates,
    refusal,
    scripted_store,
    stand_still,
    tunnel_proxy,
)
from servers import CREDENTIALS, free_port

from validator.digests.files import FileChanged
from validator.errors import CredentialsError, RemoteError
from validator.s3.client import S3Settings, make_client
from validator.s3.failures import AlreadyThere, BytesDamaged, RequestRefused, UploadGone
from validator.s3.objects import Condition, Written, head_object
from validator.s3.wire import retrying
from validator.s3.wire.bodies import FileBody, MemoryBody
from validator.s3.wire.connections import open_data_path
from validator.s3.wire.delivery import Delivery, deliver, outcome, start
from validator.s3.wire.requests import WireRequest
from validator.s3.wire.sockets import gather
from validator.s3.writing import Writing

MD5 = hashlib.md5(b"cells").hexdigest()
CRC = "rosUhgp5mIg="
KEY = "cpg0099-example/broad/images/2024_03_05_Run1/a b+c~ü.tiff"
OPEN = []


@pytest.fixture(autouse=True)
def surroundings(monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy", "no_proxy", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(retrying, "LONGEST_WAIT", 0.01)
    yield
    while OPEN:
        OPEN.pop().close()


def connections_to(endpoint: str, attempts: int = 3, checksum: str = "auto"):
    settings = S3Settings(endpoint, attempts=attempts, writing=Writing(checksum=checksum))
    OPEN.append(open_data_path(make_client(settings), settings, "bucket"))
    return OPEN[-1]


@pytest.fixture
def store():
    with scripted_store() as (endpoint, script):
        script.connect = lambda attempts=3: connections_to(endpoint, attempts)
        script.endpoint = endpoint
        yield script


def put(connections, data: bytes = b"cells", condition: Condition | None = None):
    md5 = hashlib.md5(data).hexdigest()
    return deliver(connections, WireRequest(KEY, MemoryBody(data), md5, CRC, condition))


def test_what_arrives(store):
    connections = store.connect()
    assert put(connections, condition=Condition()) == Written(MD5)
    [seen] = store.seen
    assert seen.line == (
        "PUT /bucket/cpg0099-example/broad/images/2024_03_05_Run1/a%20b%2Bc~%C3%BC.tiff HTTP/1.1"
    )
    assert seen.body == b"cells"
    assert base64.b64decode(seen.headers["content-md5"]).hex() == MD5
    assert seen.headers["if-none-match"] == "*"
    assert seen.headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    signed = seen.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert {"content-md5", "host", "if-none-match", "x-amz-date"} <= set(signed)
    assert "cpgate/" in seen.headers["user-agent"]


def test_a_part_and_what_may_be_replaced(store):
    connections = store.connect()
    deliver(connections, WireRequest(KEY, MemoryBody(b"cells"), MD5, upload_id="id/+=", number=7))
    put(connections, condition=Condition(MD5))
    part, whole = store.seen
    assert part.line.split(" ")[1].endswith("?partNumber=7&uploadId=id%2F%2B%3D")
    assert "if-none-match" not in part.headers
    assert whole.headers["if-match"] == MD5


def test_one_connection_serves_one_request_after_the_other(store):
    connections = store.connect()
    for _ in range(5):
        put(connections)
    assert store.connections == 1
    connections.close()


@pytest.mark.parametrize(
    "trouble",
    [
        503,
        refusal(503, "SlowDown"),
        refusal(500, "InternalError"),
        refusal(400, "RequestTimeout"),
        refusal(409, "ConditionalRequestConflict"),
        refusal(409, "OperationAborted"),
        refusal(400, "BadDigest"),
        None,
        LastWords(b"HTTP/1.1 200 OK\r\nContent-Le"),
        answer(502, b"<html>bad gateway</html>"),
        answer(408, b"<html>nothing came over this connection</html>"),
    ],
)
def test_what_passes_is_tried_again(store, trouble):
    connections = store.connect()
    store.answers = [trouble, trouble]
    assert put(connections).etag == MD5
    assert len(store.seen) == 3
    assert {seen.body for seen in store.seen} == {b"cells"}


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (refusal(503, "SlowDown"), RemoteError),
        (None, RemoteError),
        (refusal(400, "BadDigest"), BytesDamaged),
        (refusal(500, "InternalError", "we &lt;are&gt; sorry"), RemoteError),
    ],
)
def test_not_for_ever(store, trouble, kind):
    store.answers = [trouble] * 9
    with pytest.raises(kind):
        put(store.connect())
    assert len(store.seen) == 3


def test_the_budget_of_second_tries_is_for_all_requests_together(store):
    connections = store.connect(attempts=1000)
    store.answers = [503] * 1000
    with pytest.raises(RemoteError):
        put(connections)
    assert len(store.seen) == retrying.BUDGET // retrying.COST + 1


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (refusal(412, "PreconditionFailed"), AlreadyThere),
        (answer(412), AlreadyThere),
        (refusal(404, "NoSuchUpload"), UploadGone),
        (refusal(403, "AccessDenied"), CredentialsError),
        (refusal(400, "ExpiredToken"), CredentialsError),
        (refusal(403, "SignatureDoesNotMatch"), CredentialsError),
        (refusal(400, "EntityTooLarge", "too &lt;large&gt;"), RequestRefused),
        (refusal(404, "NoSuchBucket"), RemoteError),
        (answer(200, b"<html>Please log in</html>"), RemoteError),
        (b"SSH-2.0-OpenSSH_9.2\r\n", RemoteError),
        (answer(418), RequestRefused),
    ],
)
def test_what_the_store_says_is_told_in_the_words_of_all_requests(store, said, kind):
    connections = store.connect(attempts=1)
    store.answers = [said]
    with pytest.raises(kind):
        put(connections)


def test_a_connection_that_was_closed_while_it_waited_is_no_failure(store):
    connections = store.connect(attempts=1)
    store.answers = [answer(200, ETag=f'"{MD5}"'), None]
    put(connections)
    assert put(connections).etag == MD5  # the second request was hung up on: the third went over a new one
    assert store.connections == 2


@pytest.mark.parametrize("said", [refusal(501, "NotImplemented"), refusal(400, "InvalidRequest"), 400])
def test_a_store_that_does_not_know_the_checksum_is_sent_none(store, said):
    connections = store.connect(attempts=1)
    store.answers = [said]
    for _ in range(2):
        assert put(connections).etag == MD5
    assert [seen.headers.get("x-amz-checksum-crc64nvme") for seen in store.seen] == [CRC, None, None]
    assert {"content-md5" in seen.headers for seen in store.seen} == {True}


def test_requests_under_way_together_are_all_told_and_go_again(store):
    connections = store.connect(attempts=1)
    store.answers = [refusal(501, "NotImplemented")] * 3
    under_way = [Delivery(connections, WireRequest(KEY, MemoryBody(b"cells"), MD5, CRC)) for _ in range(3)]
    for delivery in under_way:
        start(delivery, connections)
    while any(delivery.exchange is not None for delivery in under_way):  # until all of them are refused
        for delivery in under_way:
            if delivery.exchange is not None:
                delivery.advance()
        time.sleep(0.001)
    while any(not delivery.finished for delivery in under_way):
        for delivery in under_way:
            if not delivery.finished and delivery.exchange is None:
                start(delivery, connections)
            delivery.advance()
        time.sleep(0.001)
    assert [outcome(delivery, "bucket").etag for delivery in under_way] == [MD5] * 3


def test_all_parts_carry_what_their_upload_was_begun_with(store):
    connections = store.connect(attempts=1)
    connections.checksums.sent = False  # another request has found out something about the store
    deliver(connections, WireRequest(KEY, MemoryBody(b"cells"), MD5, CRC, upload_id="id", number=1))
    deliver(connections, WireRequest(KEY, MemoryBody(b"cells"), MD5, upload_id="old", number=1))
    assert [seen.headers.get("x-amz-checksum-crc64nvme") for seen in store.seen] == [CRC, None]


def test_who_wants_the_checksum_does_not_do_without(store):
    connections = connections_to(store.endpoint, 1, "crc64nvme")
    store.answers = [refusal(501, "NotImplemented")]
    with pytest.raises(RemoteError):
        put(connections)
    put(connections_to(store.endpoint, 1, "none"))
    assert ["x-amz-checksum-crc64nvme" in seen.headers for seen in store.seen] == [True, False]


def test_options_of_an_object_are_headers(store):
    writing = Writing(
        storage_class="STANDARD_IA",
        acl="bucket-owner-full-control",
        encryption="AES256",
        metadata=(("lab", "Carpenter"),),
        requester_pays=True,
    )
    request = WireRequest(KEY, MemoryBody(b"cells"), MD5, arguments=writing.object_arguments(KEY))
    deliver(store.connect(), request)
    [seen] = store.seen
    expected = {
        "content-type": "image/tiff",
        "x-amz-storage-class": "STANDARD_IA",
        "x-amz-acl": "bucket-owner-full-control",
        "x-amz-server-side-encryption": "AES256",
        "x-amz-meta-lab": "Carpenter",
        "x-amz-request-payer": "requester",
    }
    assert expected.items() <= seen.headers.items()
    signed = seen.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert set(expected) <= set(signed)


def test_nobody_answers_for_long(store):
    connections = store.connect(attempts=1)
    connections.patience = 0.2
    store.answers = [stand_still(5)]
    began = time.monotonic()
    with pytest.raises(RemoteError, match="broke off the connection"):
        put(connections, bytes(5_000_000))
    assert time.monotonic() - began < 3


def refuse_at_once(client) -> None:
    client.sendall(refusal(412, "PreconditionFailed"))
    time.sleep(0.2)


def test_an_answer_that_comes_before_everything_is_sent_counts(store):
    connections = store.connect(attempts=1)
    store.answers = [refuse_at_once]
    with pytest.raises(AlreadyThere):
        put(connections, bytes(20_000_000))


def test_a_large_part_is_read_while_it_is_sent(store, tmp_path):
    data = os.urandom(5_000_000)
    (tmp_path / "file").write_bytes(b"before" + data + b"after")
    asked = []
    body = FileBody(str(tmp_path / "file"), 6, len(data), asked.append)
    connections = store.connect()
    store.answers = [None]
    md5 = hashlib.md5(data).hexdigest()
    assert deliver(connections, WireRequest(KEY, body, md5, upload_id="id", number=1)).etag == md5
    assert [seen.body for seen in store.seen] == [data, data]
    assert len(asked) == 4, "looked at before the first and after the last byte, each time"


@pytest.mark.parametrize("error", [FileChanged("file"), PermissionError(13, "no", "file")])
def test_a_file_that_cannot_be_sent_is_told_as_such(store, tmp_path, error):
    def refuse(_: int) -> None:
        raise error

    (tmp_path / "file").write_bytes(b"x" * 3_000_000)
    body = FileBody(str(tmp_path / "file"), 0, 3_000_000, refuse)
    connections = store.connect()
    with pytest.raises(type(error)):
        deliver(connections, WireRequest(KEY, body, MD5, upload_id="id", number=1))
    assert put(connections).etag == MD5


def test_nobody_is_there():
    connections = connections_to(f"http://127.0.0.1:{free_port()}", 1)
    with pytest.raises(RemoteError, match="cannot be reached"):
        put(connections)


# Proxies and certificates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("tls"))


def test_through_a_proxy_with_a_login_and_an_authority_of_the_institute(certificates, monkeypatch):
    authority, context = certificates
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority))
    monkeypatch.setenv("NO_PROXY", "")
    with scripted_store(context) as (endpoint, script), tunnel_proxy("lab", "secret") as (proxy, asked):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        connections = connections_to(endpoint)
        assert put(connections, bytes(3_000_000)).etag
        assert put(connections).etag == MD5
    assert [line.split(" ")[0] for line in asked] == ["CONNECT"]
    assert endpoint.removeprefix("https://") in asked[0]
    assert len(script.seen) == 2
    assert "proxy-authorization" not in script.seen[0].headers


def test_a_proxy_that_does_not_know_one(certificates, monkeypatch):
    authority, context = certificates
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority))
    monkeypatch.setenv("NO_PROXY", "")
    with scripted_store(context) as (endpoint, script), tunnel_proxy("lab", "secret") as (proxy, _):
        monkeypatch.setenv("HTTPS_PROXY", proxy.replace("secret", "wrong-word"))
        with pytest.raises(RemoteError, match="wants to know a name and a password, or other ones") as told:
            put(connections_to(endpoint, 1))
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
        with pytest.raises(RemoteError, match="cannot be reached through the proxy http://127"):
            put(connections_to(endpoint, 1))
    assert script.seen == []
    assert "wrong-word" not in str(told.value)


def test_certificates_that_are_none(certificates, monkeypatch, tmp_path):
    _, context = certificates
    (tmp_path / "empty.pem").write_text("no certificate")
    with scripted_store(context) as (endpoint, _):
        for path in (tmp_path / "nowhere.pem", tmp_path / "empty.pem"):
            monkeypatch.setenv("AWS_CA_BUNDLE", str(path))
            client = make_client(S3Settings(endpoint, attempts=1))
            with pytest.raises(RemoteError, match=f"no certificates in {path}, which AWS_CA_BUNDLE names"):
                head_object(client, "bucket", KEY)
            with pytest.raises((RemoteError, OSError)):
                put(connections_to(endpoint, 1))


def test_hosts_that_no_proxy_names_are_asked_directly(certificates, monkeypatch):
    authority, context = certificates
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "localhost")
    with scripted_store(context) as (endpoint, script):
        assert put(connections_to(endpoint)).etag == MD5
    assert len(script.seen) == 1


def test_plain_http_through_a_proxy(store, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "")
    with tunnel_proxy("lab", "secret") as (proxy, asked):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        assert put(store.connect()).etag == MD5
    assert asked[0].startswith(f"PUT {store.endpoint}/bucket/cpg0099-example/")


def test_a_certificate_of_nobody_one_trusts(certificates):
    _, context = certificates
    with scripted_store(context) as (endpoint, script):
        with pytest.raises(RemoteError, match="no secure connection"):
            put(connections_to(endpoint, 1))
        assert script.seen == []


def test_what_only_boto3_reaches(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "")
    settings = S3Settings("https://store.example")
    client = make_client(settings)
    assert open_data_path(client, settings, "name--use1-az4--x-s3") is None
    monkeypatch.setenv("HTTPS_PROXY", "https://proxy.example:3128")
    assert open_data_path(client, settings, "bucket") is None


def test_aws_itself_is_addressed_as_boto3_does(monkeypatch):
    """Virtual host, region in the name; a bucket with dots in the path."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    settings = S3Settings()
    for bucket, authority, path in (
        ("staging", "staging.s3.eu-west-1.amazonaws.com", "/"),
        ("with.dots", "s3.eu-west-1.amazonaws.com", "/with.dots/"),
    ):
        connections = open_data_path(make_client(settings), settings, bucket)
        address = connections.template(WireRequest("k", MemoryBody(b""), MD5)).address
        assert (address.scheme, address.authority, address.path) == ("https", authority, path)
        assert (address.port, address.region) == (443, "eu-west-1")


def read_slowly(client) -> None:
    """Take 16 kB at a time, with pauses: some MB/s."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    client.settimeout(0.5)
    with suppress(TimeoutError):
        while client.recv(1 << 14):
            time.sleep(0.002)
    client.sendall(answer(200, ETag=f'"{MD5}"'))


@pytest.mark.parametrize("secure", [False, True])
def test_a_slow_line_is_not_one_on_which_nothing_moves(certificates, monkeypatch, secure):
    authority, context = certificates
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority))
    with scripted_store(context if secure else None) as (endpoint, script):
        script.answers = [read_slowly]
        connections = connections_to(endpoint, 1)
        connections.patience = 2.0
        assert put(connections, bytes(20_000_000)).etag == MD5


@pytest.mark.skipif(not hasattr(socket, "TCP_CORK"), reason="this system sends every piece by itself")
@pytest.mark.parametrize(("size", "gathered"), [(3_000_000, True), (1000, False)])
def test_large_bodies_fill_packets_and_nothing_waits_at_the_end(certificates, monkeypatch, size, gathered):
    authority, context = certificates
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority))
    asked = []

    def gather_and_ask(connection, *, on):
        gather(connection, on=on)
        asked.append((on, bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_CORK))))

    monkeypatch.setattr("validator.s3.wire.exchange.gather", gather_and_ask)
    with scripted_store(context) as (endpoint, _):
        connections = connections_to(endpoint)
        for _ in range(2):
            assert put(connections, bytes(size)).etag
    assert asked == ([(True, True), (False, False)] * 2 if gathered else [])


def test_a_connection_that_broke_is_not_complained_about_before_its_next_byte():
    connection = socket.socket()
    connection.close()
    gather(connection, on=True)
