"""One request on its way to an answer that counts: tries, waiting between them, what the answer means."""

import socket
import time

from validator.errors import CpgateError
from validator.s3.failures import translated
from validator.s3.objects import Written
from validator.s3.wire.answers import NotHttp, WireAnswer
from validator.s3.wire.bodies import BodyUnreadable
from validator.s3.wire.complaints import botocore_errors, broken, client_error, not_s3
from validator.s3.wire.connections import Connections
from validator.s3.wire.exchange import Exchange, Stalled, Want, wait_for
from validator.s3.wire.requests import WireRequest, error_code, written
from validator.s3.wire.retrying import is_passing, waiting_time
from validator.s3.wire.small import SmallPut

MOVED = frozenset({301, 307, 308})
MOVED_CODES = frozenset({"AuthorizationHeaderMalformed", "IllegalLocationConstraintException"})
SLOWER = frozenset({429, 503})
"""Statuses that ask for fewer requests."""


class Delivery:
    """A request, until the store has written it or said why not.

    Parameters
    ----------
    connections
        Shared by all requests of the process.
    request
        What is sent.

    Attributes
    ----------
    not_before
        Monotonic time at which the next try may begin.
    result
        What the store has written, once `finished`.
    error
        Why it has not, once `finished`.
    """

    def __init__(self, connections: Connections, request: WireRequest) -> None:
        self.request = request
        self.not_before = 0.0
        self.result: Written | None = None
        self.error: BaseException | None = None
        self.exchange: Exchange | None = None
        self.slowed = False
        self._connections = connections
        self._tries = 0
        self._fresh = True
        self._looked_elsewhere = False
        self._refused_checksum = self._with_checksum = False

    @property
    def finished(self) -> bool:
        """Whether nothing more is to be done."""
        return self.result is not None or self.error is not None

    def begin(self, connection: socket.socket, *, fresh: bool) -> None:
        """Begin a try on a connection."""
        self._fresh = fresh
        self.slowed = False
        self._tries += 1
        try:
            # All parts of an upload carry what it was begun with, whatever other requests have found out.
            wanted = bool(self.request.upload_id) or self._connections.checksums.sent
            self._with_checksum = self.request.summed and wanted and not self._refused_checksum
            head = self._connections.head(self.request, checksum=self._with_checksum)
            self.exchange = Exchange(connection, head, self.request.body, self._connections.throttle)
        except botocore_errors(OSError, CpgateError) as error:
            # The file, or the keys: nothing was sent, and the connection is as good as before.
            self._connections.give_back(connection)
            self.error = error

    def take_over(self, begun: SmallPut, received: bytes) -> None:
        """Go on with a try that was begun as a small one, on a connection that had waited for work."""
        self._fresh = False
        self._tries += 1
        self._with_checksum = begun.with_checksum
        self.exchange = Exchange(begun.connection, b"", self.request.body, self._connections.throttle)
        self.exchange.take_over(begun.unsent, received, begun.moved)

    def advance(self) -> Want:
        """Go on as far as can be without waiting; `Want.NOTHING` when this try is over."""
        exchange = self.exchange
        if exchange is None:
            return Want.NOTHING
        wanted = Want.NOTHING
        try:
            wanted = exchange.advance()
            if wanted is Want.NOTHING:
                self._take(exchange)
            else:
                exchange.check_time(self._connections.patience)
        except BodyUnreadable as error:
            self._give_up(error.__cause__ or error)
        except CpgateError as error:  # the file is not the one that was listed any more
            self._give_up(error)
        except (NotHttp, OSError) as error:
            self._broke(exchange, error)
        return Want.NOTHING if self.exchange is None else wanted

    def _take(self, exchange: Exchange) -> None:
        self.exchange = None
        if exchange.reusable:
            self._connections.give_back(exchange.connection)
        else:
            exchange.close()
        self._judge(exchange.answer)

    def _judge(self, answer: WireAnswer) -> None:
        if 200 <= answer.status < 300:
            self._connections.budget.give_back()
            if "etag" in answer.headers:
                self.result = written(answer)
            else:
                self.error = not_s3()
            return
        code, message = error_code(answer)
        self.slowed = answer.status in SLOWER
        if (answer.status in MOVED or code in MOVED_CODES) and not self._looked_elsewhere:
            self._looked_elsewhere = True
            self._connections.look_elsewhere()
        elif self._with_checksum and self._connections.checksums.does_without(code):
            self._refused_checksum = True
            self._tries -= 1  # it goes again as this store understands it
        elif not (is_passing(answer.status, code) and self._try_again()):
            self.error = client_error(self.request.operation, answer, code, message)

    def _broke(self, exchange: Exchange, error: Exception) -> None:
        self.exchange = None
        exchange.close()
        if not self._fresh and exchange.unused and not isinstance(error, Stalled):
            # A connection that had waited for work was closed by the other side: that is no failure.
            self._tries -= 1
            return
        if not self._try_again():
            self.error = broken(error, self._connections.endpoint)

    def unreachable(self, error: BaseException) -> None:
        """No connection could be opened."""
        self._tries += 1
        if not self._try_again():
            self.error = error

    def _try_again(self) -> bool:
        """Choose when the next try begins; False when there is none left."""
        if self._tries >= self._connections.attempts or not self._connections.budget.take():
            return False
        self.not_before = time.monotonic() + waiting_time(self._tries)
        return True

    def _give_up(self, error: BaseException) -> None:
        if self.exchange is not None:
            self.exchange.close()
            self.exchange = None
        self.error = error


def deliver(connections: Connections, request: WireRequest) -> Written:
    """Send a request and wait for what becomes of it.

    Raises
    ------
    AlreadyThere, UploadGone, BytesDamaged, RequestRefused
        See `validator.s3.failures`.
    CredentialsError, RemoteError
        As for every request.
    OSError, UnreadableFile
        If the file of the body cannot be read, or is another one.
    """
    delivery = Delivery(connections, request)
    while not delivery.finished:
        time.sleep(max(0.0, delivery.not_before - time.monotonic()))
        start(delivery, connections)
        while (exchange := delivery.exchange) is not None and (
            wanted := delivery.advance()
        ) is not Want.NOTHING:
            wait_for(exchange.connection, wanted)
    return outcome(delivery, connections.bucket)


def start(delivery: Delivery, connections: Connections) -> None:
    """Begin a try on a connection that waits, or on a new one."""
    connection = connections.idle()
    if connection is not None:
        delivery.begin(connection, fresh=False)
        return
    try:
        connection = connections.fresh(delivery.request)
    except CpgateError as error:
        delivery.error = error
    except botocore_errors() as error:
        delivery.unreachable(error)
    else:
        delivery.begin(connection, fresh=True)


def outcome(delivery: Delivery, bucket: str) -> Written:
    """Return what the store has written, or raise why it has not, in this project's words."""
    if delivery.result is not None:
        return delivery.result
    with translated(bucket, delivery.request.key, "write"):
        raise delivery.error or AssertionError
