"""What the uploader asks of its worker processes, and what they answer: one JSON line each."""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Do(StrEnum):
    """What a worker can be asked to do."""

    PUT = "put"
    BEGIN = "begin"
    PARTS = "parts"
    PART = "part"
    COMPLETE = "complete"
    ABORT = "abort"
    DIGEST = "digest"


class Failure(StrEnum):
    """Why a task was not done, as far as it decides what happens next."""

    CONFLICT = "conflict"
    CREDENTIALS = "credentials"
    EXPIRED = "expired"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    GONE = "gone"
    UNVERIFIABLE = "unverifiable"
    JOURNAL = "journal"
    REFUSED = "refused"
    RECALLED = "recalled"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class Task:
    """One request, for one file or one part of it.

    Attributes
    ----------
    id
        Number by which the answer finds its task.
    do
        What to do.
    key, path, size, mtime_ns
        Object key, file, its bytes and modification time when it was listed; for an object of another bucket
        its address, and in place of the time its mark (see `Entry`).
    upload_id, part_size, number
        The multipart upload, bytes of its parts, number of the part (1 is the first).
    etag
        ETag of what lies in the bucket: of the object (`DIGEST`) or of this part (`PART`).
    there
        Checksum of this part in the bucket, base64; empty where the store does not tell (`PART`).
    conditional, replaces
        Whether the write depends on what lies at the key, and the ETag that may be replaced there.
    etags, sums, expected, crc, sha256
        ETags and checksums of all parts, and ETag, CRC64NVME and SHA-256 of the whole that result (`COMPLETE`).
    recover
        Whether an earlier `BEGIN` of this key may have been done without an answer.
    checksum
        With which the upload was begun, so that its parts and its completion carry one (`PART`, `COMPLETE`); empty
        for none.
    """

    id: int
    do: Do
    key: str
    path: str = ""
    size: int = 0
    mtime_ns: int = 0
    upload_id: str = ""
    part_size: int | None = None
    number: int = 0
    etag: str = ""
    there: str = ""
    conditional: bool = True
    replaces: str | None = None
    etags: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    expected: str = ""
    crc: str = ""
    sha256: str = ""
    recover: bool = False
    checksum: str = ""

    @property
    def bytes_to_send(self) -> int:
        """Bytes that go over the network for this task."""
        if self.do is Do.PUT:
            return self.size
        if self.do is Do.PART and self.part_size is not None:
            return min(self.part_size, self.size)
        return 0

    def to_line(self) -> bytes:
        """As a message."""
        return json.dumps(asdict(self), separators=(",", ":")).encode("ascii") + b"\n"

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> "Task":
        """From a message."""
        values = dict(message)
        lists = {name: tuple(values[name]) for name in ("etags", "sums")}
        return cls(**values | {"do": Do(values["do"]), **lists})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a task.

    Attributes
    ----------
    id
        Of the task.
    failure, what, mend
        Why it failed (``None`` if it did not), in a sentence, and what to do about it.
    values
        What the task yields: digests, an upload id, bytes sent.
    """

    id: int
    failure: Failure | None = None
    what: str = ""
    mend: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    def to_line(self) -> bytes:
        """As a message."""
        return json.dumps(asdict(self), separators=(",", ":")).encode("ascii") + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> "Answer":
        """From a message."""
        message = json.loads(line)
        failure = message["failure"]
        return cls(**message | {"failure": Failure(failure) if failure else None})
