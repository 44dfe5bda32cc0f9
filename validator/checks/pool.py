"""Work shared among threads, its results in order, never far ahead of what has been taken."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 4
"""Pieces of work under way or finished per thread before the producer waits."""
_WAKE = 0.5
"""Seconds after which a wait looks around: on Windows a wait without an end cannot be interrupted."""


class _Task(Generic[Item, Result]):
    __slots__ = ("done", "error", "item", "result")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.done = threading.Event()
        self.result: list[Result] = []
        self.error: BaseException | None = None


def in_threads(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int, ahead: int = _AHEAD
) -> Iterator[Result]:
    """Call a function for every item in several threads and give the results in the order of the items.

    The threads are daemons: leaving (an exception, Ctrl-C, a consumer that stops) never waits for one that
    hangs in a read from a network share.

    Parameters
    ----------
    function
        Called in other threads; what it raises is raised here.
    items
        Taken only as fast as results are.
    threads
        How many; 1 calls the function in this thread.
    ahead
        Pieces of work per thread that may be under way or finished before the producer waits: more where one
        piece can take as long as many others.
    """
    if threads <= 1:
        yield from map(function, items)
        return
    tasks: queue.SimpleQueue[_Task[Item, Result] | None] = queue.SimpleQueue()
    stopping = threading.Event()
    for number in range(threads):
        threading.Thread(
            target=_work, args=(function, tasks, stopping), name=f"cpgate-check-{number}", daemon=True
        ).start()
    waiting: deque[_Task[Item, Result]] = deque()
    try:
        for item in items:
            task = _Task[Item, Result](item)
            waiting.append(task)
            tasks.put(task)
            if len(waiting) >= threads * ahead:
                yield _take(waiting.popleft())
        while waiting:
            yield _take(waiting.popleft())
    finally:
        stopping.set()
        for _ in range(threads):
            tasks.put(None)


def _work(
    function: Callable[[Item], Result],
    tasks: "queue.SimpleQueue[_Task[Item, Result] | None]",
    stopping: threading.Event,
) -> None:
    while (task := tasks.get()) is not None:
        if not stopping.is_set():
            try:
                task.result.append(function(task.item))
            except BaseException as error:  # noqa: BLE001  carried to the thread that waits for it
                task.error = error
        task.done.set()


def _take(task: _Task[Item, Result]) -> Result:
    while not task.done.wait(_WAKE):
        pass
    if task.error is not None:
        raise task.error
    return task.result[0]
