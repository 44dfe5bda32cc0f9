"""The ledger gives back what was put down, keeps its sums, and believes digests of this state of a file only."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from selected import select

from validator.digests.files import FileState
from validator.digests.parts import ObjectDigest
from validator.models.listing import Folder
from validator.s3.objects import RemoteObject
from validator.upload import paged_rows
from validator.upload.files import FolderChoice, SelectedFiles
from validator.upload.journal import DoneRecord, UploadRecord
from validator.upload.ledger import Ledger, Present
from validator.upload.plan import Action, PlanItem, plan_file
from validator.upload.sending import Outcome, State
from validator.upload.tasks import Failure

HOME = "cpg0099-example/broad/images/"
NOW = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)
SIZE, MTIME = 20, 1_700_000_000_123_456_789
STATE = FileState(SIZE, MTIME)
SINGLE = ObjectDigest(SIZE, "a" * 32, None, 1, "AAAAAAAAAAA=")
PARTED = ObjectDigest(SIZE, "b" * 32 + "-3", 8, 3, "AAAAAAAAAAA=")


@pytest.fixture
def ledger(tmp_path, monkeypatch) -> Ledger:
    """Forty files, of which only a few are in memory."""
    monkeypatch.setattr(paged_rows, "ROWS_PER_PAGE", 4)
    monkeypatch.setattr(paged_rows, "PAGES_IN_MEMORY", 2)
    return Ledger(select(*map(key, range(40))), tmp_path)


def key(position: int = 0) -> str:
    return f"{HOME}{position:02d}.tiff"


def remote(position: int = 0, etag: str = SINGLE.etag) -> RemoteObject:
    return RemoteObject(key(position), SIZE, etag, NOW)


def done(position: int = 0, digest: ObjectDigest = SINGLE, at: str = NOW.isoformat()) -> DoneRecord:
    return DoneRecord(key(position), STATE, digest, at, "v1" if at else None)


def test_plans_and_outcomes_come_back_as_they_were(ledger):
    items, outcomes = [], []
    for position, entry in enumerate(ledger.files):
        there = remote(position) if position % 3 else None
        if there:
            assert ledger.see(there, 1)
        upload = UploadRecord(f"id-{position}", entry.key, 8, STATE)
        action = (Action.SEND, Action.RESUME, Action.CONFLICT)[position % 3]
        items.append(
            PlanItem(
                *(entry, action, 8 if position % 2 else None, there),
                replaces=position % 5 == 0,
                reason="because" if position % 7 == 0 else "",
                upload=upload if action is Action.RESUME else None,
            )
        )
        ledger.plan(position, items[-1])
    assert [item for _, item in ledger.items()] == items
    assert list(ledger.items(Action.RESUME)) == [(n, i) for n, i in enumerate(items) if i.upload]
    assert ledger.planned == {Action.SEND: 14, Action.RESUME: 13, Action.CONFLICT: 13}
    assert ledger.planned_bytes[Action.SEND] == 14 * SIZE
    for position, item in enumerate(items):
        if position % 2:
            outcome = Outcome(item, State.UPLOADED, SINGLE, NOW.isoformat(), version_id="v1")
        else:
            outcome = Outcome(item, State.FAILED, None, "", Failure.GONE, "it is gone", "go on", kept=True)
        outcomes.append(outcome)
        ledger.settle(position, outcome)
    for told, outcome in zip(ledger.outcomes(), outcomes, strict=True):
        item = replace(told.item, reason=outcome.item.reason, digest=None, version_id=None)
        assert replace(told, item=item) == outcome
    assert ledger.states == {State.UPLOADED: 20, State.FAILED: 20}
    assert list(ledger.present()) == [
        Present(ledger.files.entry(n), State.UPLOADED, SINGLE, NOW.isoformat(), "v1") for n in range(1, 40, 2)
    ]
    assert [outcome.item.entry.key for outcome in ledger.outcomes(State.FAILED)] == [
        key(n) for n in range(0, 40, 2)
    ]


def test_a_decision_that_is_made_later_counts_once(ledger):
    entry = ledger.files.entry(3)
    ledger.plan(3, PlanItem(entry, Action.COMPARE))
    ledger.plan(3, PlanItem(entry, Action.UNCHANGED, digest=SINGLE))
    assert +ledger.planned == {Action.UNCHANGED: 1}
    assert +ledger.planned_bytes == {Action.UNCHANGED: SIZE}
    assert list(ledger.items(Action.COMPARE)) == []
    assert list(ledger.outcomes()) == [], "nothing became of it yet"


def test_other_objects_are_passed_over(ledger):
    assert not ledger.see(replace(remote(), key=f"{HOME}00.tif"), 1)
    assert not ledger.know(replace(done(), key=f"{HOME}plate/00.tiff"))


def test_digests_of_another_state_of_the_file_say_nothing(ledger):
    for state in (FileState(SIZE, MTIME - 1), FileState(SIZE + 1, MTIME)):
        assert not ledger.know(replace(done(), state=state))
    assert ledger.account(0).digest is None
    assert ledger.know(done())
    assert ledger.account(0).digest == SINGLE


@pytest.mark.parametrize("order", [(SINGLE, PARTED), (PARTED, SINGLE)])
@pytest.mark.parametrize("there", [SINGLE, PARTED])
def test_digests_that_fit_what_is_there_count(ledger, order, there):
    ledger.see(remote(etag=there.etag), 1)
    for digest in order:
        ledger.know(done(digest=digest))
    assert ledger.account(0).digest == there


def test_a_file_that_was_only_read_again_is_still_known_to_be_sent(ledger):
    ledger.see(remote(), 1)
    ledger.know(done())
    ledger.know(done(at=""))
    assert (ledger.account(0).uploaded_at, ledger.account(0).version_id) == (NOW.isoformat(), "v1")


def test_what_the_journal_is_told(ledger):
    """Objects that are there with their time, digests of conflicts without, nothing of what failed."""
    for position, (action, state) in enumerate(
        [(Action.SEND, State.UPLOADED), (Action.COMPARE, State.CONFLICT), (Action.SEND, State.FAILED)]
    ):
        item = PlanItem(ledger.files.entry(position), action)
        ledger.plan(position, item)
        at = NOW.isoformat() if state is State.UPLOADED else ""
        ledger.settle(position, Outcome(item, state, SINGLE, at))
    assert list(ledger.known()) == [replace(done(0), version_id=None), DoneRecord(key(1), STATE, SINGLE)]


def plan_each(ledger: Ledger, entries, part_size: int, unfinished) -> list[int]:
    """Plan files one by one; their positions."""
    ledger.see(remote(3), 1)
    ledger.know(done(7))
    positions = []
    for position, entry in entries(ledger):
        account, begun = ledger.account(position), unfinished.get(entry.key, ())
        there = account.remote(entry.key)
        ledger.plan(position, plan_file(entry, there, account.digest, begun, part_size=part_size))
        positions.append(position)
    return positions


@pytest.mark.parametrize("part_size", [SIZE - 1, SIZE])
def test_new_files_are_planned_as_each_would_be_by_itself(ledger, tmp_path, part_size):
    """What is seen, known or begun is left to whoever looks closer; so is what goes in parts."""
    unfinished = {key(11): [UploadRecord("id", key(11), 8, STATE)]}
    one_by_one = Ledger(ledger.files, tmp_path)
    others = plan_each(ledger, lambda new: new.plan_new(part_size, unfinished), part_size, unfinished)
    plan_each(one_by_one, lambda each: enumerate(each.files), part_size, unfinished)
    assert list(ledger.items()) == list(one_by_one.items())
    assert list(ledger.items(Action.SEND)) == list(one_by_one.items(Action.SEND))
    assert (ledger.planned, ledger.planned_bytes) == (one_by_one.planned, one_by_one.planned_bytes)
    assert others == ([3, 7, 11] if part_size == SIZE else list(range(40)))


def test_keys_that_are_too_long_are_never_new(tmp_path):
    folder = Folder(HOME, "/data")
    room = 1024 - len(HOME)
    names = sorted(["a" * 200, "b" * room, "c" * (room + 1), "ü" * (room // 2), "ü" * (room // 2 + 1)])
    for name in names:
        folder.add(name, SIZE, MTIME)
    ledger = Ledger(SelectedFiles([FolderChoice(HOME, 5, 5 * SIZE)], lambda _: folder), tmp_path)
    others = [entry.key.removeprefix(HOME) for _, entry in ledger.plan_new(8 << 20)]
    assert others == [name for name in names if len(f"{HOME}{name}".encode()) > 1024]
    assert len(others) == 2
    assert ledger.planned == {Action.SEND: 3}
