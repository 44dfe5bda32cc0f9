"""One thread with many requests under way, against a real store; above all what it does with many tasks at once."""

import hashlib
import os
import threading

import pytest
from lane_desk import Desk
from scripted_store import make_certificates, refusal, scripted_store
from servers import CREDENTIALS

from validator.digests.strands import STRANDS
from validator.upload.loading import Loader
from validator.upload.tasks import Failure


@pytest.fixture
def desk(store, tmp_path, soon):
    desk = Desk(store.endpoint, store.bucket, tmp_path, soon)
    desk.store = store
    return desk


def test_many_tasks_are_loaded_together_and_each_is_sent_as_it_is(desk, monkeypatch):
    together = []
    real = Loader.load_ahead
    monkeypatch.setattr(
        Loader, "load_ahead", lambda self, tasks: (together.append(len(tasks)), real(self, tasks))
    )
    tasks = [desk.task(number, 100_000 + number) for number in range(50)]
    for task in tasks:
        desk.thread.add(task)
    desk.finish()
    assert max(together) == STRANDS
    assert not desk.performer.loader._ahead
    assert sorted(desk.answers) == list(range(50))
    assert {answer.failure for answer in desk.answers.values()} == {None}
    assert desk.store.object_keys() == sorted(desk.data)
    for key, data in desk.data.items():
        stored = desk.store.client.get_object(Bucket=desk.store.bucket, Key=key)
        assert stored["Body"].read() == data
        assert stored["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'


def test_over_tls_each_file_is_read_once_and_sent_again_from_memory(tmp_path, soon, monkeypatch):
    authority, context = make_certificates(tmp_path)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority))
    with scripted_store(context) as (endpoint, script):
        desk = Desk(endpoint, "bucket", tmp_path / "desk", soon, attempts=6)
        first = desk.task(0, 1000)  # the way to the store is found with it
        desk.thread.add(first)
        desk.wait_for(0)
        tasks = [desk.task(number, 200_000 + number) for number in range(1, 1 + 4 * STRANDS)]
        script.answers = [None, 503, None, refusal(500, "InternalError"), None]
        for task in tasks:
            desk.thread.add(task)
        desk.finish()
        assert {answer.failure for answer in desk.answers.values()} == {None}
        stored = {seen.line.split()[1].removeprefix("/bucket/"): seen.body for seen in script.seen}
        assert stored == desk.data
        assert len(script.seen) > len(desk.data), "some were sent again"
        assert desk.loader._buffers.waiting >= 200_000, "they were kept, and their memory came back"


def test_where_sha256s_are_wanted_nothing_is_read_twice(desk, monkeypatch):
    monkeypatch.setattr(Loader, "load_ahead", lambda *_: pytest.fail("it would be thrown away"))
    desk.performer.checksums.sha256 = True
    for number in range(20):
        desk.thread.add(desk.task(number, 1000))
    desk.finish()
    assert len(desk.answers) == 20


def test_one_that_cannot_be_read_fails_alone(desk):
    tasks = [desk.task(number, 100_000) for number in range(STRANDS)]
    os.truncate(tasks[5].path, 10)
    for task in tasks:
        desk.thread.add(task)
    desk.finish()
    failed = {number: answer.failure for number, answer in desk.answers.items() if answer.failure}
    assert failed == {5: Failure.CHANGED}
    assert len(desk.store.object_keys()) == STRANDS - 1


def test_what_was_loaded_ahead_but_not_begun_is_given_back(desk, monkeypatch):
    """One request under way at a time, and the first one waits: the others of the group are only prepared."""
    begun, going_on = threading.Event(), threading.Event()
    real = desk.performer.begin

    def begin(task):
        begun.set()
        assert going_on.wait(30)
        return real(task)

    monkeypatch.setattr(desk.performer, "begin", begin)
    for number in range(3 * STRANDS):
        desk.thread._tasks.put(desk.task(number, 100_000))
    desk.thread._ring()
    assert begun.wait(30)
    desk.thread.recall(desk.given_back.append)
    going_on.set()
    desk.finish()
    back = {task.id for task in desk.given_back}
    assert back | set(desk.answers) == set(range(3 * STRANDS))
    assert not back & set(desk.answers)
    assert len(back) >= 2 * STRANDS
    assert desk.store.object_keys() == sorted(f"a/{number}.tiff" for number in desk.answers)
    assert not desk.performer.loader._ahead
