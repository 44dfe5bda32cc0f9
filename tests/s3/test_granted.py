"""Keys of a grant, from a server that answers GetDataAccess, used at a front that knows them."""

import time

import pytest
from grants_server import ACCOUNT, LAB_KEY, Key, access_gate
from servers import free_port

from validator.errors import CredentialsError, RemoteError, UsageError
from validator.s3.client import S3Settings, make_client
from validator.s3.credentials import credentials_of, current_credentials, renew_credentials
from validator.s3.failures import KeysExpired, NoRight
from validator.s3.grant import READ, AccessGrant, grant_of
from validator.s3.objects import list_objects, put_object

HOME = "cpg0099-example/broad"
MD5 = "8d777f385d3dfec8815d20f7496026dc"  # of b"data"


@pytest.fixture
def gate(store, monkeypatch):
    with access_gate(store.endpoint, f"{store.bucket}/{HOME}/") as gate:
        for name, value in gate.environment().items():
            monkeypatch.setenv(name, value)
        yield gate


def client_for(gate, **grant):
    target = f"s3://{gate.granted}*"
    return make_client(S3Settings(gate.address, grant=AccessGrant(target=target, **grant), attempts=1))


def test_keys_are_asked_for_once_and_hold_for_the_prefix_only(gate, store):
    client = client_for(gate)
    put_object(client, store.bucket, f"{HOME}/a", b"data", MD5, None)
    put_object(client, store.bucket, f"{HOME}/b", b"data", MD5, None)
    assert [found.key for found in list_objects(client, store.bucket, f"{HOME}/")] == [
        f"{HOME}/a",
        f"{HOME}/b",
    ]
    [asked] = gate.asked
    assert asked == {
        "account": ACCOUNT,
        "target": f"s3://{store.bucket}/{HOME}/*",
        "permission": "READWRITE",
        "durationSeconds": "43200",
    }
    with pytest.raises(NoRight, match=r"may not write s3://.*/cpg0001-other/broad/a"):
        put_object(client, store.bucket, "cpg0001-other/broad/a", b"data", MD5, None)
    found = credentials_of(client)
    assert found.matched == f"s3://{store.bucket}/{HOME}/*"


@pytest.mark.full
def test_keys_are_renewed_before_they_end(gate, store):
    gate.lifetime = 2
    client = client_for(gate)
    until = time.monotonic() + 5
    while time.monotonic() < until:
        put_object(client, store.bucket, f"{HOME}/a", b"data", MD5, None)
        time.sleep(0.05)
    assert 3 <= len(gate.asked) <= 6  # at three quarters of each two seconds, not at every signature
    assert len({name for name, _ in gate.passed}) == len(gate.asked)
    assert gate.refused == []


def test_keys_that_the_store_calls_expired_are_renewed_when_asked(gate, store):
    client = client_for(gate)
    put_object(client, store.bucket, f"{HOME}/a", b"data", MD5, None)
    gate.expire_all()
    with pytest.raises(KeysExpired):
        put_object(client, store.bucket, f"{HOME}/a", b"data", MD5, None)
    renew_credentials(client)
    put_object(client, store.bucket, f"{HOME}/a", b"data", MD5, None)
    assert len(gate.asked) == 2


def test_a_place_without_a_grant(gate, store):
    client = make_client(
        S3Settings(gate.address, grant=AccessGrant(target=f"s3://{store.bucket}/cpg0001-other/broad/*"))
    )
    with pytest.raises(NoRight) as caught:
        put_object(client, store.bucket, "cpg0001-other/broad/a", b"data", MD5, None)
    assert f"no grant of account {ACCOUNT} in us-east-1" in caught.value.what
    assert f"READWRITE on s3://{store.bucket}/cpg0001-other/broad/*" in caught.value.what
    assert "which prefix was assigned" in caught.value.mend


def test_a_grant_to_read_does_not_write(gate, store):
    client = client_for(gate, permission=READ)
    assert list(list_objects(client, store.bucket, f"{HOME}/")) == []
    with pytest.raises(NoRight):
        put_object(client, store.bucket, f"{HOME}/a", b"data", MD5, None)


def test_a_lost_grant_is_told_at_the_next_renewal(gate):
    client = client_for(gate)
    current_credentials(client)
    gate.granted = "elsewhere/"
    renew_credentials(client)
    with pytest.raises(NoRight, match="no grant of account"):
        current_credentials(client)


def test_the_labs_own_keys_are_wrong_or_have_ended(gate, monkeypatch):
    gate.keys[LAB_KEY] = Key("another secret")
    with pytest.raises(CredentialsError, match="SignatureDoesNotMatch"):
        current_credentials(client_for(gate))
    gate.keys[LAB_KEY] = Key("lab-secret-RECOGNISABLE-0001", expires=1)
    with pytest.raises(KeysExpired):
        current_credentials(client_for(gate))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CredentialsError, match="no AWS credentials"):
        client_for(gate)


def test_nobody_answers_for_the_grants(gate, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr("validator.s3.granted.ATTEMPTS", 1)
    with pytest.raises(RemoteError, match="cannot be reached"):
        current_credentials(client_for(gate))


def test_the_place_must_be_known(gate):
    with pytest.raises(UsageError, match="not known what the keys of the grant are for"):
        make_client(S3Settings(gate.address, grant=AccessGrant()))


def test_settings_of_a_grant_go_to_another_process():
    settings = S3Settings(grant=AccessGrant()).at("bucket", f"{HOME}/", READ)
    assert S3Settings.from_dict(settings.to_dict()) == settings
    assert settings.grant == AccessGrant(target=f"s3://bucket/{HOME}/*", permission=READ)
    assert S3Settings().at("bucket", "", READ) == S3Settings()
    assert AccessGrant(target="s3://other/*").at("bucket", "", READ).target == "s3://other/*"


def test_settings_as_they_are_written():
    grant = grant_of(
        ["account=123456789012", "target=s3://b/p/*", "permission=read", "region=eu-west-1", "duration=90min"]
    )
    assert grant == AccessGrant("123456789012", "s3://b/p/*", "READ", "eu-west-1", 5400)
    assert grant_of(["duration=2h"]).seconds == 7200
    assert grant_of([]) == AccessGrant()


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("account=gallery", "is not an AWS account"),
        ("target=cpg0099", "is not the target of a grant"),
        ("permission=all", "is not a permission"),
        ("region=virginia", "is not a region"),
        ("duration=13h", "46,800 s"),
        ("duration=long", "is not a duration"),
        ("who=me", "is not understood"),
        ("account", "is not understood"),
    ],
)
def test_settings_that_cannot_be(setting, text):
    with pytest.raises(UsageError, match=text):
        grant_of([setting])
