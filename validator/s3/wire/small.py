"""A small PutObject that goes as nearly all do: sent in one piece, answered in one, and the answer says yes.

A request costs Python more than a small file costs the system: objects for tries, pieces, partial answers. Here is
the way without them. Whatever is not just so (a connection that takes less, an answer in two pieces, a refusal) is
left to `validator.s3.wire.delivery`, which goes on where this one stands.
"""

import re
import socket
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from validator.s3.objects import Written, told_version
from validator.s3.wire.exchange import JOINED

if TYPE_CHECKING:
    from validator.s3.wire.connections import Connections
    from validator.s3.wire.requests import WireRequest

MOST_BYTES = JOINED
"""Bytes of a body that go out in one piece with their head."""
RECEIVE = 16 * 1024
"""Bytes; heads of answers have some 500."""
_UNLIKE = re.compile(rb"\nconnection: *close|\ntransfer-encoding:|aws:kms|-customer-|\nhttp/")
"""What makes an answer another one than those that are read here, in lower case: the connection ends, the ETag is none."""
_VERSION = re.compile(rb"\r\nx-amz-version-id: *([^\r\n]*)", re.IGNORECASE)


@dataclass(slots=True)
class SmallPut:
    """A request under way on a connection of its own.

    Attributes
    ----------
    connection
        That it went over.
    md5
        Of its body, in hex.
    with_checksum
        Whether it carries a checksum beside the MD5.
    moved
        Monotonic time at which it was sent.
    unsent
        What the connection did not take at once; mostly nothing.
    """

    connection: socket.socket
    md5: str
    with_checksum: bool
    moved: float
    unsent: memoryview


def send_small(connections: "Connections", connection: socket.socket, request: "WireRequest") -> SmallPut:
    """Send a request as far as the connection takes it at once.

    Parameters
    ----------
    connections
        Sign it.
    connection
        One that had waited for work.
    request
        A PutObject whose body is in memory and has `MOST_BYTES` at most.

    Raises
    ------
    CpgateError, botocore.exceptions.BotoCoreError
        If it cannot be signed; nothing was sent then.
    """
    with_checksum = connections.checksums.sent and request.summed
    whole = connections.head(request, checksum=with_checksum) + request.body.piece()
    try:
        sent = connection.send(whole)
    except OSError:  # no room, or broken: whoever takes over finds out
        sent = 0
    return SmallPut(connection, request.md5, with_checksum, monotonic(), memoryview(whole)[sent:])


def plainly_written(answer: bytes, md5: str) -> Written | None:
    r"""What the store has written, if an answer is whole and says that the bytes with this MD5 were written.

    Examples
    --------
    >>> answer = b'HTTP/1.1 200 OK\r\nETag: "%s"\r\nContent-Length: 0\r\n\r\n'
    >>> plainly_written(answer % (b"0" * 32), "0" * 32).etag
    '00000000000000000000000000000000'
    >>> plainly_written(answer % (b"1" * 32), "0" * 32) is None
    True
    """
    lower = answer.lower()
    if (
        not lower.startswith(b"http/1.1 200 ")
        or lower.find(b"\r\n\r\n") != len(lower) - 4
        or b"\r\ncontent-length: 0\r\n" not in lower
        or b'\r\netag: "%s"\r\n' % md5.encode("ascii") not in lower
        or _UNLIKE.search(lower)
    ):
        return None
    version = _VERSION.search(answer) if b"x-amz-version-id" in lower else None
    if version is None:
        return Written(md5)
    return Written(md5, told_version({"VersionId": version[1].strip().decode("latin-1")}))
