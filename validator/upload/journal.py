"""What uploads to one destination have done so far: enough to go on after a kill.

Records (one file per writing process, see `validator.recordlog`):

``run``      a process began to write here: run number, process id, host
``intent``   a multipart upload of ``key`` is about to be begun; without a ``begin`` after it the answer was lost
``begin``    the store gave ``upload_id`` for ``key``; with part size and the file's size and mtime
``part``     the store holds part ``n`` of ``upload_id``: size, md5, crc (number)
``end``      ``upload_id`` was completed or aborted
``done``     the object at ``key`` was verified: size, mtime_ns, etag, part_size, parts, crc, at, version if there is one
``digest``   a file's digests for a part size, so that it need not be read again
"""

import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from validator.digests.files import FileState
from validator.digests.parts import ObjectDigest, PartDigest
from validator.recordlog.log import LogWriter, encode_record, read_log

JOURNAL_SUFFIX = ".journal"
COMPACT_NAME = "compact.new"


@dataclass(slots=True)
class UploadRecord:
    """A multipart upload as the journal knows it."""

    upload_id: str
    key: str
    part_size: int
    state: FileState
    parts: dict[int, PartDigest] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DoneRecord:
    """An object that was verified, and the state of the file it came from."""

    key: str
    state: FileState
    digest: ObjectDigest
    uploaded_at: str
    version_id: str | None = None


@dataclass
class JournalState:
    """The sum of all records.

    Attributes
    ----------
    uploads
        Unfinished multipart uploads by their id.
    done
        Verified objects by key.
    digests
        Digests of files by key.
    intents
        Keys whose multipart upload may have been begun without an answer.
    last_run
        Highest run number so far.
    """

    uploads: dict[str, UploadRecord] = field(default_factory=dict)
    done: dict[str, DoneRecord] = field(default_factory=dict)
    digests: dict[str, tuple[FileState, ObjectDigest]] = field(default_factory=dict)
    intents: set[str] = field(default_factory=set)
    last_run: int = 0

    def uploads_of(self, key: str) -> list[UploadRecord]:
        """Unfinished uploads of a key, the one with most parts first."""
        found = [upload for upload in self.uploads.values() if upload.key == key]
        return sorted(found, key=lambda upload: -len(upload.parts))

    def digests_of(self, key: str, state: FileState) -> list[ObjectDigest]:
        """Digests of a file in this state, which may have been made for several part sizes."""
        known = [self.digests[key]] if key in self.digests else []
        if key in self.done:
            known.append((self.done[key].state, self.done[key].digest))
        return [digest for known_state, digest in known if known_state == state]


def read_journal(folder: Path) -> JournalState:
    """Read every journal file of a folder, oldest run first; kinds of records that are not known are passed over."""
    state = JournalState()
    late: list[dict[str, Any]] = []
    ended: set[str] = set()
    for path in sorted(folder.glob(f"*{JOURNAL_SUFFIX}")):
        for record in read_log(path):
            match record["t"]:
                case "part":
                    late.append(record)
                case "end":
                    ended.add(record["upload_id"])
                case _:
                    _enter(state, record)
    # Parts of one upload are spread over the files of several processes: enter them when all begins are known.
    for record in late:
        upload = state.uploads.get(record["upload_id"])
        if upload is not None:
            upload.parts[record["n"]] = PartDigest(record["size"], record["md5"], record["crc"])
    for upload_id in ended:
        state.uploads.pop(upload_id, None)
    return state


def _enter(state: JournalState, record: Mapping[str, Any]) -> None:
    match record["t"]:
        case "run":
            state.last_run = max(state.last_run, record["run"])
        case "intent":
            state.intents.add(record["key"])
        case "begin":
            upload_id, key = record["upload_id"], record["key"]
            state.uploads[upload_id] = UploadRecord(upload_id, key, record["part_size"], _file_state(record))
            state.intents.discard(key)
        case "digest":
            state.digests[record["key"]] = (_file_state(record), _object_digest(record))
        case "done":
            key, file_state, digest = record["key"], _file_state(record), _object_digest(record)
            state.digests[key] = (file_state, digest)
            state.done[key] = DoneRecord(key, file_state, digest, record["at"], record.get("version"))


def _file_state(record: Mapping[str, Any]) -> FileState:
    return FileState(record["size"], record["mtime_ns"])


