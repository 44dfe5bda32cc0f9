"""A proxy before a store that cuts, stalls, delays, refuses, loses and corrupts, request by request.

It understands as much of HTTP as it needs to know where a request and its answer begin and end: what happens is
decided by a function of the test for each request, not by the clock, so that a slow machine sees the same.
"""

import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import BinaryIO

SEPARATOR = b"\r\n\r\n"


class At(Enum):
    """When something happens to a request."""

    REQUEST = "while it is sent"
    ANSWER = "while it is answered"
    AFTER = "when it was answered"


class Severed(Exception):
    """Neither side hears any more of the other."""


@dataclass(frozen=True)
class Request:
    """A request as it came: number (from 1), method, target, bytes of its body, all lines of its head."""

    number: int
    method: str
    target: str
    length: int
    head: bytes = b""

    @property
    def is_part(self) -> bool:
        return self.method == "PUT" and "partNumber=" in self.target

    @property
    def writes(self) -> bool:
        return self.method == "PUT"


Act = Callable[["Ends"], None]


@dataclass(frozen=True)
class Fault:
    """What happens to one request and its answer.

    Attributes
    ----------
    at, fraction, act
        When, after how much of the body (or of the answer) was handed on, and what.
    body, answer
        Change the bytes that are handed on.
    instead
        The answer that the store is never asked for.
    """

    at: At = At.AFTER
    fraction: float = 0.0
    act: Act = lambda _: None
    body: Callable[[bytes], bytes] = bytes
    answer: Callable[[bytes], bytes] = bytes
    instead: bytes = b""


@dataclass(frozen=True)
class Ends:
    """The two connections of a request."""

    client: socket.socket
    server: socket.socket


def cut(_: Ends) -> None:
    raise Severed


def reset(ends: Ends) -> None:
    ends.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise Severed


def stall(ends: Ends) -> None:
    """Say nothing until the client has had enough."""
    with suppress(OSError):
        while ends.client.recv(1 << 16):
            pass
    raise Severed


def wait(seconds: float) -> Act:
    return lambda _: time.sleep(seconds)


def flipped(fraction: float, bit: int = 0) -> Callable[[bytes], bytes]:
    """Change one bit of some bytes."""

    def change(data: bytes) -> bytes:
        changed = bytearray(data)
        if changed:
            changed[min(int(len(changed) * fraction), len(changed) - 1)] ^= 1 << bit
        return bytes(changed)

    return change


def refused(status: int, code: str) -> Fault:
    text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>said by the front</Message></Error>".encode()
    head = f"HTTP/1.1 {status} {code}\r\nContent-Type: application/xml\r\nContent-Length: {len(text)}\r\n\r\n"
    return Fault(instead=head.encode() + text)


NOTHING = Fault()
Decide = Callable[[Request], Fault]


@dataclass
class Troubles:
    """What the proxy does to requests, and which came: a test may change `decide` while it runs."""

    decide: Decide = lambda _: NOTHING
    requests: list[Request] = field(default_factory=list)
    done: list[tuple[Request, Fault]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, method: str, target: str, length: int, head: bytes) -> tuple[Request, Fault]:
        with self.lock:
            request = Request(len(self.requests) + 1, method, target, length, head)
            self.requests.append(request)
            fault = self.decide(request)
            if fault is not NOTHING:
                self.done.append((request, fault))
            return request, fault


@contextmanager
def troubled_proxy(endpoint: str, decide: Decide = lambda _: NOTHING) -> Iterator[tuple[str, Troubles]]:
    """Stand before a store; yields the address to go to, and what is to happen there."""
    host, port = endpoint.removeprefix("http://").split(":")
    troubles = Troubles(decide)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    def serve(client: socket.socket) -> None:
        with (
            client,
            suppress(OSError, Severed),
            socket.create_connection((host, int(port))) as server,
            client.makefile("rb") as requests,
            server.makefile("rb") as answers,
        ):
            while _exchange(Ends(client, server), requests, answers, troubles):
                pass

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", troubles
    finally:
        listener.close()


def _exchange(ends: Ends, requests: BinaryIO, answers: BinaryIO, troubles: Troubles) -> bool:
    """Hand on one request and its answer; whether another one may follow on these connections."""
    head = _head(requests)
    if not head:
        return False
    if _header(head, b"expect"):
        ends.client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        head = re.sub(rb"\r\nexpect:[^\r]*", b"", head, count=1, flags=re.IGNORECASE)
    method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    length = int(_header(head, b"content-length") or 0)
    _, fault = troubles.enter(method, target, length, head)
    if fault.instead:
        requests.read(length)
        ends.client.sendall(fault.instead)
        return True
    read_first = int(length * fault.fraction) if fault.at is At.REQUEST else 0
    body = requests.read(read_first)
    if fault.at is At.REQUEST:
        ends.server.sendall(head + body)
        fault.act(ends)
        ends.server.sendall(requests.read(length - read_first))
    else:
        ends.server.sendall(head + fault.body(requests.read(length)))
    answer = _answer(answers, method)
    if not answer:
        return False
    answer = fault.answer(answer)
    if fault.at is At.ANSWER:
        first = int(len(answer) * fault.fraction)
        ends.client.sendall(answer[:first])
        fault.act(ends)
        answer = answer[first:]
    ends.client.sendall(answer)
    if fault.at is At.AFTER:
        fault.act(ends)
    return True


def _head(stream: BinaryIO) -> bytes:
    lines = b""
    while line := stream.readline():
        lines += line
        if line == b"\r\n":
            return lines
    return b""


def _header(head: bytes, name: bytes) -> str:
    found = re.search(rb"\r\n" + name + rb":[ \t]*([^\r]*)", head, re.IGNORECASE)
    return found[1].decode("latin-1").strip() if found else ""


def _answer(stream: BinaryIO, method: str) -> bytes:
    """Read one whole answer; empty if the store hung up."""
    head = _head(stream)
    while head.startswith(b"HTTP/1.1 1"):
        head = _head(stream)
    if not head or method == "HEAD" or head[9:12] in {b"204", b"304"}:
        return head
    if "chunked" in _header(head, b"transfer-encoding").lower():
        return head + _chunks(stream)
    length = _header(head, b"content-length")
    return head + (stream.read(int(length)) if length else stream.read())


def _chunks(stream: BinaryIO) -> bytes:
    collected = b""
    while line := stream.readline():
        size = int(line.split(b";")[0], 16)
        collected += line + stream.read(size + 2)
        if size == 0:
            break
    return collected
