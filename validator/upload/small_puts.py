"""Small files on connections of their own, the shortest way: most uploads of many files are nothing else."""

import selectors
import socket
import ssl
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from validator.digests.parts import ObjectDigest, PartDigest, join_parts
from validator.errors import CpgateError
from validator.s3.wire.bodies import Body
from validator.s3.wire.complaints import botocore_errors
from validator.s3.wire.connections import Connections
from validator.s3.wire.delivery import Delivery
from validator.s3.wire.requests import WireRequest
from validator.s3.wire.small import MOST_BYTES, RECEIVE, SmallPut, plainly_written, send_small
from validator.upload.errands import Errand, failure_answer
from validator.upload.perform import Performer
from validator.upload.perform_proof import condition_of
from validator.upload.tasks import Answer, Do, Task

ENDINGS_REMEMBERED = 100
BLOCKED = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class SmallLane:
    """A connection that is watched all the time, and the small file that is under way on it."""

    __slots__ = ("body", "connection", "digest", "given_away", "moves", "part", "put", "task")

    def __init__(self, connection: socket.socket, moves: int) -> None:
        self.connection = connection
        self.moves = moves
        self.given_away = False
        self.put: SmallPut | None = None
        self.task: Task
        self.body: Body
        self.part: PartDigest
        self.digest: ObjectDigest


class SmallPuts:
    """Begins small files and takes answers that say yes; everything else it gives away, as far as it has come.

    Parameters
    ----------
    performer
        Reads files and writes the journal.
    connections
        The data path.
    selector
        Watches the connections; the data of a key is the `SmallLane`.
    give_away
        Takes a file that goes on the ordinary way.

    Attributes
    ----------
    under_way
        Connections over which a file goes.
    """

    def __init__(
        self,
        performer: Performer,
        connections: Connections,
        selector: selectors.BaseSelector,
        give_away: Callable[[Errand, Delivery], None],
    ) -> None:
        self._performer = performer
        self._connections = connections
        self._selector = selector
        self._give_away = give_away
        self._options: dict[str, Mapping[str, Any]] = {}
        self._idle: list[SmallLane] = []
        self.under_way: set[SmallLane] = set()
        self._written: list[tuple[Task, ObjectDigest, str | None]] = []
        self._unreadable: list[Answer] = []

    def begin(self, task: Task) -> bool:
        """Send a file, if it is one for this way and a connection waits for work."""
        if task.do is not Do.PUT or task.size > MOST_BYTES or self._connections.throttle.rate is not None:
            return False
        if self._performer.checksums.sha256 or task.checksum == "sha256":
            return False
        lane = self._free()
        if lane is None:
            return False
        try:
            lane.body, lane.part = self._performer.loader.load(task, 0, task.size, sha256=False)
        except (CpgateError, OSError) as problem:
            self._idle.append(lane)
            self._unreadable.append(failure_answer(task, problem))
            return True
        lane.task = task
        return self._send(lane)

    def _free(self) -> SmallLane | None:
        lane = self._idle_lane()
        if lane is not None:
            return lane
        connection = self._connections.idle()
        if connection is None:
            return None
        lane = SmallLane(connection, self._connections.moves)
        self._selector.register(connection, selectors.EVENT_READ, lane)
        return lane

    def _send(self, lane: SmallLane) -> bool:
        task, part = lane.task, lane.part
        lane.digest = digest = join_parts([part], None)
        request = WireRequest(
            task.key,
            lane.body,
            part.md5,
            digest.crc64nvme,
            condition_of(task),
            arguments=self._arguments(task.key),
        )
        try:
            lane.put = send_small(self._connections, lane.connection, request)
        except botocore_errors(OSError, CpgateError):
            self._idle.append(lane)
            self._performer.loader.keep(task, (lane.body, part))
            return False  # the ordinary way comes to the same, and says it
        self.under_way.add(lane)
        if lane.put.unsent:
            self._part_with(lane, b"")
        return True

    def _arguments(self, key: str) -> Mapping[str, Any]:
        ending = key[key.rfind(".") :]  # that alone decides, also where no dot is in the name
        arguments = self._options.get(ending)
        if arguments is None:
            arguments = self._performer.writing.object_arguments(key)
            if len(self._options) < ENDINGS_REMEMBERED:
                self._options[ending] = arguments
        return arguments

    def advance(self, lane: SmallLane) -> None:
        """Something came on a connection."""
        if lane.given_away:
            return  # after the events of this round were collected: what came is for somebody else
        try:
            received = lane.connection.recv(RECEIVE)
        except BLOCKED:
            return
        except OSError:
            received = b""
        put = lane.put
        if put is None:  # nobody asked: the store has closed it
            self._idle.remove(lane)
            self._give_up(lane).close()
            return
        written = plainly_written(received, put.md5)
        if written is None:
            self._part_with(lane, received)
            return
        self._connections.budget.give_back()
        self._written.append((lane.task, lane.digest, written.version_id))
        self.under_way.discard(lane)
        lane.put = None
        self._idle.append(lane)

    def _part_with(self, lane: SmallLane, received: bytes) -> None:
        """Let the ordinary way go on with a request where it stands."""
        self._give_up(lane)
        self.under_way.discard(lane)
        self._performer.loader.keep(lane.task, (lane.body, lane.part))
        errand = self._performer.begin(lane.task)
        if errand.request is None or lane.put is None:
            raise AssertionError(lane.task.key)  # what was loaded already yields a request
        delivery = Delivery(self._connections, errand.request)
        delivery.take_over(lane.put, received)
        self._give_away(errand, delivery)

    def look_at_time(self) -> None:
        """Let go of requests of which nobody has heard for too long."""
        too_old = monotonic() - self._connections.patience
        for lane in [lane for lane in self.under_way if lane.put and lane.put.moved < too_old]:
            self._part_with(lane, b"")

    def lend(self) -> None:
        """Give a connection that waits for work to the others, if there is one."""
        lane = self._idle_lane()
        if lane is not None:
            self._connections.give_back(self._give_up(lane))

    def _idle_lane(self) -> SmallLane | None:
        while self._idle:
            lane = self._idle.pop()
            if lane.moves == self._connections.moves:
                return lane
            self._give_up(lane).close()  # it leads to where the bucket is not
        return None

    def _give_up(self, lane: SmallLane) -> socket.socket:
        self._selector.unregister(lane.connection)
        lane.given_away = True
        return lane.connection

    def answers(self) -> list[Answer]:
        """What came of files since this was asked, written into the journal first."""
        if not self._written and not self._unreadable:
            return []
        written, self._written = self._written, []
        unreadable, self._unreadable = self._unreadable, []
        return self._performer.done(written) + unreadable

    def close(self) -> None:
        """Close the connections."""
        for lane in self._idle:
            lane.connection.close()