def _object_digest(record: Mapping[str, Any]) -> ObjectDigest:
    return ObjectDigest(record["size"], record["etag"], record["part_size"], record["parts"], record["crc"])


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
        self._log = LogWriter(folder / f"{run:06d}-{name}-{os.getpid()}{JOURNAL_SUFFIX}")
        self._log.append({"t": "run", "run": run, "pid": os.getpid(), "host": socket.gethostname()})

    def intent(self, key: str) -> None:
        """A multipart upload is about to be begun."""
        self._log.append({"t": "intent", "key": key})

    def begin(self, upload: UploadRecord) -> None:
        """The store has given an id."""
        self._log.append(
            {
                "t": "begin",
                "key": upload.key,
                "upload_id": upload.upload_id,
                "part_size": upload.part_size,
                "size": upload.state.size,
                "mtime_ns": upload.state.mtime_ns,
            }
        )

    def part(self, upload_id: str, number: int, part: PartDigest) -> None:
        """The store holds a part."""
        self._log.append(
            {
                "t": "part",
                "upload_id": upload_id,
                "n": number,
                "size": part.size,
                "md5": part.md5,
                "crc": part.crc64nvme,
            }
        )

    def end(self, upload_id: str) -> None:
        """An upload was completed or aborted."""
        self._log.append({"t": "end", "upload_id": upload_id})

    def done(self, record: DoneRecord) -> None:
        """An object was verified."""
        self._log.append(_done_values(record))

    def digest(self, key: str, state: FileState, digest: ObjectDigest) -> None:
        """A file was read and digested."""
        self._log.append({"t": "digest", "key": key, "mtime_ns": state.mtime_ns} | _digest_values(digest))

    def close(self) -> None:
        """Bring everything to the disk."""
        self._log.close()


def _digest_values(digest: ObjectDigest) -> dict[str, Any]:
    return {
        "size": digest.size,
        "etag": digest.etag,
        "part_size": digest.part_size,
        "parts": digest.parts,
        "crc": digest.crc64nvme,
    }


def _done_values(record: DoneRecord) -> dict[str, Any]:
    values = {"t": "done", "key": record.key, "mtime_ns": record.state.mtime_ns, "at": record.uploaded_at}
    if record.version_id is not None:
        values["version"] = record.version_id
    return values | _digest_values(record.digest)


def compact(folder: Path, run: int, *, settled: Iterable[str] = ()) -> None:
    """Put what still matters into one file and remove the others; only the holder of the lock may call this.

    A kill in between leaves both the new file and some old ones: they say the same. Where the disk is too
    full for the new file, the old ones stay.

    Parameters
    ----------
    folder
        State folder of the destination.
    run
        Number of the run that has ended.
    settled
        Keys at which the bucket was seen to hold no unfinished upload of ours.
    """
    old = sorted(folder.glob(f"*{JOURNAL_SUFFIX}"))
    state = read_journal(folder)
    state.intents.difference_update(settled)
    done_with = set(settled)
    state.uploads = {i: upload for i, upload in state.uploads.items() if upload.key not in done_with}
    target = folder / f"{run:06d}-zz-compact{JOURNAL_SUFFIX}"
    temporary = folder / COMPACT_NAME
    try:
        with temporary.open("wb") as stream:
            for record in _compact_records(state, run):
                stream.write(encode_record(record))
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        return
    for path in old:
        if path != target:
            path.unlink(missing_ok=True)


def _compact_records(state: JournalState, run: int) -> Iterator[dict[str, Any]]:
    yield {"t": "run", "run": max(run, state.last_run), "pid": os.getpid(), "host": socket.gethostname()}
    for key in sorted(state.intents):
        yield {"t": "intent", "key": key}
    for upload in state.uploads.values():
        yield {
            "t": "begin",
            "key": upload.key,
            "upload_id": upload.upload_id,
            "part_size": upload.part_size,
            "size": upload.state.size,
            "mtime_ns": upload.state.mtime_ns,
        }
        for number, part in upload.parts.items():
            yield {
                "t": "part",
                "upload_id": upload.upload_id,
                "n": number,
                "size": part.size,
                "md5": part.md5,
                "crc": part.crc64nvme,
            }
    for record in state.done.values():
        yield _done_values(record)
    # After the objects, because a file may have been read again since.
    for key, (file_state, digest) in state.digests.items():
        done = state.done.get(key)
        if done is None or (done.state, done.digest) != (file_state, digest):
            yield {"t": "digest", "key": key, "mtime_ns": file_state.mtime_ns} | _digest_values(digest)
