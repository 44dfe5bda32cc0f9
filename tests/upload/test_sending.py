from datetime import UTC, datetime

import pytest

from validator.digests.parts import digest_bytes, join_parts
from validator.models.listing import Entry
from validator.s3.objects import RemoteObject
from validator.upload.plan import Action, PlanItem
from validator.upload.sending import Sending
from validator.upload.tasks import Do, Failure

ENTRY = Entry("a/b/c", "/data/c", 20, 5)
PARTS = {n: digest_bytes(bytes([n]) * size) for n, size in ((1, 8), (2, 8), (3, 4))}


@pytest.fixture
def sending() -> Sending:
    return Sending(PlanItem(ENTRY, Action.RESUME), "id", 8, dict(PARTS))


def listed(*numbers: int, **etags: str) -> list[list[int | str]]:
    return [[n, PARTS[n].size, etags.get(f"n{n}", PARTS[n].md5), ""] for n in numbers]


def test_a_task_is_about_this_file(sending):
    task = sending.task(7, Do.PART, number=2, etag="x")
    assert (task.id, task.do, task.key, task.path) == (7, Do.PART, "a/b/c", "/data/c")
    assert (task.size, task.mtime_ns, task.upload_id, task.part_size) == (20, 5, "id", 8)
    assert (task.number, task.etag) == (2, "x")
    assert task.conditional
    assert task.replaces is None


def test_what_is_replaced_is_what_was_seen():
    there = RemoteObject("a/b/c", 21, "f" * 32, datetime.now(UTC))
    sending = Sending(PlanItem(ENTRY, Action.SEND, there=there, replaces=True))
    assert sending.task(1, Do.PUT).replaces == "f" * 32
    assert Sending(PlanItem(ENTRY, Action.SEND, there=there)).task(1, Do.PUT).replaces is None
    assert sending.count == 1


def test_the_parts_are_joined_in_the_order_of_their_numbers(sending):
    sending.parts = {n: PARTS[n] for n in (3, 1, 2)}
    whole = join_parts([PARTS[1], PARTS[2], PARTS[3]], 8)
    assert sending.joined() == whole
    assert sending.count == 3
    task = sending.completion(9)
    assert (task.do, task.etags) == (Do.COMPLETE, (PARTS[1].md5, PARTS[2].md5, PARTS[3].md5))
    assert (task.expected, task.crc) == (whole.etag, whole.crc64nvme)


def test_journal_and_store_agree(sending):
    sending.believe(listed(1, 2, 3))
    assert sending.parts == PARTS
    assert sending.remote == {}
    assert sending.resumed


def test_a_part_that_the_store_does_not_list_is_sent_again(sending):
    sending.believe(listed(1, 3))
    assert sorted(sending.parts) == [1, 3]
    assert sending.remote == {}


def test_a_part_with_other_bytes_is_not_believed(sending):
    sending.believe(listed(1, 2, 3, n2="f" * 32))
    assert sorted(sending.parts) == [1, 3]
    assert sending.remote == {2: ("f" * 32, "")}


def test_a_part_that_the_journal_lost_is_compared_before_it_is_sent(sending):
    del sending.parts[2]
    sending.believe(listed(1, 2))
    assert sorted(sending.parts) == [1]
    assert sending.remote == {2: (PARTS[2].md5, "")}


def test_an_upload_without_parts_is_nothing_resumed(sending):
    sending.believe([])
    assert sending.parts == {}
    assert not sending.resumed


def test_begun_afresh(sending):
    sending.believe(listed(1, n1="f" * 32))
    sending.completing, sending.problem = True, (Failure.GONE, "gone", "")
    sending.restart()
    assert (sending.upload_id, sending.parts, sending.remote) == ("", {}, {})
    assert (sending.restarts, sending.resumed, sending.completing, sending.problem) == (1, False, False, None)
    assert sending.part_size == 8


def test_where_parts_may_not_be_listed_the_journal_is_believed(sending):
    sending.believe(None)
    assert (sending.parts, sending.remote, sending.resumed) == (PARTS, {}, True)
