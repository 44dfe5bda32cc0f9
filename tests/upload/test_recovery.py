"""What checkpoints and receipts in the bucket say, and that damaged or hostile ones say nothing."""

import json
import os
import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest

from validator.digests.files import FileState
from validator.digests.parts import ObjectDigest
from validator.errors import CpgateError, CredentialsError, RemoteError, StoppedAtOnce
from validator.models.listing import Entry
from validator.recordlog.log import encode_record
from validator.s3.client import S3Settings, make_client
from validator.upload.checkpoints import NOW_NAME, Checkpoints, forget_checkpoints, journal_id
from validator.upload.journal import DoneRecord, Journal, UploadRecord, done_values
from validator.upload.plan import Action, PlanItem
from validator.upload.recovery import Heartbeat, checkpoint_records, find_remains, recall_digests, same_moment
from validator.upload.sending import Outcome, State

MIB = 1024**2
HOME = "cpg0099-example/broad/"
STATE = FileState(20, 1_700_000_000_123_456_789)
DIGEST = ObjectDigest(20, "a" * 32, None, 1, "AAAAAAAAAAA=")
AT = "2026-11-20T14:05:33.000+00:00"
DONE = DoneRecord(f"{HOME}a.csv", STATE, DIGEST, AT)
UPLOAD = UploadRecord("id-1", f"{HOME}big.sqlite", 8 * MIB, STATE)


@pytest.fixture
def client(store):
    return make_client(S3Settings(store.endpoint, attempts=1))


@pytest.fixture
def checkpoints(client, store, tmp_path):
    return Checkpoints(client, store.bucket, HOME, tmp_path, every=60, run=3)


def outcome(state: State = State.UPLOADED) -> Outcome:
    item = PlanItem(Entry(DONE.key, "/data/a.csv", STATE.size, STATE.mtime_ns), Action.SEND)
    return Outcome(item, state, DIGEST, AT)


def test_what_is_put_is_found_from_another_machine(checkpoints, client, store, tmp_path):
    journal = Journal(tmp_path, 3, "w001")
    journal.begin(UPLOAD)
    journal.close()
    for state in (State.UPLOADED, State.FAILED):
        checkpoints.note(outcome(state))
    checkpoints.put()
    remains = find_remains(client, store.bucket, HOME, "another-journal")
    assert remains.uploads == [UPLOAD]
    [checkpoint] = remains.checkpoints
    assert list(checkpoint_records(client, store.bucket, checkpoint)) == [DONE]
    [heartbeat] = remains.heartbeats
    assert heartbeat.is_alive(datetime.now(UTC))
    assert len(remains.journals) == 2
    own = find_remains(client, store.bucket, HOME, journal_id(tmp_path))
    assert (own.uploads, own.checkpoints, own.journals) == ([], [], [])
    assert forget_checkpoints(client, store.bucket, HOME, tmp_path) == 2
    assert store.object_keys() == []
    assert forget_checkpoints(client, store.bucket, HOME, tmp_path) == 0


def test_each_holds_what_is_new(checkpoints, client, store):
    checkpoints.note(outcome())
    checkpoints.put()
    checkpoints.put()
    assert len(store.object_keys()) == 2, "one of objects, and the heartbeat, written over"
    checkpoints.note(outcome())
    checkpoints.put(seconds=0)
    assert len(store.object_keys()) == 2, "somebody wants to leave"
    remains = find_remains(client, store.bucket, HOME, "x")
    assert recall_digests(client, store.bucket, remains, lambda _: True, lambda: 1) == 1
    assert recall_digests(client, store.bucket, remains, lambda _: True, lambda: 0) == 0


def test_somebody_who_wants_to_leave_waits_for_some(checkpoints, client, store, monkeypatch):
    """Pieces of some bytes each, until the time is over: on a slow line what has been put is there."""
    monkeypatch.setattr("validator.upload.checkpoints.PIECE_AT_STOP", 600)
    for _ in range(7):
        checkpoints.note(outcome())
    checkpoints.put(seconds=30)
    remains = find_remains(client, store.bucket, HOME, "x")
    found = [len(list(checkpoint_records(client, store.bucket, one))) for one in remains.checkpoints]
    assert sum(found) == 7
    assert max(found) == 2


