"""What uploads to one destination have done so far: enough to go on after a kill.

Records (one file per writing process, see `validator.recordlog`):

``run``      a process began to write here: run number, process id, host
``intent``   a multipart upload of ``key`` is about to be begun; without a ``begin`` after it the answer was lost
``begin``    the store gave ``upload_id`` for ``key``; with part size, the file's size and mtime, and the checksum
             with which it was begun (``true`` in older journals: CRC64NVME)
``part``     the store holds part ``n`` of ``upload_id``: size, md5, crc (number), sha256 if it was asked for, and
             the ETag by which the store knows it if that is not its MD5
``end``      ``upload_id`` was completed or aborted
``done``     the object at ``key`` was verified: size, mtime_ns, etag, part_size, parts, crc, at, version if there is one,
             sha256 if it was asked for, and ``stored_as``, the ETag in the store if that is no MD5
``digest``   a file's digests for a part size, so that it need not be read again
"""

import json
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from validator.digests.files import FileState
from validator.digests.parts import ObjectDigest, PartDigest
from validator.recordlog.log import LogWriter, encode_record, sealed_line
from validator.upload.values import digest_values, part_values

JOURNAL_SUFFIX = ".journal"


@dataclass(slots=True)
class UploadRecord:
    """A multipart upload as the journal knows it; ``checksum``: with which it was begun, see `begin_upload`."""

    upload_id: str
    key: str
    part_size: int
    state: FileState
    parts: dict[int, PartDigest] = field(default_factory=dict)
    checksum: str = ""


@dataclass(slots=True, unsafe_hash=True)  # frozen ones take four times as long: CONTRIBUTING.md
class DoneRecord:
    """An object that was verified, and the state of the file it came from.

    Without a time it is a file that was read and digested, and nothing is said of an object.
    """

    key: str
    state: FileState
    digest: ObjectDigest
    uploaded_at: str = ""
    version_id: str | None = None


class Journal:
    """The journal file of this process.

    Parameters
    ----------
    folder
        State folder of the destination.
    run
        Number of this run, higher than any before.
    name
        Name of this process within the run.
    """

    def __init__(self, folder: Path, run: int, name: str) -> None:
        self.folder = folder
        self._log = LogWriter(folder / f"{run:06d}-{name}-{os.getpid()}{JOURNAL_SUFFIX}")
        self._log.append({"t": "run", "run": run, "pid": os.getpid(), "host": socket.gethostname()})

    def intent(self, key: str) -> None:
        """A multipart upload is about to be begun."""
        self._log.append({"t": "intent", "key": key})

    def begin(self, upload: UploadRecord) -> None:
        """The store has given an id."""
        self._log.append(begin_values(upload))

    def part(self, upload_id: str, number: int, part: PartDigest) -> None:
        """The store holds a part."""
        self._log.append(part_record(upload_id, number, part))

    def end(self, upload_id: str) -> None:
        """An upload was completed or aborted."""
        self._log.append({"t": "end", "upload_id": upload_id})

    def done(self, *records: DoneRecord) -> None:
        """Objects were verified."""
        self._log.append_line(b"".join(map(done_line, records)))

    def digest(self, key: str, state: FileState, digest: ObjectDigest) -> None:
        """A file was read and digested."""
        self._log.append(done_values(DoneRecord(key, state, digest)))

    def close(self) -> None:
        """Bring everything to the disk."""
        self._log.close()


def begin_values(upload: UploadRecord) -> dict[str, Any]:
    """The record of a multipart upload, without its parts."""
    return {
        "t": "begin",
        "key": upload.key,
        "upload_id": upload.upload_id,
        "part_size": upload.part_size,
        "size": upload.state.size,
        "mtime_ns": upload.state.mtime_ns,
        "checksum": upload.checksum,
    }


def part_record(upload_id: str, number: int, part: PartDigest) -> dict[str, Any]:
    """The record of a part that the store holds."""
    return {"t": "part", "upload_id": upload_id, "n": number, **part_values(part)}


def done_line(record: DoneRecord) -> bytes:
    """The line of an object that was verified: that of `done_values`, for many small files in a fourth of the time."""
    digest = record.digest
    if not record.uploaded_at or record.version_id is not None or digest.sha256 or digest.stored_as:
        return encode_record(done_values(record))
    part_size = "null" if digest.part_size is None else digest.part_size
    return sealed_line(
        f'{{"t":"done","key":{json.dumps(record.key)},"mtime_ns":{record.state.mtime_ns},"at":"{record.uploaded_at}",'
        f'"size":{digest.size},"etag":"{digest.etag}","part_size":{part_size},"parts":{digest.parts},'
        f'"crc":"{digest.crc64nvme}"}}'
    )


def done_values(record: DoneRecord) -> dict[str, Any]:
    """The record of an object that was verified; of digests alone if nobody knows when it was sent."""
    values: dict[str, Any] = {"t": "digest", "key": record.key, "mtime_ns": record.state.mtime_ns}
    if record.uploaded_at:
        values |= {"t": "done", "at": record.uploaded_at}
    if record.version_id is not None:
        values["version"] = record.version_id
    return values | {"size": record.digest.size, **digest_values(record.digest)}
