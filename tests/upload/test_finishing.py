from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selected import select

from validator.digests.parts import ObjectDigest
from validator.digests.sha256 import WholeDigest
from validator.manifests.receipt_digest import receipt_line, values_line
from validator.models.listing import Entry
from validator.models.place import Misfit, Place
from validator.models.receipt import ReceiptObject
from validator.s3.objects import RemoteObject
from validator.upload.finishing import compare_with_listing, compared, receipt_values
from validator.upload.ledger import Ledger, Present
from validator.upload.plan import Action, PlanItem
from validator.upload.receipt_lines import ReceiptLines
from validator.upload.sending import PRESENT, Outcome, State
from validator.upload.tasks import Failure

KEY = "cpg0099-example/broad/images/2024_03_05_Run1/images/BR01/a.tiff"
NOW = datetime(2026, 11, 20, 14, 5, 33, 123_000, tzinfo=UTC)
SIZE = 20
DIGEST = ObjectDigest(SIZE, "a" * 32, None, 1, "AAAAAAAAAAA=")
ITEM = PlanItem(Entry(KEY, "/data/a.tiff", SIZE, 1_700_000_000_123_456_789), Action.SEND)


def there(size: int = SIZE, etag: str = DIGEST.etag) -> RemoteObject:
    return RemoteObject(KEY, size, etag, NOW)


def outcome(state: State = State.UPLOADED, at: str = NOW.isoformat()) -> Outcome:
    return Outcome(ITEM, state, DIGEST, at)


PRESENT_FILE = Present(ITEM.entry, State.UPLOADED, DIGEST, NOW.isoformat())


def test_what_the_bucket_lists_is_believed():
    assert compared(outcome(), there()) == outcome()


def test_an_unchanged_object_has_the_buckets_time():
    seen = compared(outcome(State.UNCHANGED, ""), there())
    assert seen.state is State.UNCHANGED
    assert seen.uploaded_at == NOW.isoformat()


@pytest.mark.parametrize("state", sorted(PRESENT))
@pytest.mark.parametrize(
    ("remote", "says"),
    [
        (None, "the bucket does not list it"),
        (there(size=SIZE + 1), "21 bytes"),
        (there(etag="b" * 32), "b" * 32),
        (there(etag=DIGEST.etag + "-1"), "other bytes"),
    ],
)
def test_nothing_else_is_believed(state, remote, says):
    seen = compared(outcome(state), remote)
    assert (seen.state, seen.failure) == (State.FAILED, Failure.REMOTE)
    assert says in seen.reason
    assert seen.mend


def test_what_failed_stays_failed():
    failed = Outcome(ITEM, State.FAILED, failure=Failure.CHANGED, reason="it changed")
    conflict = Outcome(ITEM, State.CONFLICT, DIGEST)
    assert [compared(one, there()) for one in (failed, conflict)] == [failed, conflict]


PLANNED = {
    "unchanged": (PlanItem(ITEM.entry, Action.UNCHANGED, digest=DIGEST), State.UNCHANGED, ""),
    "conflict": (PlanItem(ITEM.entry, Action.CONFLICT), State.CONFLICT, "other bytes lie there (20 bytes"),
    "failed": (PlanItem(ITEM.entry, Action.FAILED, reason="its key is too long"), State.FAILED, "too long"),
    "never sent": (ITEM, State.FAILED, "it was not sent"),
}


@pytest.mark.parametrize(("item", "state", "reason"), PLANNED.values(), ids=PLANNED)
def test_every_file_has_a_state_in_the_end(tmp_path, item, state, reason):
    """A file that was planned to be sent and of which nothing was heard has failed: it never hides."""
    ledger = Ledger(select(KEY, size=SIZE), tmp_path)
    ledger.see(there(), 1)
    ledger.plan(0, item)
    compare_with_listing(ledger, 1)
    [outcome] = ledger.outcomes()
    assert (outcome.state, ledger.states[state]) == (state, 1)
    assert reason in outcome.reason