def run_that_ends(client, store, folder, error) -> None:
    with Checkpoints(client, store.bucket, HOME, folder) as checkpoints, checkpoints.putting(3):
        checkpoints.note(outcome())
        if error:
            raise error


@pytest.mark.parametrize(
    "error", [None, CpgateError("the time is up"), KeyboardInterrupt(), RemoteError("gone")]
)
def test_a_run_that_ends_incomplete_leaves_a_last_one(client, store, tmp_path, error):
    """It was over before the first one was due."""
    with pytest.raises(type(error)) if error else nullcontext():
        run_that_ends(client, store, tmp_path, error)
    remains = find_remains(client, store.bucket, HOME, "x")
    assert list(checkpoint_records(client, store.bucket, remains.checkpoints[0])) == [DONE]
    assert not remains.heartbeats, "it has said that it ended"


@pytest.mark.parametrize("error", [CredentialsError("refused"), StoppedAtOnce("stopped")])
def test_where_none_can_or_shall_be_put_none_is(client, store, tmp_path, error):
    with pytest.raises(type(error)):
        run_that_ends(client, store, tmp_path, error)
    assert store.object_keys() == []


def test_others_hear_of_an_upload_soon(client, store, tmp_path, monkeypatch):
    """Long before a checkpoint is worth its request."""
    monkeypatch.setattr("validator.upload.checkpoints.HEARD_SECONDS", 0.05)
    with Checkpoints(client, store.bucket, HOME, tmp_path) as checkpoints, checkpoints.putting(3):
        checkpoints.note(outcome())
        until = time.monotonic() + 20
        while not (found := find_remains(client, store.bucket, HOME, "another-journal")).heartbeats:
            assert time.monotonic() < until
            time.sleep(0.05)
    [heartbeat] = found.heartbeats
    assert heartbeat.pid == os.getpid()
    assert found.checkpoints == []


def test_with_the_receipt_in_the_bucket_none_is_left(client, store, tmp_path):
    with Checkpoints(client, store.bucket, HOME, tmp_path) as checkpoints:
        with checkpoints.putting(3):
            checkpoints.note(outcome())
            checkpoints.put()
        assert store.object_keys()
        checkpoints.forget()
    assert store.object_keys() == []


def test_a_state_folder_that_was_copied_writes_over_nothing(client, store, tmp_path):
    machines = [Checkpoints(client, store.bucket, HOME, tmp_path, every=60, run=3) for _ in range(2)]
    for machine in machines:
        machine.note(outcome())
        machine.put()
    assert len([key for key in store.object_keys() if not key.endswith(NOW_NAME)]) == 2


def test_nothing_to_say_nothing_put(checkpoints, store):
    checkpoints.put()
    assert store.object_keys() == []


def test_a_store_that_refuses_is_asked_again(checkpoints, client, store):
    from botocore.exceptions import ClientError

    def refuse(**_):
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject")

    checkpoints.note(outcome())
    client.meta.events.register("before-call.s3.PutObject", refuse, unique_id="no")
    checkpoints.put()
    client.meta.events.unregister("before-call.s3.PutObject", unique_id="no")
    checkpoints.put()
    remains = find_remains(client, store.bucket, HOME, "x")
    assert list(checkpoint_records(client, store.bucket, remains.checkpoints[0])) == [DONE]


def test_a_disk_that_is_full_or_away_ends_nothing(checkpoints, client, store, tmp_path):
    checkpoints.note(outcome())
    (tmp_path / "000001-w001-1.journal").mkdir()  # whoever reads it is told that it cannot be read
    with pytest.raises(CpgateError, match="the journal is full"), checkpoints:
        raise CpgateError("the journal is full")
    (tmp_path / "000001-w001-1.journal").rmdir()
    checkpoints.put()
    remains = find_remains(client, store.bucket, HOME, "x")
    assert list(checkpoint_records(client, store.bucket, remains.checkpoints[0])) == [DONE]


