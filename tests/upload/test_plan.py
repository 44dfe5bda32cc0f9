"""What is decided for each file, as a table: what lies in the bucket, what the journal knows, what it means."""

from datetime import UTC, datetime

import pytest

from validator.digests.files import FileState
from validator.digests.parts import ObjectDigest, digest_bytes, join_parts
from validator.models.listing import Entry
from validator.s3.objects import RemoteObject
from validator.upload.journal import UploadRecord
from validator.upload.plan import Action, PlanItem, may_replace, plan_file, settle

KEY = "cpg0099-example/broad/images/2024_03_05_Run1/images/BR01/a.tiff"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
PART = 8
STATE = FileState(20, 5)
OLD_STATE = FileState(20, 4)
ENTRY = Entry(KEY, "/data/a.tiff", STATE.size, STATE.mtime_ns)
PIECES = {n: digest_bytes(b"x" * size) for n, size in ((1, 8), (2, 8), (3, 4))}
WHOLE = join_parts(list(PIECES.values()), PART)
SINGLE = ObjectDigest(20, "a" * 32, None, 1, WHOLE.crc64nvme)


def there(etag: str, size: int = 20) -> RemoteObject:
    return RemoteObject(KEY, size, etag, NOW)


def upload(upload_id: str, *numbers: int, state: FileState = STATE, key: str = KEY) -> UploadRecord:
    return UploadRecord(upload_id, key, PART, state, {n: PIECES[n] for n in numbers})


def journal(*uploads: UploadRecord, digest: ObjectDigest | None = None):
    """What is known of the file from before: digests, and unfinished uploads."""
    return digest, uploads


def plan(remote, known, *, entry=ENTRY, part_size=PART, replace=()):
    digest, uploads = known
    return plan_file(entry, remote, digest, uploads, part_size=part_size, replace=replace)


OTHER = there("b" * 32)
ALL = ("*",)
DECISIONS = {
    "nothing there": (None, journal(), (), Action.SEND),
    "nothing there, digests known": (None, journal(digest=SINGLE), (), Action.SEND),
    "nothing there, parts of it are": (None, journal(upload("u", 1)), (), Action.RESUME),
    "nothing there, an upload without parts": (None, journal(upload("u")), (), Action.RESUME),
    "nothing there, parts of an older state of the file": (
        None, journal(upload("u", 1, state=OLD_STATE)), (), Action.SEND),
    "the same bytes, known": (there(SINGLE.etag), journal(digest=SINGLE), (), Action.UNCHANGED),
    "the same bytes, replace named": (there(SINGLE.etag), journal(digest=SINGLE), ALL, Action.UNCHANGED),
    "completed, but killed before the answer": (
        there(WHOLE.etag), journal(upload("u", 1, 2, 3)), (), Action.UNCHANGED),
    "the same size, nothing known": (OTHER, journal(), (), Action.COMPARE),
    "the same size, nothing known, replace named": (OTHER, journal(), ALL, Action.COMPARE),
    "the same size, known for another part size": (there(WHOLE.etag), journal(digest=SINGLE), (), Action.COMPARE),
    "the same size, some parts known": (OTHER, journal(upload("u", 1, 2)), (), Action.COMPARE),
    "another size": (there("b" * 32, 21), journal(), (), Action.CONFLICT),
    "another size, digests known": (there("b" * 32, 21), journal(digest=SINGLE), (), Action.CONFLICT),
    "another size, replace names it": (there("b" * 32, 21), journal(), ALL, Action.SEND),
    "another size, replace names something else": (there("b" * 32, 21), journal(), ("*.csv",), Action.CONFLICT),
    "another size, replace names it, parts are there": (
        there("b" * 32, 21), journal(upload("u", 2)), ALL, Action.RESUME),
}  # fmt: skip


@pytest.mark.parametrize(("remote", "known", "replace", "action"), DECISIONS.values(), ids=DECISIONS)
def test_decisions(remote, known, replace, action):
    item = plan(remote, known, replace=replace)
    assert item.action is action
    assert item.entry is ENTRY
    assert item.there == remote
    assert item.state == STATE
    if action is Action.RESUME:
        assert [item.upload] == list(known[1])
        assert item.part_size == PART
        assert item.bytes_there == sum(part.size for part in item.upload.parts.values())
    else:
        assert item.upload is None
        assert item.bytes_there == 0
    if action is Action.UNCHANGED:
        assert (item.digest.etag, item.digest.size) == (remote.etag, remote.size)


def test_nothing_that_is_there_is_sent_without_being_named():
    """Whatever is known, other bytes are a conflict or are compared first."""
    for remote, known, _, _ in DECISIONS.values():
        if remote is not None:
            item = plan(remote, known)
            assert item.action not in {Action.SEND, Action.RESUME}


@pytest.mark.parametrize(("size", "part_size"), [(0, None), (8, None), (9, 8), (20, 8)])
def test_part_sizes_of_what_is_sent(size, part_size):
    item = plan(None, journal(), entry=Entry(KEY, "/data/a", size, 5))
    assert (item.action, item.part_size) == (Action.SEND, part_size)


def test_the_upload_with_most_parts_is_resumed_with_its_own_part_size():
    known = journal(upload("one", 1), upload("two", 1, 2), upload("three", 1, 2, 3, state=OLD_STATE))
    item = plan(None, known, part_size=1000)
    assert item.upload.upload_id == "two"
    assert item.part_size == PART


COMPARED = PlanItem(ENTRY, Action.COMPARE, there=OTHER)


def test_after_reading_the_same_bytes_are_unchanged():
    item = PlanItem(ENTRY, Action.COMPARE, there=there(SINGLE.etag))
    settled = settle(item, SINGLE, (), PART, ())
    assert (settled.action, settled.digest) == (Action.UNCHANGED, SINGLE)


def test_after_reading_other_bytes_are_a_conflict():
    settled = settle(COMPARED, SINGLE, [upload("u", 1)], PART, ("*.csv",))
    assert (settled.action, settled.there) == (Action.CONFLICT, OTHER)


def test_after_reading_other_bytes_are_replaced_where_that_is_named():
    settled = settle(COMPARED, SINGLE, (), PART, ALL)
    assert (settled.action, settled.part_size, settled.there) == (Action.SEND, PART, OTHER)
    known = [upload("old", 1, 2, state=OLD_STATE), upload("u", 1)]
    settled = settle(COMPARED, SINGLE, known, PART, ALL)
    assert (settled.action, settled.upload.upload_id) == (Action.RESUME, "u")


@pytest.mark.parametrize(
    ("glob", "answer"),
    [
        (KEY, True),
        ("*/BR01/*", True),
        ("*.TIFF", False),
        ("images/*", True),
        ("*[a].tiff", True),
        ("", False),
    ],
)
def test_what_replace_names(glob, answer):
    assert may_replace(KEY, (glob,)) is answer
