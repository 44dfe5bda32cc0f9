"""One thread with many requests under way: it reads and signs one while the store answers the others."""

import queue
import selectors
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from time import monotonic, sleep

from validator.errors import CpgateError
from validator.s3.wire.connections import Connections
from validator.s3.wire.delivery import Delivery, outcome, start
from validator.s3.wire.exchange import Want
from validator.upload.errands import Errand
from validator.upload.pace import BYTES_UNDER_WAY, Pace
from validator.upload.perform import Performer
from validator.upload.small_puts import SmallLane, SmallPuts
from validator.upload.tasks import Answer, Task

TICK_SECONDS = 1.0
"""How often connections on which nothing moves are looked at."""
ANSWERS_AT_ONCE = 32
ANSWER_SECONDS = 0.05
"""Answers wait so long for others while there is enough to do: each time the parent is woken costs as much as a small file."""
MANY_LANES = 16
PAUSE_SECONDS = 0.002
"""With so many requests under way a store that answers one after the other need not wake this thread for each."""
WAIT_FOR = {
    Want.TO_SEND: selectors.EVENT_READ | selectors.EVENT_WRITE,
    Want.TO_RECEIVE: selectors.EVENT_READ,
}


class Lane:
    """One errand, its delivery, and the connection that is watched for it."""

    def __init__(self, errand: Errand, delivery: Delivery) -> None:
        self.errand = errand
        self.delivery = delivery
        self.watched: socket.socket | None = None
        self.wanted = Want.NOTHING


