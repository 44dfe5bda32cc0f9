"""Many independent tasks, each with one answer: comparing files, aborting leftovers."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from time import monotonic

from validator.errors import CpgateError
from validator.s3.failures import KeysExpired
from validator.upload.pool import Lost, WorkerPool
from validator.upload.tasks import Answer, Failure, Task
from validator.upload.transfer import POLL_SECONDS, STOP_SECONDS


def perform_all(
    pool: WorkerPool,
    tasks: Iterable[Task],
    should_stop: Callable[[], bool] = lambda: False,
    wait_for_keys: Callable[[CpgateError], None] | None = None,
) -> Iterator[tuple[Task, Answer]]:
    """Give all tasks to the workers and yield each with its answer, in the order in which they end.

    When asked to stop it waits a few seconds for those under way: each may be a file of many gigabytes. When keys
    have expired it waits for others with ``wait_for_keys``, once for all tasks under way; what that raises ends it.
    """
    waiting = iter(tasks)
    under_way: dict[int, Task] = {}
    before_keys: set[int] = set()
    deadline = float("inf")
    while True:
        if should_stop():
            deadline = min(deadline, monotonic() + STOP_SECONDS)
        else:
            for task in islice(waiting, pool.capacity - len(under_way)):
                under_way[task.id] = task
                pool.submit(task)
        if not under_way or monotonic() > deadline:
            return
        event = pool.next_event(POLL_SECONDS)
        if event is None:
            continue
        if isinstance(event, Lost):
            _submit(pool, event.tasks)
        elif event.id < 0:
            # A worker could not begin: every waiting task has this answer.
            yield from ((task, event) for task in under_way.values())
            return
        elif event.id in under_way:
            if not should_stop() and _keys_came(event, wait_for_keys, under_way, before_keys):
                _submit(pool, [under_way[event.id]])
            else:
                yield under_way.pop(event.id), event


def _submit(pool: WorkerPool, tasks: Iterable[Task]) -> None:
    for task in tasks:
        pool.submit(task)


def _keys_came(
    answer: Answer,
    wait_for_keys: Callable[[CpgateError], None] | None,
    under_way: Iterable[int],
    before_keys: set[int],
) -> bool:
    """Whether a task failed for expired keys and there are others by now; ``before_keys`` were given before they came."""
    if answer.failure is not Failure.EXPIRED or wait_for_keys is None:
        return False
    if answer.id in before_keys:
        before_keys.discard(answer.id)
        return True
    wait_for_keys(KeysExpired(answer.what, answer.mend))
    before_keys.clear()
    before_keys.update(set(under_way) - {answer.id})
    return True
