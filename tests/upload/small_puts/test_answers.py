"""Small files: what goes the short way, and that every other answer ends as on the ordinary one."""

import hashlib
import time

import pytest
from remembered import remember
from scripted_store import LastWords, answer, refusal, written
from short_way import (
    AT_ONCE,
    MANY,
    arrived,
    at_first,
    cuts,
    desk_at,
    failures,
    journal_of,
    key_of,
    send,
    send_many,
    told,
)

from validator.s3.wire import retrying
from validator.s3.wire.small import MOST_BYTES
from validator.upload.pace import Pace
from validator.upload.tasks import Failure


def test_many_small_files_arrive_as_they_are(desk, script, short):
    assert desk.connections.budget.take()
    answers = send_many(desk)
    assert not failures(answers)
    assert desk.connections.budget._tokens == retrying.BUDGET, "each answer pays a little back"
    assert arrived(script) == {key: [data] for key, data in desk.data.items()}
    assert journal_of(desk) == sorted(desk.data)
    assert (len(short.sent), short.read, short.parted) == (MANY, MANY, [])
    assert {seen.headers["if-none-match"] for seen in script.seen} == {"*"}
    assert {seen.headers["content-type"] for seen in script.seen} == {"image/tiff"}
    assert all("x-amz-checksum-crc64nvme" in seen.headers for seen in script.seen)
    known = remember(desk.folder / "state").done
    for number, found in answers.items():
        record = known[f"a/{number}.tiff"]
        assert (record.digest.etag, record.uploaded_at) == (found.values["etag"], found.values["at"])


@pytest.mark.parametrize("size", [0, 1, MOST_BYTES, MOST_BYTES + 1])
def test_both_ways_send_and_answer_the_same(desk, script, short, size):
    task = desk.task(1, size)
    [found] = send(desk, [task]).values()
    assert short.sent == (["a/1.tiff"] if size <= MOST_BYTES else [])
    ordinary = desk_at(desk.endpoint, desk.folder / "ordinary")
    assert told(found) == told(ordinary.performer.perform(task))
    ordinary.finish()
    first, second = script.seen
    assert (first.line, first.body) == (second.line, second.body)
    varying = ("authorization", "x-amz-date")
    assert {k: v for k, v in first.headers.items() if k not in varying} == {
        k: v for k, v in second.headers.items() if k not in varying
    }


def test_what_may_be_replaced_and_what_depends_on_nothing(desk, script, short):
    tasks = [desk.task(number, 100) for number in range(2)]
    tasks[0].replaces = "0" * 32
    tasks[1].conditional = False
    assert not failures(send(desk, tasks))
    sent = {key_of(seen): seen.headers for seen in script.seen}
    assert sent["a/0.tiff"]["if-match"] == "0" * 32
    assert not {"if-match", "if-none-match"} & sent["a/1.tiff"].keys()
    assert short.read == 2


def test_versions_are_kept(desk, script, short):
    script.usual = lambda seen: written(seen, x_amz_version_id=f"v-{key_of(seen)}")
    answers = send_many(desk)
    assert short.read == MANY
    known = remember(desk.folder / "state").done
    for number, found in answers.items():
        version = f"v-a/{number}.tiff"
        assert found.values["version_id"] == version == known[f"a/{number}.tiff"].version_id


def test_a_bucket_that_once_had_versions(desk, script, short):
    script.usual = lambda seen: written(seen, x_amz_version_id="null")
    answers = send_many(desk, 5)
    assert short.read == 5
    assert {found.values["version_id"] for found in answers.values()} == {None}


@pytest.mark.parametrize("status", [503, 429])
def test_a_store_that_asks_for_fewer_requests(desk, script, short, monkeypatch, status):
    slowed = []
    monkeypatch.setattr(Pace, "slow_down", lambda _: slowed.append(True))
    script.usual = at_first("a/20.tiff", refusal(status, "SlowDown"))
    assert not failures(send_many(desk))
    assert slowed == [True]
    assert short.parted == ["a/20.tiff"]
    bodies = arrived(script)
    assert bodies.pop("a/20.tiff") == [desk.data["a/20.tiff"]] * 2
    assert {len(each) for each in bodies.values()} == {1}
    assert journal_of(desk) == sorted(desk.data)
    assert desk.connections.budget.news() == 1


def test_a_store_that_goes_on_refusing_is_told_of(desk, script, short):
    script.usual = at_first("a/20.tiff", *[refusal(500, "InternalError")] * 9)
    assert failures(send_many(desk)) == {20: Failure.REMOTE}
    assert short.parted == ["a/20.tiff"]
    assert len(arrived(script)["a/20.tiff"]) == 2, "as often as any request is tried"
    assert "a/20.tiff" not in journal_of(desk)


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (403, "AccessDenied", Failure.CREDENTIALS),
        (400, "ExpiredToken", Failure.EXPIRED),
        (400, "EntityTooLarge", Failure.REFUSED),
        (404, "NoSuchBucket", Failure.REMOTE),
    ],
)
def test_a_refusal_is_told_in_the_words_of_the_ordinary_way(
    desk, script, short, monkeypatch, status, code, failure
):
    renewed = []
    monkeypatch.setattr("validator.s3.credentials.renew_credentials", renewed.append)
    script.usual = at_first("a/20.tiff", *[refusal(status, code)] * 9)
    answers = send_many(desk)
    assert failures(answers) == {20: failure}
    assert short.parted == ["a/20.tiff"]
    assert len(renewed) == (failure is Failure.EXPIRED)
    assert len(journal_of(desk)) == MANY - 1
    ordinary = desk_at(desk.endpoint, desk.folder / "ordinary")
    task = desk.tasks[20]
    assert told(ordinary.performer.perform(task)) == told(answers[20])
    ordinary.finish()


