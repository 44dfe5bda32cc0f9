"""Small files that cannot be read, signed or written down: told as on the ordinary way, once."""

import os
from pathlib import Path

import pytest
from scripted_store import refusal, written
from short_way import AT_ONCE, MANY, arrived, failures, journal_of, key_of, send, send_many, told

from validator.errors import CredentialsError
from validator.recordlog.log import read_log
from validator.s3.failures import KeysExpired
from validator.upload import loading
from validator.upload.loading import load
from validator.upload.tasks import Failure


def grow(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"more")


def touch(path: Path) -> None:
    os.utime(path, ns=(1, 1))


def turn_into_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("number", [0, 20, MANY - 1])
@pytest.mark.parametrize(
    ("harm", "failure"),
    [
        (grow, Failure.CHANGED),
        (touch, Failure.CHANGED),
        (lambda path: os.truncate(path, 3), Failure.CHANGED),
        (Path.unlink, Failure.UNREADABLE),
        (turn_into_a_folder, None),
    ],
)
def test_a_file_that_is_not_as_it_was_fails_alone(desk, script, short, number, harm, failure):
    tasks = [desk.task(each, 100 + each) for each in range(MANY)]
    harm(Path(tasks[number].path))
    answers = send(desk, tasks)
    expected = desk.performer.perform(tasks[number])
    assert expected.failure
    assert failures(answers) == {number: failure or expected.failure}
    assert told(answers[number]) == told(expected)
    assert journal_of(desk) == sorted(set(desk.data) - {f"a/{number}.tiff"})
    assert len(script.seen) == short.read == MANY - 1


def test_what_was_read_once_goes_again_whatever_became_of_the_file(desk, script, short):
    def usual(seen):
        if key_of(seen) != "a/20.tiff" or not (desk.folder / "20.tiff").exists():
            return written(seen)
        (desk.folder / "20.tiff").unlink()
        return refusal(503, "SlowDown")

    script.usual = usual
    assert not failures(send_many(desk))
    assert short.parted == ["a/20.tiff"]
    assert arrived(script)["a/20.tiff"] == [desk.data["a/20.tiff"]] * 2


def test_nothing_but_files_that_are_gone(desk, script):
    tasks = [desk.task(each, 100) for each in range(MANY)]
    for task in tasks:
        Path(task.path).unlink()
    assert set(failures(send(desk, tasks)).values()) == {Failure.UNREADABLE}
    assert len(desk.answers) == MANY
    assert not script.seen


def test_where_sha256s_are_wanted(desk, script, short):
    desk.performer.checksums.sha256 = True
    assert not failures(send_many(desk, 5))
    assert short.sent == []
    assert all("x-amz-checksum-sha256" in seen.headers for seen in script.seen)


def test_an_upload_that_was_begun_with_sha256s(desk, script, short):
    tasks = [desk.task(number, 100) for number in range(2)]
    tasks[0].checksum = "sha256"
    assert not failures(send(desk, tasks))
    assert short.sent == ["a/1.tiff"]
    assert sum("x-amz-checksum-sha256" in seen.headers for seen in script.seen) == 1


@pytest.mark.parametrize(
    ("trouble", "failure"),
    [
        (KeysExpired("the keys have ended", "get new ones"), Failure.EXPIRED),
        (CredentialsError("there are no keys", "get some"), Failure.CREDENTIALS),
        (PermissionError(13, "Permission denied", "keys"), Failure.UNREADABLE),
    ],
)
def test_keys_that_are_not_there_for_a_while(desk, short, monkeypatch, trouble, failure):
    """Requests in the middle cannot be signed; nothing is sent for them, and those after them go through."""
    monkeypatch.setattr("validator.s3.credentials.renew_credentials", lambda _: None)
    keys, asked = desk.connections.keys, []

    def now_and_then():
        asked.append(True)
        if 10 <= len(asked) < 14:  # twice for each file: the ordinary way tries it, too
            raise trouble
        return keys()

    desk.connections.keys = now_and_then
    read = []
    monkeypatch.setattr(
        loading, "load", lambda path, *rest, **more: (read.append(path), load(path, *rest, **more))[1]
    )
    answers = send_many(desk)
    assert set(failures(answers).values()) == {failure}
    assert len(failures(answers)) == 2
    assert len(journal_of(desk)) == MANY - 2
    assert short.read >= MANY - 2 - AT_ONCE
    assert len(read) == MANY, "none is read twice"


needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")


@needs_full
def test_a_journal_on_a_full_disk(desk, short):
    descriptor = desk.journal._log._descriptor
    good, full = os.dup(descriptor), os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, descriptor)
    first = range(MANY // 2)
    for number in first:
        desk.thread.add(desk.task(number, 500))
    answers = {answer.id: answer for answer in desk.wait_for(*first)}
    os.dup2(good, descriptor)
    assert failures(answers) == dict.fromkeys(first, Failure.JOURNAL)
    assert {found.what for found in answers.values()} == {
        f"the journal cannot be written: No space left on device ({desk.folder / 'state'})"
    }
    for number in range(MANY // 2, MANY):
        desk.thread.add(desk.task(number, 500))
    desk.finish()
    os.close(good)
    os.close(full)
    assert len(failures(desk.answers)) == MANY // 2
    assert journal_of(desk) == sorted(f"a/{number}.tiff" for number in range(MANY // 2, MANY))
    assert short.read == MANY


def test_a_disk_that_becomes_full_within_a_round(desk, short, monkeypatch):
    """What was written before is no harm; everything of the round is told as not done."""
    write, left = os.write, [200]

    def write_some(descriptor, data):
        if descriptor != desk.journal._log._descriptor:
            return write(descriptor, data)
        if not left[0]:
            raise OSError(28, "No space left on device")
        count = write(descriptor, data[: left[0]])
        left[0] -= count
        return count

    monkeypatch.setattr(os, "write", write_some)
    answers = send_many(desk, 3)
    monkeypatch.undo()
    assert set(failures(answers).values()) == {Failure.JOURNAL}
    assert len(journal_of(desk)) <= 1
    assert short.sent


def test_a_round_of_answers_is_written_at_once(desk, monkeypatch):
    real, rounds = desk.journal.done, []
    monkeypatch.setattr(desk.journal, "done", lambda *records: (rounds.append(len(records)), real(*records)))
    assert not failures(send_many(desk))
    assert sum(rounds) == MANY
    assert 0 not in rounds
    [path] = (desk.folder / "state").glob("*.journal")
    assert len(list(read_log(path))) == MANY + 1
