"""Listings from a store that answers what each test wants."""

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from servers import CREDENTIALS

from validator.errors import CredentialsError, RemoteError
from validator.s3.client import S3Settings, make_client
from validator.s3.listing import list_folders, list_objects

LAST = 5


def page(number: int, next_token: str | None = None) -> bytes:
    following = f"<NextContinuationToken>{next_token}</NextContinuationToken>" if next_token else ""
    objects = "".join(
        f"<Contents><Key>p/{number}-{name}</Key><LastModified>2024-03-05T00:00:00Z</LastModified>"
        f"<ETag>&quot;0&quot;</ETag><Size>1</Size></Contents>"
        for name in "abc"
    )
    return (
        f"<ListBucketResult><IsTruncated>{str(bool(next_token)).lower()}</IsTruncated>{following}{objects}"
        f"<CommonPrefixes><Prefix>p/{number}/</Prefix></CommonPrefixes></ListBucketResult>"
    ).encode()


def error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>said the store</Message></Error>".encode()


Answer = tuple[int, bytes] | tuple[int, bytes, int]
"""Status, body, and how many bytes the store promises."""


@contextmanager
def shelf(answers: Callable[[int, int], Answer | None]) -> Iterator[tuple[str, list[int]]]:
    """Serve pages 0 to `LAST`; ``answers`` may give another answer to the n-th request, which is about a page."""
    asked: list[int] = []

    class Store(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            query = parse_qs(urlsplit(self.path).query)
            number = int(query.get("continuation-token", ["0"])[0])
            asked.append(number)
            usual = 200, page(number, str(number + 1) if number < LAST else None)
            status, body, *length = answers(len(asked), number) or usual
            self.send_response(status)
            self.send_header("content-length", str(length[0] if length else len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = bool(length)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _keys(monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


def client_of(endpoint: str, attempts: int = 3):
    return make_client(S3Settings(endpoint, attempts=attempts))


EVERYTHING = [f"p/{number}-{name}" for number in range(LAST + 1) for name in "abc"]


def test_every_page_once_and_in_order():
    with shelf(lambda *_: None) as (endpoint, asked):
        client = client_of(endpoint)
        assert [found.key for found in list_objects(client, "bucket", "p/")] == EVERYTHING
        assert asked == list(range(LAST + 1))
        assert list_folders(client, "bucket", "p/") == {str(number) for number in range(LAST + 1)}


def test_who_asks_whether_there_is_something_asks_once():
    with shelf(lambda *_: None) as (endpoint, asked):
        listing = list_objects(client_of(endpoint), "bucket", "p/", page_size=3)
        assert next(listing).key == "p/0-a"
        listing.close()
        assert asked == [0]


def test_the_next_page_is_asked_for_while_this_one_is_looked_at():
    came = threading.Event()

    def answers(_, number):
        if number == 1:
            came.set()

    with shelf(answers) as (endpoint, _):
        listing = list_objects(client_of(endpoint), "bucket", "p/")
        next(listing)
        assert next(listing).key == "p/0-b"
        assert came.wait(20)
        assert next(listing).key == "p/0-c"


@pytest.mark.parametrize(
    "stumble",
    [(503, error("SlowDown")), (200, error("InternalError")), (500, b""), (200, page(2, "3")[:200], 900)],
)
def test_a_store_that_stumbles_is_asked_again(stumble):
    with shelf(lambda count, _: stumble if count == 3 else None) as (endpoint, asked):
        assert [found.key for found in list_objects(client_of(endpoint), "bucket", "p/")] == EVERYTHING
        assert asked == [0, 1, 2, 2, 3, 4, 5]


WITHOUT_A_TOKEN = page(2, "3").replace(b"<NextContinuationToken>3</NextContinuationToken>", b"")


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        ((403, error("AccessDenied")), CredentialsError, "may not list s3://bucket/p/"),
        ((400, error("ExpiredToken")), CredentialsError, "expired"),
        ((404, error("NoSuchBucket")), RemoteError, "there is no bucket bucket"),
        ((503, error("SlowDown")), RemoteError, "too busy"),
        ((200, page(2, "3")[:-40]), RemoteError, "refused to list"),
        ((200, b"<html><body>Log in</body></html>"), RemoteError, "does not speak S3"),
        ((200, WITHOUT_A_TOKEN), RemoteError, "does not speak S3"),
        ((200, page(2, "3").replace(b">1</Size>", b">many</Size>")), RemoteError, "does not speak S3"),
        ((200, page(2, "3").replace(b"2024-", b"soon-")), RemoteError, "does not speak S3"),
        ((200, page(2, "2")), RemoteError, "same page again"),
        ((200, page(2, "3")[:200], 900), RemoteError, "refused to list"),
    ],
)
def test_a_page_that_does_not_come_ends_the_listing_after_those_before_it(answer, kind, text):
    found = []
    with shelf(lambda _, number: answer if number == 2 else None) as (endpoint, _):
        with pytest.raises(kind, match=text):
            found.extend(item.key for item in list_objects(client_of(endpoint, 1), "bucket", "p/"))
        with pytest.raises(kind, match=text):
            list_folders(client_of(endpoint, 1), "bucket", "p/")


@pytest.mark.parametrize(
    "date", [b"Tue, 05 Mar 2024 00:00:00 GMT", b"2024-03-05T01:00:00+01:00", b"2024-03-05T00:00:00"]
)
def test_dates_in_other_forms(date):
    usual = page(0)
    with shelf(lambda *_: (200, usual)) as (endpoint, _):
        expected = list(list_objects(client_of(endpoint), "bucket", "p/"))
    with shelf(lambda *_: (200, usual.replace(b"2024-03-05T00:00:00Z", date))) as (endpoint, _):
        assert list(list_objects(client_of(endpoint), "bucket", "p/")) == expected
