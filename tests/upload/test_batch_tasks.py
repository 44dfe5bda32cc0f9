from collections import deque

import pytest

from validator.upload.batch_tasks import perform_all
from validator.upload.pool import Lost
from validator.upload.tasks import Answer, Do, Failure, Task


class ScriptedPool:
    """Stands in for worker processes: answers come in the order that a test says."""

    def __init__(self, capacity: int = 3, losing: int = 0, broken_after: int | None = None):
        self.capacity = capacity
        self.losing = losing
        self.broken_after = broken_after
        self.under_way: deque[Task] = deque()
        self.submitted: list[int] = []
        self.answered = 0
        self.most = 0

    def submit(self, task: Task) -> None:
        self.under_way.append(task)
        self.submitted.append(task.id)
        self.most = max(self.most, len(self.under_way))

    def next_event(self, seconds: float) -> Answer | Lost | None:
        assert seconds > 0
        if self.broken_after is not None and self.answered == self.broken_after:
            return Answer(-1, Failure.CREDENTIALS, "no keys")
        if self.losing and self.under_way:
            self.losing -= 1
            lost = tuple(self.under_way)
            self.under_way.clear()
            return Lost(lost)
        if self.answered % 4 == 3:
            self.answered += 1
            return None  # nothing happened for a while
        self.answered += 1
        return Answer(self.under_way.pop().id)


def tasks(number: int) -> list[Task]:
    return [Task(n, Do.DIGEST, f"k{n}") for n in range(number)]


@pytest.mark.parametrize("number", [0, 1, 2, 3, 20])
@pytest.mark.parametrize("losing", [0, 1, 3])
def test_every_task_has_its_answer_once(number, losing):
    pool = ScriptedPool(losing=losing)
    done = list(perform_all(pool, tasks(number)))
    assert sorted(task.id for task, _ in done) == list(range(number))
    assert all(task.id == answer.id for task, answer in done)
    assert pool.most <= pool.capacity
    assert len(pool.submitted) >= number


def test_tasks_are_made_as_they_are_needed():
    pool = ScriptedPool()
    made = []

    def making():
        for task in tasks(100):
            made.append(task.id)
            yield task

    next(iter(perform_all(pool, making())))
    assert len(made) <= pool.capacity + 1


def test_asked_to_stop_it_begins_nothing_new():
    pool = ScriptedPool()
    done = []
    for task, _ in perform_all(pool, tasks(100), lambda: len(done) >= 5):
        done.append(task.id)
    assert sorted(pool.submitted) == sorted(done)
    assert len(done) < 10


def test_workers_that_cannot_begin_answer_for_all_that_waits():
    pool = ScriptedPool(broken_after=0)
    answers = [answer for _, answer in perform_all(pool, tasks(10))]
    assert answers
    assert all(answer.failure is Failure.CREDENTIALS for answer in answers)


class ExpiringPool(ScriptedPool):
    """The keys have ended when the second answer comes, and once more later."""

    def next_event(self, seconds: float) -> Answer | Lost | None:
        event = super().next_event(seconds)
        if isinstance(event, Answer) and self.answered in {2, 6}:
            return Answer(event.id, Failure.EXPIRED, "keys have expired", "get new ones")
        return event


def test_keys_that_run_out_meanwhile_are_waited_for():
    told = []
    done = list(perform_all(ExpiringPool(), tasks(9), wait_for_keys=told.append))
    assert sorted(task.id for task, _ in done) == list(range(9))
    assert {answer.failure for _, answer in done} == {None}
    assert [error.what for error in told] == ["keys have expired"] * 2


class KeyedPool(ScriptedPool):
    """Answers as the keys were when a task was given; tests renew them."""

    def __init__(self, capacity: int):
        super().__init__(capacity)
        self.good = False
        self.given: dict[int, bool] = {}

    def submit(self, task: Task) -> None:
        super().submit(task)
        self.given[task.id] = self.good

    def next_event(self, seconds: float) -> Answer | Lost | None:
        event = super().next_event(seconds)
        if isinstance(event, Answer) and not self.given[event.id]:
            return Answer(event.id, Failure.EXPIRED, "keys have expired", "get new ones")
        return event


def test_keys_are_waited_for_once_however_many_tasks_were_under_way():
    pool, told = KeyedPool(60), []

    def renew(error):
        told.append(error)
        pool.good = True

    done = list(perform_all(pool, tasks(200), wait_for_keys=renew))
    assert sorted(task.id for task, _ in done) == list(range(200))
    assert {answer.failure for _, answer in done} == {None}
    assert len(told) == 1


def test_nobody_waits_for_keys_who_was_not_asked_to():
    failures = [answer.failure for _, answer in perform_all(ExpiringPool(), tasks(3))]
    assert failures.count(Failure.EXPIRED) == 1
