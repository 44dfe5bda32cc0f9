"""Waiting for keys that a store accepts."""

import threading
import time

import pytest
from grants_server import access_gate

from validator.errors import CredentialsError
from validator.s3.client import S3Settings, make_client
from validator.s3.credentials import credentials_of
from validator.s3.failures import KeysExpired, NoRight
from validator.s3.objects import head_object, list_objects
from validator.upload import key_wait
from validator.upload.key_wait import KeysAwaited, KeysCame, KeyWait, patient

HOME = "cpg0099-example/broad"
EXPIRED = KeysExpired("the AWS credentials have expired", "get new ones")


@pytest.fixture
def gate(store, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(key_wait, "POLL_SECONDS", 0.05)
    monkeypatch.setattr("validator.s3.credentials.LOOK_SECONDS", 0.0)
    with access_gate(store.endpoint, f"{store.bucket}/{HOME}/") as gate:
        yield gate


@pytest.fixture
def put_keys(gate, tmp_path):
    """Put new keys into the file; its path is an attribute."""

    def put(**more):
        name, key = gate.issue(**more)
        put.path.write_text(
            f"AWS_ACCESS_KEY_ID={name}\nAWS_SECRET_ACCESS_KEY={key.secret}\nAWS_SESSION_TOKEN={key.token}\n"
        )

    put.path = tmp_path / "keys"
    put()
    return put


@pytest.fixture
def wait_for(gate, store, put_keys):
    def make(seconds, news):
        settings = S3Settings(gate.address, credentials_file=str(put_keys.path), attempts=1)

        def tell(item):
            news.append(item)
            if isinstance(item, KeysAwaited) and make.when_awaited:
                make.when_awaited()

        return KeyWait(settings, store.bucket, f"{HOME}/", seconds, tell), make_client(settings)

    make.when_awaited = None

    return make


def test_keys_that_work_are_not_waited_for(wait_for):
    news = []
    wait, _ = wait_for(0, news)
    wait(EXPIRED)
    assert news == []


def test_it_waits_until_there_are_keys_and_says_so(wait_for, gate, put_keys):
    news = []
    wait, _ = wait_for(60, news)
    gate.expire_all()
    put_keys.path.write_text("half a fi")
    wait_for.when_awaited = threading.Timer(0.3, put_keys).start
    wait(EXPIRED)
    awaited, came = news
    assert awaited == KeysAwaited(EXPIRED.what, (str(put_keys.path),), 60)
    assert isinstance(came, KeysCame)
    assert 0.2 < came.seconds < 30


def test_its_patience_ends(wait_for, gate):
    news = []
    wait, _ = wait_for(0.2, news)
    gate.expire_all()
    with pytest.raises(CredentialsError, match="no other keys came within"):
        wait(EXPIRED)
    with pytest.raises(KeysExpired, match="have expired"):
        wait_for(0, news)[0](EXPIRED)


def test_new_keys_without_the_right_end_it(wait_for, gate, put_keys):
    wait, _ = wait_for(60, [])
    gate.expire_all()
    put_keys(prefix="elsewhere/")
    with pytest.raises(NoRight, match=f"may not list s3://.*/{HOME}/"):
        wait(EXPIRED)


def test_it_ends_when_it_is_asked_to_stop(wait_for, gate):
    wait, _ = wait_for(60, [])
    gate.expire_all()
    until = time.monotonic() + 0.3
    wait.should_stop = lambda: time.monotonic() > until
    wait(EXPIRED)
    with pytest.raises(KeysExpired):
        wait(EXPIRED)


def test_keys_of_the_environment_are_not_waited_for(gate, store, monkeypatch):
    name, key = gate.issue(lifetime=-1)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", name)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
    monkeypatch.setenv("AWS_SESSION_TOKEN", key.token)
    wait = KeyWait(S3Settings(gate.address, attempts=1), store.bucket, f"{HOME}/", 60, lambda _: None)
    with pytest.raises(KeysExpired) as caught:
        wait(EXPIRED)
    assert "keys of the environment cannot change" in caught.value.mend


def test_keys_that_pass_here_and_fail_elsewhere_are_not_tried_for_ever(wait_for, monkeypatch):
    monkeypatch.setattr(key_wait, "sleep", lambda _: None)
    monkeypatch.setattr(key_wait, "ROUNDS_WITHOUT_PROGRESS", 3)
    wait, _ = wait_for(60, [])
    for _ in range(4):
        wait(EXPIRED)
    with pytest.raises(KeysExpired):
        wait(EXPIRED)


def test_every_request_of_a_patient_client_waits(wait_for, gate, store, put_keys):
    news = []
    wait, client = wait_for(60, news)
    wait_for.when_awaited = put_keys
    with patient(client, wait):
        gate.expire_all()
        assert list(list_objects(client, store.bucket, f"{HOME}/")) == []
        gate.expire_all()
        assert head_object(client, store.bucket, f"{HOME}/") is None
    assert [type(item) for item in news] == [KeysAwaited, KeysCame] * 2
    gate.expire_all()
    with pytest.raises(KeysExpired):
        list(list_objects(client, store.bucket, f"{HOME}/"))
    assert credentials_of(client).when_expired is None


def all_at_once(wait) -> list:
    """What comes of it for three threads."""

    def call() -> None:
        try:
            wait(EXPIRED)
        except CredentialsError as error:
            ends.append(error.what)
        else:
            ends.append("")

    ends: list[str] = []
    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return ends


def test_of_several_threads_one_waits(wait_for, gate, put_keys):
    news = []
    wait, _ = wait_for(60, news)
    gate.expire_all()
    wait_for.when_awaited = threading.Timer(0.3, put_keys).start
    assert all_at_once(wait) == ["", "", ""]
    assert [type(one) for one in news] == [KeysAwaited, KeysCame]


def test_what_one_of_several_threads_gives_up_all_do(wait_for, gate):
    news = []
    wait, _ = wait_for(0.2, news)
    gate.expire_all()
    ends = all_at_once(wait)
    assert len(news) == 1
    assert len(ends) == 3
    assert all("no other keys came within" in end for end in ends)