def test_an_object_that_only_an_earlier_listing_saw_is_not_there(tmp_path):
    ledger = Ledger(select(KEY, size=SIZE), tmp_path)
    ledger.see(there(), 1)
    ledger.plan(0, PlanItem(ITEM.entry, Action.UNCHANGED, digest=DIGEST))
    compare_with_listing(ledger, 2)
    [outcome] = ledger.outcomes(State.FAILED)
    assert "does not list it" in outcome.reason


def receipt_object(*told) -> ReceiptObject:
    return ReceiptObject(**receipt_values(*told))


def test_the_receipt_says_what_was_verified():
    record = receipt_object(PRESENT_FILE)
    unknown = {"kind", "entities", "version_id", "sha256", "sha2_256_chunked", "sha256_parts", "etag_stored"}
    assert not any(record.model_dump(include=unknown).values())
    assert record.model_dump(exclude={"mtime", *unknown}) == {
        "record": "object",
        "key": KEY,
        "size": SIZE,
        "etag": DIGEST.etag,
        "part_size": None,
        "parts": 1,
        "crc64nvme": DIGEST.crc64nvme,
        "uploaded_at": NOW,
        "state": "uploaded",
    }
    assert record.mtime == datetime(2023, 11, 14, 22, 13, 20, 123_456, tzinfo=UTC)


@pytest.mark.parametrize("mtime_ns", [0, -1, -(10**18), 2**63 - 1, -(2**63)])
def test_strange_times_of_files_are_written_down(mtime_ns):
    item = PlanItem(Entry(KEY, "/data/a.tiff", SIZE, mtime_ns), Action.SEND)
    mtime = receipt_object(Present(item.entry, State.UPLOADED, DIGEST, NOW.isoformat())).mtime
    assert abs(mtime.timestamp() * 1e9 - mtime_ns) < 2000


def test_the_receipt_says_where_it_lies_and_which_version_it_is():
    place = Place("images.illum", {"project": "cpg0099-example", "batch": "2024_03_05_Run1"})
    whole = WholeDigest("0" * 64, "A" * 43 + "=", DIGEST.crc64nvme)
    record = receipt_object(replace(PRESENT_FILE, version_id="v1"), place, whole)
    assert (record.kind, record.entities, record.version_id) == (place.kind, place.entities, "v1")
    assert (record.sha256, record.sha2_256_chunked) == (whole.sha256, whole.sha2_256_chunked)


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
DIGESTS = (
    DIGEST,
    replace(DIGEST, sha256="A" * 43 + "=", stored_as="b" * 32),
    ObjectDigest(SIZE, "a" * 32 + "-2", 10, 2, "AAAAAAAAAAA=", "A" * 43 + "=-2"),
)


@given(
    key=ANY_TEXT,
    entities=st.dictionaries(ANY_TEXT, ANY_TEXT),
    mtime_ns=st.integers(-(2**63), 2**63 - 1),
    at=st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1)),  # noqa: DTZ001  hypothesis wants it so
    digest=st.sampled_from(DIGESTS),
    state=st.sampled_from(sorted(PRESENT)),
    version=st.none() | st.text(st.characters(codec="ascii"), max_size=8),
    whole=st.none() | st.just(WholeDigest("0" * 64, "A" * 43 + "=", DIGEST.crc64nvme)),
)
def test_an_object_is_written_as_its_record_is(key, entities, mtime_ns, at, digest, state, version, whole):
    item = PlanItem(Entry(key, "/data/a.tiff", digest.size, mtime_ns), Action.SEND)
    at = at.replace(tzinfo=UTC).isoformat(timespec="milliseconds")
    told = Present(item.entry, state, digest, at, version), Place("images.raw", entities), whole
    wanted = receipt_line(receipt_object(*told))
    assert values_line(receipt_values(*told)) == wanted
    assert ReceiptLines().line(*told) == (wanted, digest.size, entities)


def test_what_has_no_place_has_no_kind():
    place = Place("workspace", {"project": "cpg0099-example"}, Misfit(3, "x", "workspace", ()))
    record = receipt_object(PRESENT_FILE, place)
    assert (record.kind, record.entities) == (None, {"project": "cpg0099-example"})
