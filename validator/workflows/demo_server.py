"""The demo's own S3 server: moto in a process of its own, on 127.0.0.1, gone when the demo is gone.

The process reads its stdin: when the demo ends, however it ends, the pipe closes and the server stops.
"""

import importlib.util
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from urllib.parse import quote
from xml.etree import ElementTree as ET

from validator.errors import CpgateError, RemoteError, UsageError

START_SECONDS = 60
NEEDED = ("moto", "flask", "flask_cors")


class EmbeddedServer:
    """A running server.

    Parameters
    ----------
    endpoint
        Its address, ``http://127.0.0.1:port``.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def make_bucket(self, bucket: str) -> None:
        """Make an empty bucket."""
        self._ask("PUT", f"/{bucket}")

    def sizes(self, bucket: str) -> dict[str, int]:
        """Size in bytes of every object by its key; parts of unfinished uploads are not among them."""
        found: dict[str, int] = {}
        start = ""
        while True:
            listing = self._ask("GET", f"/{bucket}?list-type=2&start-after={quote(start, safe='')}")
            page = ET.fromstring(listing)  # noqa: S314  our own server
            for item in page.findall(".//{*}Contents"):
                start = item.findtext("{*}Key", "")
                found[start] = int(item.findtext("{*}Size", "0"))
            if page.findtext("{*}IsTruncated") != "true":
                return found

    def unfinished(self, bucket: str) -> list[tuple[int, int]]:
        """Parts and bytes of every multipart upload that was begun and neither completed nor aborted."""
        page = ET.fromstring(self._ask("GET", f"/{bucket}?uploads"))  # noqa: S314  our own server
        found = []
        for upload in page.findall(".//{*}Upload"):
            key, upload_id = upload.findtext("{*}Key", ""), upload.findtext("{*}UploadId", "")
            with suppress(RemoteError):  # it was completed meanwhile
                listing = self._ask("GET", f"/{bucket}/{quote(key)}?uploadId={quote(upload_id, safe='')}")
                parts = ET.fromstring(listing).findall(".//{*}Part/{*}Size")  # noqa: S314  our own server
                sizes = [int(size.text or "0") for size in parts]
                found.append((len(sizes), sum(sizes)))
        return found

    def _ask(self, method: str, path: str) -> bytes:
        request = urllib.request.Request(self.endpoint + path, method=method)  # noqa: S310  http to our own server
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                content: bytes = answer.read()
                return content
        except OSError as error:
            raise RemoteError(f"the demo's own server at {self.endpoint} does not answer: {error}") from error


@contextmanager
def embedded_server(log: Path) -> Iterator[EmbeddedServer]:
    """Start a server on a free port; it is stopped at the end, whatever happens.

    Parameters
    ----------
    log
        File that takes what the server prints.

    Raises
    ------
    UsageError
        If the parts of the ``demo`` extra are not installed.
    CpgateError
        If the server does not start.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the demo needs a small S3 server that is not installed ({', '.join(missing)})",
            "install it: pip install 'cpgate[demo]'",
        )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOTO_")}
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "validator.workflows.demo_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stream,
            env=environment,
            start_new_session=True,  # Ctrl-C is for the demo; it stops the server itself
        )
    assert process.stdin is not None
    assert process.stdout is not None
    patience = Timer(START_SECONDS, process.kill)
    try:
        patience.start()
        port = process.stdout.readline().strip()
        patience.cancel()
        if not port:
            raise CpgateError(f"the demo's own S3 server did not start; it says why in {log}")
        yield EmbeddedServer(f"http://127.0.0.1:{int(port)}")
    finally:
        patience.cancel()
        process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def serve() -> None:
    """Serve until stdin ends; prints the port, then nothing."""
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer  # noqa: PLC0415  in the server's process only

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    sys.stdout.write(f"{server.get_host_and_port()[1]}\n")
    sys.stdout.flush()
    sys.stdin.buffer.read()
    os._exit(0)  # connections may be open; there is nothing to save


if __name__ == "__main__":
    serve()
