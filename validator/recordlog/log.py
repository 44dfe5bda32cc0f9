"""An append-only file of checksummed JSON records.

Each record is one line, the CRC-32 of its JSON in eight hex digits, a space, the JSON. A process writes only
to files that it made, so a line that was cut by a kill or a full disk is never continued: readers leave it
out and lose nothing else. No locks and no shared memory: the file may lie on NFS or Lustre.
"""

import json
import os
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

SYNC_SECONDS = 2.0


class LogWriter:
    """Appends records to a file of its own; safe to call from several threads.

    Parameters
    ----------
    path
        Must not exist yet.

    Raises
    ------
    FileExistsError
        If another process has this file.
    OSError
        Also from `append`, when the record could not be written (a full disk): the caller must not go on
        as if it had been.
    """

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
        flags |= getattr(os, "O_BINARY", 0)  # Windows would write other line ends
        self.path = path
        self._descriptor = os.open(path, flags, 0o600)
        self._lock = Lock()
        self._synced = time.monotonic()
        self._cut = False

    def append(self, record: Mapping[str, Any]) -> None:
        """Write one record; it survives a kill as soon as this returns, a power cut within two seconds."""
        self.append_line(encode_record(record))

    def append_line(self, line: bytes) -> None:
        """Write one record that was made a line already, see `sealed_line`."""
        with self._lock:
            self._write(line)
            if time.monotonic() - self._synced > SYNC_SECONDS:
                os.fsync(self._descriptor)
                self._synced = time.monotonic()

    def _write(self, line: bytes) -> None:
        # A full disk may have cut the record before: this one must stand on a line of its own.
        rest = memoryview(b"\n" + line if self._cut else line)
        self._cut = True
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        self._cut = False

    def close(self) -> None:
        """Bring everything to the disk and close."""
        with self._lock:
            if self._descriptor >= 0:
                os.fsync(self._descriptor)
                os.close(self._descriptor)
                self._descriptor = -1


_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def encode_record(record: Mapping[str, Any]) -> bytes:
    """One record as the line that stands in the file."""
    return sealed_line(_encode(record))


def sealed_line(text: str) -> bytes:
    """The same of a record that is JSON already, in ASCII."""
    body = text.encode("ascii")
    return b"%08x %s\n" % (zlib.crc32(body), body)


def decode_line(line: bytes) -> dict[str, Any] | None:
    """Return the record of a line, or ``None`` if the line is cut or damaged."""
    checksum, separator, body = line.rstrip(b"\n").partition(b" ")
    if not separator or len(checksum) != 8 or not line.endswith(b"\n"):
        return None
    try:
        if int(checksum, 16) != zlib.crc32(body):
            return None
        record = json.loads(body)
    except (ValueError, RecursionError):  # a log in a bucket may be of anybody who can write there
        return None
    return record if isinstance(record, dict) else None


def read_log(path: Path) -> Iterator[dict[str, Any]]:
    """Every undamaged record of a file, in the order in which they were written."""
    with path.open("rb") as stream:
        for line in stream:
            record = decode_line(line)
            if record is not None:
                yield record
