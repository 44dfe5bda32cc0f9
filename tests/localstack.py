"""LocalStack's S3: the only server at hand from elsewhere that checks checksums, MpuObjectSize and conditions of completions.

It wants a Python of its own (3.13): ``.ci/localstack`` makes the environment where there is one. Its ETags of what is
encrypted with KMS are MD5s all the same; for the others there is `strict_store`.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
PORT = 4566
SETTINGS = {
    "SERVICES": "s3,sts,kms",
    "EAGER_SERVICE_LOADING": "1",
    "DISABLE_EVENTS": "1",
    "SKIP_SSL_CERT_DOWNLOAD": "1",
    "DNS_ADDRESS": "0",
    "PERSISTENCE": "0",
    "GATEWAY_LISTEN": f"127.0.0.1:{PORT}",
    "LOCALSTACK_HOST": f"127.0.0.1:{PORT}",
}
FIRST_SECONDS = 120


def localstack_python() -> str | None:
    """A Python that has it, or ``None``."""
    said = os.environ.get("CPGATE_LOCALSTACK_PYTHON")
    made = Path(os.environ.get("CPGATE_LOCALSTACK_FOLDER", ROOT / ".venv-localstack")) / "bin" / "python"
    return said or (str(made) if made.exists() else None)


def why_not() -> str:
    """Why it cannot be started here; empty where it can."""
    if localstack_python() is None:
        return "LocalStack is not installed: it needs Python 3.13 (sh .ci/localstack, or CPGATE_LOCALSTACK_PYTHON)"
    probe = [*_apart(), "true"]
    if shutil.which("unshare") is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        return "LocalStack listens on every address, and this machine gives it no network of its own (unshare --net)"
    return ""


def _apart() -> list[str]:
    return ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]


@contextmanager
def localstack_server(log: Path) -> Iterator[str]:
    """Start it, out of everybody's reach but through the address that is yielded."""
    folder = Path(tempfile.mkdtemp(prefix="cpgate-ls-"))  # paths of sockets are short
    inside, python = folder / "s3", localstack_python()
    assert python is not None
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AWS_"))
    }
    environment |= SETTINGS | {"LOCALSTACK_VOLUME_DIR": str(folder / "volume"), "HOME": str(folder)}
    command = [
        *_apart(),
        python,
        str(Path(__file__).with_name("localstack_inside.py")),
        str(inside),
        str(PORT),
    ]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, stdout=stream, stderr=stream, cwd=folder, env=environment, start_new_session=True
        )
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    threading.Thread(target=_accept, args=(listener, str(inside)), daemon=True).start()
    endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        _wait_for(listener.getsockname()[1], process)
        yield endpoint
    finally:
        listener.close()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _accept(listener: socket.socket, path: str) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_hand_on, args=(client, path), daemon=True).start()


def _hand_on(client: socket.socket, path: str) -> None:
    with client, suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.connect(path)
        back = threading.Thread(target=_pump, args=(server, client))
        back.start()
        _pump(client, server)
        back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 18):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + FIRST_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, "LocalStack ended"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as probe:
            probe.settimeout(5)
            probe.sendall(b"GET /_localstack/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            if b" 200 " in probe.recv(100):
                return
        time.sleep(0.2)
    raise TimeoutError("LocalStack")