GOOD = done_values(DONE)
BAD = {
    "another kind": {"t": "digest"},
    "no key": {"key": None},
    "a size that is a text": {"size": "20"},
    "true is no size": {"size": True},
    "negative": {"size": -1},
    "an ETag that is none": {"etag": "x"},
    "a checksum that is none": {"crc": "x"},
    "parts that do not fit": {"parts": 2},
    "no part size": {"part_size": 0},
    "a version that is a list": {"version": []},
    "an ETag of the store that is none": {"stored_as": "no ETag"},
    "an ETag of the store that is a number": {"stored_as": 1},
    "a SHA-256 that is none": {"sha256": "x"},
    "a SHA-256 of parts that there are not": {"sha256": "A" * 43 + "=-2"},
    "a SHA-256 that is a list": {"sha256": []},
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD)
def test_records_that_cannot_be_are_passed_over(client, store, change):
    lines = [encode_record({**GOOD, **change}), encode_record(GOOD), b"rubbish\n", encode_record(GOOD)[:-9]]
    store.put(f"{HOME}_cpgate/checkpoints/x/000001-00000.journal", b"".join(lines))
    remains = find_remains(client, store.bucket, HOME, "y")
    assert list(checkpoint_records(client, store.bucket, remains.checkpoints[0])) == [DONE]


@pytest.mark.parametrize(
    "record",
    [
        {"t": "run", "since": 1e300, "pid": 1, "host": "h"},
        {"t": "run", "since": 1, "pid": "x", "host": "h"},
        {"t": "begin", "key": "k", "upload_id": "", "part_size": 8 * MIB, "size": 20, "mtime_ns": 1},
        {"t": "begin", "key": "k", "upload_id": "u", "part_size": 0, "size": 20, "mtime_ns": 1},
        {"t": "begin", "key": "k", "upload_id": "u", "part_size": 8 * MIB, "size": 10**12, "mtime_ns": 1},
        {"t": "begin", "key": "k", "upload_id": "u", "part_size": 8, "size": 20, "mtime_ns": 1},
        {"t": "begin", "key": "k", "upload_id": "u", "part_size": 6 * 1024 * MIB, "size": 20, "mtime_ns": 1},
        {"t": "begin", "key": "k", "upload_id": "\udc80", "part_size": 8 * MIB, "size": 20, "mtime_ns": 1},
        {"t": "begin", "key": "k", "upload_id": "u\r\nx: y", "part_size": 8 * MIB, "size": 20, "mtime_ns": 1},
        {"t": "begin"},
    ],
)
def test_a_strange_heartbeat_says_nothing(client, store, record):
    store.put(f"{HOME}_cpgate/checkpoints/x/{NOW_NAME}", encode_record(record) + json.dumps(record).encode())
    remains = find_remains(client, store.bucket, HOME, "y")
    assert (remains.uploads, remains.heartbeats) == ([], [])


@pytest.mark.parametrize(("minutes", "alive"), [(0, True), (5, True), (7, False), (-1, False)])
def test_a_heartbeat_is_believed_for_a_while(minutes, alive):
    now = datetime.now(UTC)
    assert Heartbeat(1, "h", now, now - timedelta(minutes=minutes)).is_alive(now) is alive


TIMES = {
    "equal": (123, 123, True),
    "a receipt": (1_700_000_000_123_456_789, 1_700_000_000_123_456_000, True),
    "another microsecond": (1_700_000_000_123_456_789, 1_700_000_000_123_457_000, False),
    "a Windows share": (1_700_000_000_123_456_789, 1_700_000_000_123_456_700, True),
    "a file server with seconds": (1_700_000_000_123_456_789, 1_700_000_000_000_000_000, True),
    "the next second": (1_700_000_000_123_456_789, 1_700_000_001_000_000_000, False),
    "FAT": (1_700_000_001_123_456_789, 1_700_000_000_000_000_000, True),
    "a nanosecond": (1_700_000_000_123_456_789, 1_700_000_000_123_456_788, False),
}


@pytest.mark.parametrize(("one", "other", "same"), TIMES.values(), ids=TIMES)
def test_times_are_compared_as_the_coarser_file_system_tells_them(one, other, same):
    assert same_moment(one, other) is same_moment(other, one) is same
