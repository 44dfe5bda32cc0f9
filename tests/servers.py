"""Real servers for tests: moto's S3 over HTTP as a process of its own, and a proxy that counts bytes."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import boto3
from botocore.config import Config

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing-secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "NO_PROXY": "127.0.0.1,localhost",
}


METHODS = {b"GET", b"PUT", b"POST", b"HEAD", b"DELETE"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def moto_server(**environment: str) -> Iterator[str]:
    """Start moto's server and yield its address."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | environment,
    )
    try:
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def wait_for_port(port: int, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")


def s3_client(endpoint: str):
    """A plain boto3 client that looks at the store from outside of the project."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(proxies={}, request_checksum_calculation="when_required"),
    )


@dataclass
class Traffic:
    """What went through a proxy: connections, requests, bytes from the client to the server (how fast they may go) and back."""

    bytes_per_second: float
    connections: int = 0
    requests: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def counting_proxy(endpoint: str, bytes_per_second: float = 1e12) -> Iterator[tuple[str, Traffic]]:
    """Forward connections to a server, count what the client sends, and let it send only so fast."""
    host, port = endpoint.removeprefix("http://").split(":")
    traffic = Traffic(bytes_per_second)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    def pump(source: socket.socket, target: socket.socket, *, count: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 18):
                if count:
                    with traffic.lock:
                        traffic.requests += data.split(b" ", 1)[0] in METHODS
                        traffic.bytes_up += len(data)
                        time.sleep(len(data) / traffic.bytes_per_second)
                else:
                    traffic.bytes_down += len(data)
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def serve(client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection((host, int(port))) as server:
            answers = threading.Thread(target=pump, args=(server, client), kwargs={"count": False})
            answers.start()
            pump(client, server, count=True)
            answers.join()

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                with traffic.lock:
                    traffic.connections += 1
                threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", traffic
    finally:
        listener.close()


@dataclass
class Losses:
    """How many of the next answers of a server are to be lost, and which requests lost theirs."""

    left: int = 0
    requests: list[str] = field(default_factory=list)

    def lose(self, answer: bytes) -> bool:
        if answer.startswith(b"HTTP/1.1 100"):  # "go on"; the answer may follow in the same piece
            answer = answer.partition(b"\r\n\r\n")[2]
        if self.left <= 0 or not answer:
            return False
        self.left -= 1
        return True


def hang_up(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def hand_on_requests(client: socket.socket, server: socket.socket, seen: list[str]) -> None:
    with suppress(OSError):
        while data := client.recv(1 << 18):
            if data.split(b" ", 1)[0] in METHODS:
                seen.append(data.split(b" HTTP", 1)[0].decode("latin-1"))
            server.sendall(data)
    hang_up(client, server)


def hand_on_answers(client: socket.socket, server: socket.socket, seen: list[str], losses: Losses) -> None:
    with suppress(OSError):
        while data := server.recv(1 << 18):
            if losses.lose(data):
                losses.requests.append(seen[-1])
                break
            client.sendall(data)
    hang_up(client, server)


@contextmanager
def losing_proxy(endpoint: str) -> Iterator[tuple[str, Losses]]:
    """Forward requests to a server; while `Losses.left` says so, hang up instead of handing on the answer."""
    host, port = endpoint.removeprefix("http://").split(":")
    losses = Losses()
    listener = socket.create_server(("127.0.0.1", 0), backlog=16)

    def serve(client: socket.socket) -> None:
        seen: list[str] = []
        with client, suppress(OSError), socket.create_connection((host, int(port))) as server:
            answers = threading.Thread(target=hand_on_answers, args=(client, server, seen, losses))
            answers.start()
            hand_on_requests(client, server, seen)
            answers.join()

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", losses
    finally:
        listener.close()
