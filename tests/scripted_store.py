"""A server that answers as a test tells it to, over HTTP or TLS, and a proxy that opens tunnels with a login."""

import base64
import datetime as dt
import hashlib
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

Respond = Callable[[socket.socket], None]


@dataclass
class Seen:
    """A request as it arrived: first line, headers (names in lower case), body, number of its connection."""

    line: str
    headers: dict[str, str]
    body: bytes
    connection: int


class LastWords(bytes):
    """Sent before the server hangs up."""


class Pieces(list):
    """An answer that comes in several pieces, one after the other; `None` hangs up."""


PAUSE_SECONDS = 0.002
"""Between pieces, so that whoever reads gets them one by one."""


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "\r\n"]).encode() + body


def written(seen: Seen, **headers: str) -> bytes:
    """What a store says when it has written what came."""
    return answer(200, ETag=f'"{hashlib.md5(seen.body).hexdigest()}"', **headers)


@dataclass
class Script:
    """What a server does with the requests that come, in their order; afterwards what `usual` says of each.

    A `bytes` is sent as it is, a number is a status without a body, `None` hangs up, a callable is given the
    socket once the head has come.
    """

    answers: list = field(default_factory=list)
    usual: Callable[[Seen], object] = written
    slowly: float = 0.0  # seconds before a body is read
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def refusal(status: int, code: str, message: str = "said by the store") -> bytes:
    return answer(
        status,
        f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>".encode(),
    )


DONE = object()


def _say(client: socket.socket, said) -> None:
    pieces = said if isinstance(said, Pieces) else [answer(said) if isinstance(said, int) else said]
    for number, piece in enumerate(pieces):
        if number:
            time.sleep(PAUSE_SECONDS)
        if piece is not None:
            client.sendall(piece)


def _serve(client: socket.socket, number: int, script: Script) -> None:
    stream = client.makefile("rb")
    while line := stream.readline():
        headers = {}
        while header := stream.readline().strip():
            name, _, value = header.decode().partition(":")
            headers[name.lower()] = value.strip()
        with script.lock:
            said = script.answers.pop(0) if script.answers else DONE
        if callable(said):
            said(client)
            return
        time.sleep(script.slowly)
        body = stream.read(int(headers.get("content-length", 0)))
        with script.lock:
            script.seen.append(seen := Seen(line.decode().strip(), headers, body, number))
        if said is DONE:
            said = script.usual(seen)
        if said is None:
            return
        _say(client, said)
        if isinstance(said, LastWords) or (isinstance(said, Pieces) and None in said):
            return


@contextmanager
def scripted_store(
    context: ssl.SSLContext | None = None, room: int | None = None
) -> Iterator[tuple[str, Script]]:
    """Start the server, perhaps with little room for what comes; yields its address and its script."""
    script = Script()
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    if room is not None:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)

    def serve(client: socket.socket, number: int) -> None:
        with client, suppress(OSError, ssl.SSLError):
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context is not None:
                client = context.wrap_socket(client, server_side=True)
            with client:
                _serve(client, number, script)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                script.connections += 1
                threading.Thread(target=serve, args=(client, script.connections), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    port = listener.getsockname()[1]
    try:
        yield (f"https://localhost:{port}" if context else f"http://127.0.0.1:{port}"), script
    finally:
        listener.close()


def make_certificates(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """An authority of the test's own and a server's context signed by it: file of the authority, context."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def build(subject: str, issuer: str, key) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=2))
        )

    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = (
        build("authority", "authority", root_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    leaf = (
        build("localhost", "authority", key)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    (folder / "authority.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    (folder / "server.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return folder / "authority.pem", context


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _serve_proxy(client: socket.socket, login: str, asked: list[str]) -> None:
    head = b""
    while b"\r\n\r\n" not in head:
        if not (data := client.recv(1)):
            return
        head += data
    first = head.split(b"\r\n", 1)[0].decode()
    asked.append(first)
    if login and f"proxy-authorization: basic {login}".lower() not in head.decode().lower():
        client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        return
    method, target, _ = first.split(" ")
    host, _, port = target.removeprefix("http://").partition("/")[0].rpartition(":")
    with socket.create_connection((host, int(port))) as server:
        if method == "CONNECT":
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            server.sendall(head)
        back = threading.Thread(target=_pump, args=(server, client))
        back.start()
        _pump(client, server)
        back.join()


@contextmanager
def tunnel_proxy(user: str = "", password: str = "") -> Iterator[tuple[str, list[str]]]:
    """A proxy for CONNECT and for plain HTTP; yields its address and the first lines of what it was asked."""
    asked: list[str] = []
    login = base64.b64encode(f"{user}:{password}".encode()).decode() if user else ""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def serve(client: socket.socket) -> None:
        with client, suppress(OSError):
            _serve_proxy(client, login, asked)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    name = f"{user}:{password}@" if user else ""
    try:
        yield f"http://{name}127.0.0.1:{listener.getsockname()[1]}", asked
    finally:
        listener.close()


def stand_still(seconds: float) -> Respond:
    """Read nothing and say nothing for so long."""
    return lambda _: time.sleep(seconds)
