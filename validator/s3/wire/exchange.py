"""One request and its answer on one connection that does not block."""

import socket
import ssl
from enum import Enum
from time import monotonic

from validator.s3.throttle import PIECE, Throttle
from validator.s3.wire.answers import AnswerReader, WireAnswer
from validator.s3.wire.bodies import Body, BodyUnreadable, FileBody
from validator.s3.wire.sockets import gather, is_ready

JOINED = 64 * 1024
"""Bodies up to this many bytes go out in one piece with their head."""
OFFERED = 128 * 1024
"""Bytes that a connection is given at once. TLS says that it has taken them only when it has taken them all: with 8 MiB, a
slow line would look for minutes as if nothing moved."""
UNREAD = 1024 * 1024
"""The same of a file whose bytes the system sends by itself; it takes no more than the connection has room for."""
RECEIVE = 64 * 1024
POLL_SECONDS = 1.0


class Want(Enum):
    """What an exchange waits for."""

    TO_SEND = "to send"
    TO_RECEIVE = "to receive"
    NOTHING = "nothing"


class Stalled(ConnectionError):
    """For a long time not a byte went either way."""


class Exchange:
    """Sends a request and reads its answer; `advance` it whenever the connection is ready.

    Parameters
    ----------
    connection
        From `validator.s3.wire.sockets.connect`.
    head
        The request up to its body.
    body
        Rewound here.
    throttle
        Slows the sending down.
    """

    def __init__(self, connection: socket.socket, head: bytes, body: Body, throttle: Throttle) -> None:
        self.connection = connection
        self.moved = monotonic()
        self.unused = True  # not a byte of an answer yet
        self._throttle = throttle
        self._body = body
        body.rewind()
        self._piece = memoryview(head + bytes(body.piece()) if body.length <= JOINED else head)
        self._sending = True
        self._gathering = body.length > JOINED and isinstance(connection, ssl.SSLSocket)
        if self._gathering:
            gather(connection, on=True)
        self._offered = 0
        self._failure: OSError | None = None
        self._received = b""
        self._reader = AnswerReader()

    def take_over(self, unsent: memoryview, received: bytes, moved: float) -> None:
        """Go on with a request that somebody else has begun on this connection.

        Parameters
        ----------
        unsent
            What the connection has not taken of head and body.
        received
            What came of the answer.
        moved
            Monotonic time at which something went or came last.
        """
        self._body.piece()
        self._piece, self._received, self.moved = unsent, received, moved
        self._offered = len(unsent)
        # What came must be looked at now: nothing may follow that would wake anybody.
        self._sending = bool(unsent)

    @property
    def answer(self) -> WireAnswer:
        """The answer, once nothing is wanted any more."""
        return self._reader.answer

    @property
    def reusable(self) -> bool:
        """Whether another request may go over this connection."""
        return self._reader.complete and self._reader.reusable and not self._sending and self._failure is None

    def advance(self) -> Want:
        """Send and receive as much as can be without waiting.

        Raises
        ------
        OSError
            If the connection breaks.
        BodyUnreadable
            If the file of the body cannot be read.
        NotHttp
            If what answers does not speak HTTP.
        """
        if self._sending and self._failure is None:
            wanted = self._send()
            # Nothing can have come yet when the last byte has just gone.
            if wanted is not None and (not self._piece or not self._receive()):
                return wanted
        elif not self._receive():
            return Want.TO_RECEIVE
        while not self._reader.complete:
            if not self._receive():
                return Want.TO_RECEIVE
        self._body.release()
        return Want.NOTHING

    def _send(self) -> Want | None:
        while True:
            slowed = self._throttle.rate is not None
            # What TLS has not taken whole must be offered again as it was, whatever the rate is by now.
            self._offered = self._offered or (PIECE if slowed else OFFERED)
            try:
                sent = self._send_some()
            except (BlockingIOError, ssl.SSLWantWriteError):
                return Want.TO_SEND
            except ssl.SSLWantReadError:
                return Want.TO_RECEIVE
            except OSError as error:
                # The store may have answered before it hung up: that answer says why.
                self._failure = error
                return None
            if not sent:
                self._sending = False
                if self._gathering:
                    gather(self.connection, on=False)
                return Want.TO_RECEIVE
            self._offered = 0
            if slowed:
                self._throttle.wait_for(sent)
            self.moved = monotonic()

    def _send_some(self) -> int:
        """Send what comes next; how many bytes were taken, 0 at the end."""
        if not self._piece:
            body = self._body
            if isinstance(body, FileBody) and body.sends_itself(self.connection) and not body.complete:
                sent = body.send_to(self.connection, PIECE if self._throttle.rate is not None else UNREAD)
                if sent:
                    return sent
            self._piece = self._next_piece()
            if not self._piece:
                return 0
        sent = self.connection.send(self._piece[: self._offered])
        self._piece = self._piece[sent:]
        return sent

    def _next_piece(self) -> memoryview:
        try:
            return self._body.piece()
        except OSError as error:
            raise BodyUnreadable from error

    def _receive(self) -> bool:
        """Receive once; False when there is nothing yet."""
        if self._reader.complete:
            return True
        try:
            data, self._received = self._received or self.connection.recv(RECEIVE), b""
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
            if self._failure is not None:
                raise self._failure from error
            return False
        except OSError as error:
            raise self._failure or error from error
        try:
            self._reader.feed(data)
        except ConnectionError as error:
            raise (self._failure or error) from error
        self.unused = not self._reader.begun
        self.moved = monotonic()
        return True

    def check_time(self, seconds: float) -> None:
        """Complain when nothing has moved for so many seconds.

        Raises
        ------
        Stalled
            Then.
        """
        if monotonic() - self.moved > seconds:
            raise Stalled

    def close(self) -> None:
        """Give up: the connection cannot be used again."""
        self._body.release()
        self.connection.close()


def wait_for(connection: socket.socket, wanted: Want) -> None:
    """Wait until a connection is ready, a second at most."""
    # While sending an answer may come, too: a store that refuses does not read on.
    is_ready(connection, write=wanted is Want.TO_SEND, seconds=POLL_SECONDS)
