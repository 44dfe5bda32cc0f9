import http.server
import threading
from contextlib import contextmanager, suppress

import pytest
from servers import CREDENTIALS, free_port

from validator import __version__
from validator.errors import CredentialsError, RemoteError, UsageError
from validator.s3 import multipart, objects
from validator.s3.client import S3Settings, endpoint_of, make_client


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def test_settings_go_to_another_process_and_hold_no_secret():
    settings = S3Settings("http://127.0.0.1:9", "lab", "us-east-1", 2)
    assert S3Settings.from_dict(settings.to_dict()) == settings
    assert not any(value in str(settings.to_dict()) for value in ("testing", "testing-secret"))


def test_a_client_for_an_endpoint_of_ones_own():
    client = make_client(S3Settings("http://127.0.0.1:9", region="eu-west-1", attempts=2), 7)
    config = client.meta.config
    assert client.meta.endpoint_url == "http://127.0.0.1:9"
    assert config.region_name == "eu-west-1"
    assert config.s3["addressing_style"] == "path"
    assert config.max_pool_connections == 7
    assert config.retries["total_max_attempts"] == 2
    assert config.request_checksum_calculation == "when_required"
    assert f"cpgate/{__version__}" in config.user_agent_extra


def test_without_settings_it_is_aws_where_the_gallery_lives(monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    client = make_client(S3Settings())
    assert client.meta.region_name == "us-east-1"
    assert "amazonaws.com" in client.meta.endpoint_url


def test_a_profile_brings_keys_and_region(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    config = tmp_path / "config"
    config.write_text("[profile lab]\nregion=eu-west-2\naws_access_key_id=a\naws_secret_access_key=b\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    assert make_client(S3Settings(profile="lab")).meta.region_name == "eu-west-2"


def test_no_keys(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(CredentialsError, match="no AWS credentials"):
        make_client(S3Settings())


def test_half_of_the_keys(monkeypatch):
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CredentialsError, match="cannot be had") as caught:
        make_client(S3Settings())
    assert "AWS_SECRET_ACCESS_KEY" in caught.value.mend


@pytest.mark.parametrize(
    "script", ["echo Session expired, please log in", "echo one-time code 4711 used >&2; exit 1"]
)
def test_a_program_that_hands_out_no_keys(monkeypatch, tmp_path, script):
    (tmp_path / "config").write_text(f"[default]\ncredential_process = sh -c '{script}'\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(CredentialsError, match="cannot be had") as caught:
        make_client(S3Settings("http://127.0.0.1:9"))
    assert "4711" not in f"{caught.value.what} {caught.value.mend}"


@pytest.mark.parametrize(
    "address", ["http://joe:S3CRET@127.0.0.1:9", "https://store/?key=S3CRET", "http://[::1"]
)
def test_an_address_with_a_secret_is_refused_and_not_repeated(address):
    with pytest.raises(UsageError) as caught:
        S3Settings(address)
    assert "S3CRET" not in f"{caught.value.what} {caught.value.mend}"


def test_the_address_of_the_environment_is_known(monkeypatch):
    assert endpoint_of(make_client(S3Settings())) is None
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    assert endpoint_of(make_client(S3Settings())) == "http://127.0.0.1:9"


def test_a_profile_that_does_not_exist():
    with pytest.raises(CredentialsError, match="no AWS profile named lab"):
        make_client(S3Settings(profile="lab"))


def test_a_broken_configuration(monkeypatch, tmp_path):
    (tmp_path / "config").write_text("[broken\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with pytest.raises(CredentialsError, match="cannot be used"):
        make_client(S3Settings())


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (S3Settings("store.example"), "store.example is not an address"),
        (S3Settings("ftp://store.example"), "ftp://store.example is not an address"),
        (S3Settings("localhost:9000"), "localhost:9000 is not an address"),
        (S3Settings("http://two words"), "http://two words is not an address"),
        (S3Settings(region="us east"), "us east is not a region"),
    ],
)
def test_addresses_and_regions_that_are_none(settings, text):
    with pytest.raises(UsageError, match=text):
        make_client(settings)


REQUESTS = {
    "list": lambda client: list(objects.list_objects(client, "bucket", "project/")),
    "head": lambda client: objects.head_object(client, "bucket", "project/key"),
    "put": lambda client: objects.put_object(client, "bucket", "project/key", b"x", "0" * 32, None),
    "begin": lambda client: multipart.begin_upload(client, "bucket", "project/key"),
    "part": lambda client: multipart.upload_part(client, "bucket", "project/key", "id", 1, b"x", "0" * 32),
    "complete": lambda client: (
        multipart.complete_upload(client, "bucket", "key", "id", ["0" * 32], None).etag
    ),
    "parts": lambda client: multipart.list_parts(client, "bucket", "project/key", "id"),
    "uploads": lambda client: list(multipart.list_uploads(client, "bucket", "project/")),
}


def test_nobody_listens():
    client = make_client(S3Settings(f"http://127.0.0.1:{free_port()}", attempts=1))
    for request in REQUESTS.values():
        with pytest.raises(RemoteError, match="cannot be reached"):
            request(client)


@contextmanager
def stranger(status: int, content: bytes):
    """A web server that gives everybody the same answer, as the login page of a guest network does."""

    class Answering(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, *_):
            pass

    for method in ("GET", "PUT", "POST", "HEAD", "DELETE"):
        setattr(Answering, f"do_{method}", Answering.answer)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (200, b"<!doctype html><p>Please log in"),
        (200, b"<html></html>"),
        (200, b""),
        (404, b"nothing"),
        (302, b""),
    ],
)
def test_what_is_no_store_never_ends_in_a_stack(status, content):
    with stranger(status, content) as endpoint:
        client = make_client(S3Settings(endpoint, attempts=1))
        # Some answers say nothing: a page that is XML lists nothing, and to a HEAD 404 is that nothing is there.
        for request in REQUESTS.values():
            with suppress(RemoteError):
                assert not request(client)
