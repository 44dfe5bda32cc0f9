"""What the uploader asks of its worker processes, and what they answer: lines of JSON, each with many of them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from enum import StrEnum
from operator import attrgetter
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


@dataclass(slots=True)
class Task:
    """One request, for one file or one part of it; never changed (making what is frozen takes three times as long).

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


_NAMES = [field.name for field in fields(Task)]
_OF_ALL = _NAMES.index("mtime_ns") + 1
_first_values, _more_values = attrgetter(*_NAMES[:_OF_ALL]), attrgetter(*_NAMES[_OF_ALL:])
_PLAIN = _more_values(Task(0, Do.PUT, ""))
"""What stands for nothing and is not written: of a small file, all that follows its time."""
_KINDS = {kind.value: kind for kind in Do}


def tasks_line(tasks: Iterable[Task]) -> bytes:
    """Tasks as one message."""
    return _line({"tasks": [_task_values(task) for task in tasks]})


def _task_values(task: Task) -> tuple[Any, ...]:
    more = _more_values(task)
    first: tuple[Any, ...] = _first_values(task)
    return first if more == _PLAIN else first + more


def tasks_of(message: dict[str, Any]) -> list[Task]:
    """Tasks of a message."""
    found = []
    for number, do, *values in message["tasks"]:
        task = Task(number, _KINDS[do], *values)
        task.etags, task.sums = tuple(task.etags), tuple(task.sums)
        found.append(task)
    return found


@dataclass(slots=True)
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


_answer_values = attrgetter(*(field.name for field in fields(Answer)))


def answers_line(answers: Iterable[Answer]) -> bytes:
    """Answers as one message."""
    return _line([_answer_values(answer) for answer in answers])


def answers_of(line: bytes) -> list[Answer]:
    """Answers of a message.

    Raises
    ------
    ValueError, TypeError
        If it is none.
    """
    return [
        Answer(number, Failure(failure) if failure else None, what, mend, values)
        for number, failure, what, mend, values in json.loads(line)
    ]


def _line(message: Any) -> bytes:
    return _encode(message).encode("ascii") + b"\n"


_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
