"""A run over many files, against workers that are scripted."""

from collections import deque

import pytest

from validator.errors import CpgateError, CredentialsError
from validator.models.listing import Entry
from validator.models.progress import SilentProgress
from validator.upload.plan import Action, PlanItem
from validator.upload.sending import Retried, State
from validator.upload.tasks import Answer, Failure, Task
from validator.upload.transfer import Transfer

DIGEST = {
    "etag": "a" * 32,
    "part_size": None,
    "parts": 1,
    "crc": "AAAAAAAAAAA=",
    "at": "2026-11-20T14:05:33Z",
}


class KeyedPool:
    """Workers that hold many tasks and answer each as the keys were when it was given."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.good = False
        self.recalled = False
        self.under_way: deque[tuple[Task, bool]] = deque()

    def has_room(self) -> bool:
        return len(self.under_way) < self.capacity

    def submit(self, task: Task) -> None:
        self.under_way.append((task, self.good))

    def recall(self) -> None:
        self.recalled = True

    def answer_at_hand(self) -> None:
        """Each comes alone."""

    def next_event(self, seconds: float) -> Answer:
        assert seconds > 0
        task, good = self.under_way.popleft()
        if self.recalled:
            return Answer(task.id, Failure.RECALLED)
        if not good:
            return Answer(task.id, Failure.EXPIRED, "keys have expired", "get new ones")
        return Answer(task.id, values={"sent": task.size, **DIGEST})


def items(number: int) -> list[PlanItem]:
    return [PlanItem(Entry(f"a/b/{n:03}.tiff", f"/data/{n}.tiff", 20), Action.SEND) for n in range(number)]


def transferred(pool, number, wait, tell=lambda _: None):
    with SilentProgress().step("uploading", 0, "B") as step:
        transfer = Transfer(pool, items(number), step, tell=tell, wait_for_keys=wait)
        return transfer, list(transfer.run())


def test_keys_are_waited_for_once_however_many_files_were_under_way():
    """Else new keys that came would be given up: each answer from before would count as a try of theirs."""
    pool, waited, news = KeyedPool(100), [], []

    def wait(error: CpgateError) -> None:
        waited.append(error)
        pool.good = True

    transfer, outcomes = transferred(pool, 250, wait, news.append)
    assert [outcome.state for outcome in outcomes] == [State.UPLOADED] * 250
    assert transfer.is_complete
    assert len(waited) == 1
    assert {one.reason for one in news if isinstance(one, Retried)} == {"its keys had expired"}


def test_keys_that_fail_again_are_waited_for_again():
    pool, waited = KeyedPool(10), []

    def wait(error: CpgateError) -> None:
        waited.append(error)
        pool.good = len(waited) == 3

    _, outcomes = transferred(pool, 20, wait)
    assert [outcome.state for outcome in outcomes] == [State.UPLOADED] * 20
    assert len(waited) == 3


def test_what_ends_the_waiting_ends_the_run():
    def wait(_: CpgateError) -> None:
        raise CredentialsError("no other keys came")

    with pytest.raises(CredentialsError, match="no other keys came"):
        transferred(KeyedPool(10), 20, wait)
