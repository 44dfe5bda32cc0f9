"""A process that was told how to begin sends the same as one that has asked boto3, and asks it when it must."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from scripted_store import make_certificates, refusal, scripted_store
from servers import CREDENTIALS

from validator.errors import CredentialsError, RemoteError
from validator.s3.client import S3Settings, make_client
from validator.s3.late_client import LateClient
from validator.s3.objects import Condition
from validator.s3.throttle import Throttle
from validator.s3.wire import head_start
from validator.s3.wire.bodies import MemoryBody
from validator.s3.wire.connections import open_data_path
from validator.s3.wire.delivery import deliver
from validator.s3.wire.head_start import HeadStart, begin_ahead, make_head_start
from validator.s3.wire.requests import WireRequest

TIFF, CSV = {"ContentType": "image/tiff"}, {"ContentType": "text/csv"}
OPEN = []
MD5 = hashlib.md5(b"cells").hexdigest()


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    yield
    while OPEN:
        OPEN.pop().close()


@pytest.fixture
def store():
    with scripted_store() as (endpoint, script):
        script.settings = S3Settings(endpoint, attempts=2)
        yield script


def told(settings) -> HeadStart:
    found = make_head_start(make_client(settings), settings, "bucket", [TIFF], {})
    return HeadStart.from_message(json.loads(json.dumps(found.to_message())))


def ahead(store):
    made = []

    def make():
        made.append(make_client(store.settings))
        return made[-1]

    start = told(store.settings)
    OPEN.append(begin_ahead(LateClient(make), store.settings, "bucket", Throttle(), start))
    return OPEN[-1], made


def put(connections, arguments=TIFF, **more):
    more = {"condition": Condition()} | more
    return deliver(
        connections,
        WireRequest("a/b", MemoryBody(b"cells"), MD5, "rosUhgp5mIg=", arguments=arguments, **more),
    )


def told_apart(seen):
    """What a request says, without what each has for itself."""
    passing = {"authorization", "x-amz-date", "amz-sdk-invocation-id"}
    return seen.line, {name: value for name, value in seen.headers.items() if name not in passing}


def test_objects_and_parts_are_sent_without_a_client_and_as_with_one(store):
    connections, made = ahead(store)
    put(connections)
    put(connections, {}, condition=None, upload_id="id", number=7)
    assert not made
    usual = open_data_path(make_client(store.settings), store.settings, "bucket")
    OPEN.append(usual)
    put(usual)
    put(usual, {}, condition=None, upload_id="id", number=7)
    first, second, third, fourth = map(told_apart, store.seen)
    assert first == third
    assert second == fourth


def test_certificates_are_verified_as_in_the_process_that_told(tmp_path, monkeypatch):
    authority, context = make_certificates(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority))
    with scripted_store(context) as (endpoint, script):
        script.settings = S3Settings(endpoint, attempts=1)
        connections, made = ahead(script)
        put(connections)
        assert not made
        client = make_client(script.settings)
        theirs = make_head_start(client, script.settings, "bucket", [TIFF], {}).route.context
        ours = told(script.settings).route.context
        for name in ("options", "verify_flags", "verify_mode", "check_hostname", "minimum_version"):
            assert getattr(ours, name) == getattr(theirs, name), name
        (tmp_path / "other").mkdir()
        monkeypatch.setenv("AWS_CA_BUNDLE", str(make_certificates(tmp_path / "other")[0]))
        strangers, _ = ahead(script)
        with pytest.raises(RemoteError, match="no secure connection"):
            put(strangers)
        assert len(script.seen) == 1


def test_what_nobody_told_is_asked_of_boto3(store):
    connections, made = ahead(store)
    put(connections, CSV)
    assert len(made) == 1
    assert store.seen[0].headers["content-type"] == "text/csv"


def test_after_a_minute_a_client_of_its_own_says_what_the_keys_are(store, monkeypatch):
    connections, made = ahead(store)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OTHER")
    put(connections)
    assert "OTHER" not in store.seen[0].headers["authorization"]
    monkeypatch.setattr(head_start.time, "monotonic", lambda: float("inf"))
    put(connections)
    assert len(made) == 1
    assert "Credential=OTHER/" in store.seen[1].headers["authorization"]


@pytest.mark.parametrize(("seconds", "good"), [(40, 20), (3600, 60), (None, 60)])
def test_keys_that_end_are_used_for_half_of_what_is_left(store, tmp_path, seconds, good):
    keys = {"AccessKeyId": "A", "SecretAccessKey": "S", "SessionToken": "T"}
    if seconds is not None:
        keys["Expiration"] = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    (tmp_path / "keys.json").write_text(json.dumps({"Credentials": keys}))
    start = told(replace(store.settings, credentials_file=str(tmp_path / "keys.json")))
    assert good - 5 < start.good_seconds <= good


def test_keys_that_a_client_has_are_used_once_there_is_one(store, monkeypatch):
    connections, made = ahead(store)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OTHER")
    connections.look_elsewhere()  # needs a client
    assert len(made) == 1
    connections.take(told(store.settings).route, {})
    put(connections)
    assert "Credential=OTHER/" in store.seen[-1].headers["authorization"]


def test_a_client_that_cannot_be_made_is_asked_for_again(store):
    troubles = [CredentialsError("there is no profile", "make one")]

    def make():
        if troubles:
            raise troubles.pop()
        return make_client(store.settings)

    late = LateClient(make)
    with pytest.raises(CredentialsError):
        late.meta.endpoint_url  # noqa: B018  what is looked at makes it
    assert not late.is_made
    assert late.meta.endpoint_url == store.settings.endpoint_url
    assert late.is_made


def test_keys_are_not_shown(store):
    found = told(store.settings)
    assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in repr(found)


def test_refused_keys_are_said(store):
    connections, _ = ahead(store)
    store.answers = [refusal(403, "AccessDenied")] * 2
    with pytest.raises(CredentialsError):
        put(connections)


def test_where_only_boto3_can_go_nobody_begins_ahead(store):
    assert (
        make_head_start(make_client(store.settings), store.settings, "name--use1-az4--x-s3", [], {}) is None
    )
