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
_SHAPE = re.compile(rb"HTTP/1\.1 200 [^\r\n]*\r\n(?:[!-9;-~]+:.*\r\n)+\r\n")
"""An answer without a body after which nothing came, in headers that everybody reads alike."""
_CLOSING = re.compile(rb"\nconnection:.*close")
_VERSION = re.compile(rb"\nx-amz-version-id:(.*)\r", re.IGNORECASE)


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
    CpgateError, OSError, botocore.exceptions.BotoCoreError
        If it cannot be signed, or its keys cannot be read; nothing was sent then.
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
    etag = lower.find(b"\netag: ")
    if (
        not answer.startswith(b'"%s"\r\n' % md5.encode("ascii"), etag + 7)
        or b"\ncontent-length: 0\r\n" not in lower
        or lower.count(b"\netag:") != 1
        or lower.count(b"\ncontent-length:") != 1
        or b"\ntransfer-encoding:" in lower
        or (b"\nconnection:" in lower and _CLOSING.search(lower))
        or b"aws:kms" in lower  # as with a customer's key, the ETag is none
        or b"-customer-" in lower
        or not _SHAPE.fullmatch(answer)
    ):
        return None
    if b"\nx-amz-version-id:" not in lower:
        return Written(md5)
    return Written(md5, told_version({"VersionId": _VERSION.findall(answer)[-1].decode("latin-1").strip()}))
