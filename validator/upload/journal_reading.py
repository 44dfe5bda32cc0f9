"""Read the journals of a destination, record by record: what was done is told, not held."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from validator.digests.files import FileState
from validator.recordlog.log import decode_line
from validator.upload.journal import JOURNAL_SUFFIX, DoneRecord, UploadRecord
from validator.upload.values import digest_of, part_of

Know = Callable[[DoneRecord], object]

_PREFIXES = {kind: b'{"t":"%s"' % kind.encode() for kind in ("part", "done", "digest")}
ALGORITHMS = frozenset({"crc64nvme", "sha256"})
_CHECKSUM = 9
"""Bytes of a line before its record."""


@dataclass
class JournalState:
    """What the journals say about unfinished things; it is small however much was uploaded.

    Attributes
    ----------
    uploads
        Unfinished multipart uploads by their id.
    intents
        Keys whose multipart upload may have been begun without an answer.
    last_run
        Highest run number so far.
    files
        How many journal files there are.
    """

    uploads: dict[str, UploadRecord] = field(default_factory=dict)
    intents: set[str] = field(default_factory=set)
    last_run: int = 0
    files: int = 0

    def by_key(self) -> dict[str, list[UploadRecord]]:
        """Unfinished uploads by key."""
        found: dict[str, list[UploadRecord]] = {}
        for upload in self.uploads.values():
            found.setdefault(upload.key, []).append(upload)
        return found


def read_journal(folder: Path, know: Know | None = None) -> JournalState:
    """Read every journal file of a folder, oldest run first; kinds of records that are not known are passed over.

    Parameters
    ----------
    folder
        State folder of the destination.
    know
        Is told every object that was verified and every file that was digested, oldest first.
    """
    state, ended = JournalState(), set[str]()
    paths = sorted(folder.glob(f"*{JOURNAL_SUFFIX}"))
    state.files = len(paths)
    left_out = ("part",) if know else ("part", "done", "digest")
    for path in paths:
        state.last_run = max(state.last_run, _run_of(path))
        for record in records(path, without=left_out):
            if record["t"] == "end":
                ended.add(record["upload_id"])
            elif know is not None and record["t"] in {"done", "digest"}:
                know(done_record(record))
            else:
                _enter(state, record)
    for upload_id in ended:
        state.uploads.pop(upload_id, None)
    if state.uploads:
        _enter_parts(state, paths)
    return state


def _run_of(path: Path) -> int:
    """Number of the run in a file's name: the record that says it may be lost, and the name is taken all the same."""
    number = path.name.partition("-")[0]
    return int(number) if number.isascii() and number.isdigit() else 0


def _enter_parts(state: JournalState, paths: Iterable[Path]) -> None:
    """Parts of one upload are spread over the files of several processes; those of ended uploads are never held."""
    for path in paths:
        for record in records(path, only="part"):
            upload = state.uploads.get(record["upload_id"])
            if upload is not None:
                upload.parts[record["n"]] = part_of(record)


def records(path: Path, *, without: tuple[str, ...] = (), only: str = "") -> Iterator[dict[str, Any]]:
    """Undamaged records of a file; lines of kinds that are not asked for are not even taken apart."""
    left_out = tuple(_PREFIXES[kind] for kind in without)
    wanted = _PREFIXES[only] if only else b""
    with path.open("rb") as stream:
        for line in stream:
            if line.startswith(wanted, _CHECKSUM) and not (left_out and line.startswith(left_out, _CHECKSUM)):
                record = decode_line(line)
                if record is not None:
                    yield record


def _enter(state: JournalState, record: Mapping[str, Any]) -> None:
    match record["t"]:
        case "run":
            state.last_run = max(state.last_run, record["run"])
        case "intent":
            state.intents.add(record["key"])
        case "begin":
            upload = upload_record(record)
            state.uploads[upload.upload_id] = upload
            state.intents.discard(upload.key)


def upload_record(record: Mapping[str, Any]) -> UploadRecord:
    """A multipart upload that was begun."""
    state, said = _file_state(record), record.get("checksum")
    checksum = "crc64nvme" if said is True else said if said in ALGORITHMS else ""
    return UploadRecord(record["upload_id"], record["key"], record["part_size"], state, checksum=checksum)


def done_record(record: Mapping[str, Any]) -> DoneRecord:
    """An object that was verified, or a file that was digested."""
    digest = digest_of(record["size"], record)
    at, version = record.get("at", ""), record.get("version")
    return DoneRecord(record["key"], _file_state(record), digest, at, version)


def _file_state(record: Mapping[str, Any]) -> FileState:
    return FileState(record["size"], record["mtime_ns"])