class LaneThread:
    """Carries out tasks of the data path, many at once.

    Parameters
    ----------
    performer
        Does what is to be done before and after a request.
    connections
        The data path.
    answer
        Takes answers, some at a time.
    pace
        How many at once.
    """

    def __init__(
        self,
        performer: Performer,
        connections: Connections,
        answer: Callable[[list[Answer]], None],
        pace: Pace,
    ) -> None:
        self._performer = performer
        self._connections = connections
        self._answer = answer
        self._pace = pace
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._lanes: set[Lane] = set()
        self._in_memory = 0
        self._done: list[Answer] = []
        self._handed_in = 0.0
        self._rung = False
        self._waiting: list[Lane] = []
        self._prepared: deque[Task] = deque()
        self._recalled: Callable[[Task], None] | None = None
        self._ended = False
        self._opening = 0
        self._opened: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._selector = selectors.DefaultSelector()
        # Connected to itself: pairs of sockets and pipes that can be watched are not the same everywhere.
        self._bell = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._bell.bind(("127.0.0.1", 0))
        self._bell.connect(self._bell.getsockname())
        self._bell.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._small = SmallPuts(performer, connections, self._selector, self._take_over)
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def add(self, task: Task) -> None:
        """Enter a task."""
        self._tasks.put(task)
        self._ring()

    def recall(self, give_back: Callable[[Task], None]) -> None:
        """Give back what was not begun."""
        with suppress(queue.Empty):
            while (task := self._tasks.get_nowait()) is not None:
                give_back(task)
        self._recalled = give_back
        self._ring()

    def finish(self) -> None:
        """Do what was entered, then end."""
        self._tasks.put(None)
        self._ring()
        self._thread.join()

    def _ring(self) -> None:
        if not self._rung:
            self._rung = True
            with suppress(OSError):  # it rings already, or nobody listens any more
                self._bell.send(b"x")

    def _run(self) -> None:
        while True:
            self._begin_some()
            self._collect()
            if self._ended and not self._under_way() and not self._prepared:
                break
            self._advance_some()
            self._collect()
        self._hand_in()
        self._small.close()
        self._selector.close()
        self._bell.close()
        self._connections.close()

    def _begin_some(self) -> None:
        now = monotonic()
        while not self._opened.empty():
            self._opening -= 1
            if self._opened.get():
                self._pace.grow()
        for lane in [lane for lane in self._waiting if lane.delivery.not_before <= now]:
            self._waiting.remove(lane)
            self._try(lane)
        if self._recalled is not None:
            self._forget_prepared(self._recalled)
        while self._has_room():
            if not self._prepared:
                self._prepare()
            if not self._prepared:
                return
            task = self._prepared.popleft()
            if not self._small.begin(task):
                self._go_on(self._performer.begin(task))

    def _prepare(self) -> None:
        """Take the next tasks: several where their digests are best computed together, else one."""
        most = self._performer.group
        with suppress(queue.Empty):  # `recall` may have taken the last one meanwhile
            while len(self._prepared) < most and not self._ended and not self._tasks.empty():
                task = self._tasks.get_nowait()
                if task is None:
                    self._ended = True
                else:
                    self._prepared.append(task)
        if len(self._prepared) > 1:
            self._performer.loader.load_ahead(self._prepared)

    def _forget_prepared(self, give_back: Callable[[Task], None]) -> None:
        self._recalled = None
        while self._prepared:
            task = self._prepared.popleft()
            self._performer.loader.forget(task)
            give_back(task)

    def _has_room(self) -> bool:
        under_way = self._under_way()
        if not under_way:
            return True
        return under_way < self._pace.limit and self._in_memory < BYTES_UNDER_WAY

    def _under_way(self) -> int:
        return len(self._lanes) + len(self._small.under_way)

    def _advance_some(self) -> None:
        events = self._selector.select(0)
        if not events:
            under_way = self._under_way()
            if (self._prepared or not self._tasks.empty()) and under_way >= self._pace.limit:
                self._widen()
            if self._tasks.qsize() < ANSWERS_AT_ONCE or monotonic() - self._handed_in > ANSWER_SECONDS:
                self._hand_in()
            patience = self._patience()
            if under_way >= MANY_LANES and patience:
                sleep(min(PAUSE_SECONDS, patience))
            events = self._selector.select(patience)
        for key, _ in events:
            lane = key.data
            if type(lane) is SmallLane:
                self._small.advance(lane)
            elif lane is None:
                self._rung = False
                with suppress(BlockingIOError):
                    self._bell.recv(4096)
            else:
                self._advance(lane)
        if not events:
            self._small.look_at_time()
            for lane in [lane for lane in self._lanes if lane.watched is not None]:
                self._advance(lane)  # it looks at the time, too

    def _hand_in(self) -> None:
        if self._done:
            done, self._done = self._done, []
            self._answer(done)
        self._handed_in = monotonic()

    def _widen(self) -> None:
        """Open another connection; elsewhere, because on a network far away it takes several round trips."""
        sending = sum(lane.wanted is Want.TO_SEND for lane in self._lanes)
        if self._opening < max(1, self._pace.limit // 2) and self._pace.wants_more(sending):
            self._opening += 1
            Thread(target=self._open, daemon=True).start()

    def _open(self) -> None:
        self._opened.put(self._connections.open_another())
        self._ring()

    def _patience(self) -> float:
        soonest = min((lane.delivery.not_before for lane in self._waiting), default=float("inf"))
        longest = ANSWER_SECONDS if self._done else TICK_SECONDS
        return max(0.0, min(longest, soonest - monotonic()))

    def _go_on(self, errand: Errand) -> None:
        """Send the next request of an errand, or hand in its answer."""
        if errand.request is None:
            self._done.append(errand.answer)
            if len(self._done) >= ANSWERS_AT_ONCE:
                self._hand_in()
            return
        self._try(self._enter(errand, Delivery(self._connections, errand.request)))

    def _enter(self, errand: Errand, delivery: Delivery) -> Lane:
        lane = Lane(errand, delivery)
        self._lanes.add(lane)
        self._in_memory += delivery.request.body.in_memory
        return lane

    def _take_over(self, errand: Errand, delivery: Delivery) -> None:
        """Go on with what was begun as a small file."""
        self._advance(self._enter(errand, delivery))

    def _collect(self) -> None:
        """Take answers about small files."""
        self._done += self._small.answers()
        if len(self._done) >= ANSWERS_AT_ONCE:
            self._hand_in()

    def _try(self, lane: Lane) -> None:
        self._small.lend()
        start(lane.delivery, self._connections)
        self._advance(lane)

    def _advance(self, lane: Lane) -> None:
        delivery = lane.delivery
        lane.wanted = delivery.advance()
        self._watch(lane)
        if delivery.slowed:
            delivery.slowed = False
            self._pace.slow_down()
        if delivery.finished:
            self._lanes.discard(lane)
            self._in_memory -= delivery.request.body.in_memory
            self._hand_over(lane)
        elif delivery.exchange is None:
            self._waiting.append(lane)

    def _watch(self, lane: Lane) -> None:
        exchange = lane.delivery.exchange
        connection = exchange.connection if exchange is not None else None
        if lane.watched is not None and lane.watched is not connection:
            with suppress(KeyError, ValueError):  # closed meanwhile
                self._selector.unregister(lane.watched)
            lane.watched = None
        if connection is None:
            return
        events = WAIT_FOR[lane.wanted]
        if lane.watched is None:
            self._selector.register(connection, events, lane)
            lane.watched = connection
        elif self._selector.get_key(connection).events != events:
            self._selector.modify(connection, events, lane)

    def _hand_over(self, lane: Lane) -> None:
        errand = lane.errand
        try:
            written = outcome(lane.delivery, self._connections.bucket)
        except (CpgateError, OSError) as error:
            errand.failed(error)
        else:
            errand.succeeded(written)
        self._go_on(errand)
