"""The demo's own S3 server: moto in a process of its own, on 127.0.0.1, gone when the demo is gone.

The process reads its stdin: when the demo ends, however it ends, the pipe closes and the server stops. Until the
demo says so there, no large file gets past its fourth part: however slow or fast a machine is, there is a middle to
be killed in.
"""

import importlib.util
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread, Timer
from typing import IO, Any
from urllib.parse import parse_qs, quote
from xml.etree import ElementTree as ET

from validator.errors import CpgateError, RemoteError, UsageError

START_SECONDS = 60
LINE_SPEED = 16_000_000
"""Bytes in a second that one connection to the server carries."""
PARTS_AT_FIRST = 4
GO_ON = b"go on\n"
SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>the demo is not that far yet</Message></Error>"
NEEDED = ("moto", "flask", "flask_cors")


Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class EmbeddedServer:
    """A running server.

    Parameters
    ----------
    endpoint
        Its address, ``http://127.0.0.1:port``.
    told
        Where it listens to the demo.
    """

    def __init__(self, endpoint: str, told: IO[bytes] | None = None) -> None:
        self.endpoint = endpoint
        self._told = told

    def go_on(self) -> None:
        """From now on large files are taken to their end."""
        if self._told is not None:
            self._told.write(GO_ON)
            self._told.flush()

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
        yield EmbeddedServer(f"http://127.0.0.1:{int(port)}", process.stdin)
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
    """Serve until stdin ends, and take large files to their end from its first line on; prints the port, then nothing."""
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415  in the server's process only
        DomainDispatcherApplication,
        create_backend_app,
    )
    from werkzeug.serving import make_server  # noqa: PLC0415  see above

    goes_on = Event()
    application = slow_line(held_back(DomainDispatcherApplication(create_backend_app), goes_on))
    server = make_server("127.0.0.1", 0, application, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    if sys.stdin.buffer.readline():
        goes_on.set()
    sys.stdin.buffer.read()


def held_back(application: Application, goes_on: Event) -> Application:
    """Ask those to come again who bring too many parts of a large file too early, or would complete it."""

    def serve_or_ask(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        asked = parse_qs(environ.get("QUERY_STRING", ""))
        part = int(asked.get("partNumber", ["0"])[0])
        early = "uploadId" in asked and (environ["REQUEST_METHOD"] == "POST" or part > PARTS_AT_FIRST)
        if goes_on.is_set() or not early:
            return application(environ, start_response)
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start_response("503 Slow Down", [("Content-Type", "application/xml")])
        return [SLOW_DOWN]

    return serve_or_ask


def slow_line(application: Application) -> Application:
    """Let each request take as long as a line of `LINE_SPEED` would: an upload has a middle then."""

    def serve_slowly(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        time.sleep(int(environ.get("CONTENT_LENGTH") or 0) / LINE_SPEED)
        return application(environ, start_response)

    return serve_slowly


if __name__ == "__main__":
    serve()