def test_what_lies_there_already(desk, script, short):
    """Own bytes, of which an earlier answer was lost, and those of somebody else."""
    there = {"a/3.tiff": None, "a/7.tiff": b"other bytes"}

    def usual(seen):
        key = key_of(seen)
        if seen.line.startswith("HEAD "):
            data = there[key] or desk.data[key]
            etag = hashlib.md5(data).hexdigest()
            return (
                f'HTTP/1.1 200 OK\r\nETag: "{etag}"\r\nContent-Length: {len(data)}\r\n'
                "Last-Modified: Sat, 28 Nov 2026 18:00:00 GMT\r\n\r\n"
            ).encode()
        return refusal(412, "PreconditionFailed") if key in there else written(seen)

    script.usual = usual
    answers = send_many(desk)
    assert failures(answers) == {7: Failure.CONFLICT}
    assert answers[7].what.startswith("other bytes lie there (11 bytes, ETag ")
    assert [answers[number].values["sent"] for number in (2, 3)] == [3002, 0]
    assert journal_of(desk) == sorted(set(desk.data) - {"a/7.tiff"})
    assert sorted(short.parted) == ["a/3.tiff", "a/7.tiff"]


def test_an_etag_of_other_bytes(desk, script, short):
    script.usual = at_first("a/20.tiff", answer(200, ETag=f'"{"0" * 32}"'))
    answers = send_many(desk)
    assert failures(answers) == {20: Failure.REMOTE}
    assert answers[20].what.startswith("the store holds other bytes at a/20.tiff than were read from disk")
    assert short.parted == ["a/20.tiff"]
    assert "a/20.tiff" not in journal_of(desk)


def test_an_answer_of_something_that_is_no_store(desk, script):
    script.usual = at_first("a/20.tiff", answer(200, b"<html>Please log in</html>"))
    assert failures(send_many(desk)) == {20: Failure.REMOTE}


@pytest.mark.parametrize("kind", ["aws:kms", "aws:kms:dsse"])
def test_what_is_encrypted_with_kms_is_proven_by_its_checksum(desk, script, short, kind):
    script.usual = lambda seen: answer(
        200,
        ETag=f'"{"ab" * 16}"',
        x_amz_server_side_encryption=kind,
        x_amz_checksum_crc64nvme=seen.headers["x-amz-checksum-crc64nvme"],
    )
    before = time.monotonic()
    answers = send_many(desk)
    assert time.monotonic() - before < 30, "what has come is not waited for"
    assert not failures(answers)
    assert short.read == 0
    assert {found.values["stored_as"] for found in answers.values()} == {"ab" * 16}
    assert journal_of(desk) == sorted(desk.data)


def test_a_checksum_that_the_store_does_not_know(desk, script, short):
    def usual(seen):
        known = "x-amz-checksum-crc64nvme" not in seen.headers
        return written(seen) if known else refusal(501, "NotImplemented")

    script.usual = usual
    assert not failures(send_many(desk))
    assert not desk.connections.checksums.sent
    assert short.read >= MANY - 2 * AT_ONCE


def test_answers_in_two_pieces(desk, script, short):
    script.usual = lambda seen: cuts(written(seen), len(key_of(seen)) * int(key_of(seen)[2:-5]) % 70 + 1)
    assert not failures(send_many(desk))
    assert len(short.parted) > MANY // 2
    assert arrived(script) == {key: [data] for key, data in desk.data.items()}
    assert journal_of(desk) == sorted(desk.data)
    assert len({seen.connection for seen in script.seen}) <= AT_ONCE, (
        "a connection is as good afterwards as before"
    )


def test_an_answer_byte_by_byte(desk, script, short):
    def usual(seen):
        said = written(seen)
        return cuts(said, *range(1, len(said))) if key_of(seen) == "a/20.tiff" else said

    script.usual = usual
    assert not failures(send_many(desk))
    assert short.parted == ["a/20.tiff"]
    assert short.read == MANY - 1
    assert arrived(script)["a/20.tiff"] == [desk.data["a/20.tiff"]]


def test_a_connection_that_is_closed_after_its_answer(desk, script, short):
    def usual(seen):
        if int(key_of(seen)[2:-5]) % 5:
            return written(seen)
        return LastWords(written(seen, Connection="close"))

    script.usual = usual
    assert not failures(send_many(desk))
    assert short.parted
    assert arrived(script) == {key: [data] for key, data in desk.data.items()}
