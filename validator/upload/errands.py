"""A task in steps: its own work, then a request that somebody else sends, then what follows from the answer.

So one thread can have many requests under way: while the store answers one, the next file is read.
"""

from collections.abc import Generator
from typing import Any

from validator.digests.files import FileChanged
from validator.errors import CpgateError, CredentialsError
from validator.models.counts import counted
from validator.s3.failures import KeysExpired, RequestRefused, UploadGone
from validator.s3.objects import RemoteObject, Written, listed_etag
from validator.s3.wire.requests import WireRequest
from validator.upload.tasks import Answer, Failure, Task

Steps = Generator[WireRequest, Written, dict[str, Any]]
"""Yields requests, is sent what the store has written (or thrown what went wrong), returns what the task yields."""


JOURNAL_MEND = (
    "make room on the disk, and the same command goes on where it stopped; or name another place with --state"
)
CUSTOMER_KEY = (
    "an object that is encrypted with a customer's own key (SSE-C) lies there: without that key nobody can tell what "
    "is in it"
)


class Conflict(Exception):
    """Other bytes lie at the key, or (with a reason) something else that nobody may write over."""

    def __init__(self, there: RemoteObject | None, reason: str = "") -> None:
        super().__init__()
        self.there = there
        self.reason = reason


class Unverifiable(Exception):
    """The store answers with an ETag that is not built from MD5s, and tells no checksum; for another reason if given."""

    def __init__(self, reason: str = "") -> None:
        super().__init__()
        self.reason = reason


class JournalFull(Exception):
    """The journal cannot be written."""


class Errand:
    """A task on its way; whatever goes wrong becomes part of its answer.

    Parameters
    ----------
    task
        What is to be done.
    steps
        How.

    Attributes
    ----------
    request
        What is to be sent next; ``None`` once there is an answer.
    """

    def __init__(self, task: Task, steps: Steps) -> None:
        self.task = task
        self.request: WireRequest | None = None
        self._steps = steps
        self._answer: Answer | None = None
        self._go_on()

    @property
    def answer(self) -> Answer:
        """What came of the task, once there is no request any more."""
        if self._answer is None:
            raise ValueError(self.task.key)
        return self._answer

    def succeeded(self, written: Written) -> None:
        """The request was answered."""
        self._go_on(written)

    def failed(self, error: CpgateError | OSError) -> None:
        """The request was not answered, or with a refusal."""
        self._go_on(error=error)

    def _go_on(self, written: Written | None = None, error: CpgateError | OSError | None = None) -> None:
        self.request = None
        try:
            if error is not None:
                self.request = self._steps.throw(error)
            elif written is not None:
                self.request = self._steps.send(written)
            else:
                self.request = next(self._steps)
        except StopIteration as end:
            self._answer = Answer(self.task.id, values=end.value)
        except (Conflict, Unverifiable, JournalFull, CpgateError, OSError) as problem:
            self._answer = failure_answer(self.task, problem)


def failure_answer(task: Task, problem: Exception) -> Answer:
    """Say why a task was not done."""
    match problem:
        case Conflict():
            return Answer(task.id, Failure.CONFLICT, problem.reason or _describe(problem.there))
        case Unverifiable() if problem.reason:
            return Answer(task.id, Failure.UNVERIFIABLE, problem.reason)
        case Unverifiable():
            return Answer(
                task.id,
                Failure.UNVERIFIABLE,
                "the store's ETag is not built from MD5s (an encrypted bucket, perhaps), and it tells no checksum of the "
                "object: it cannot be verified",
                "ask for the right to read there (kms:Decrypt, if it is encrypted with KMS), and do not send it with "
                "--checksum none",
            )
        case JournalFull():
            return Answer(task.id, Failure.JOURNAL, f"the journal cannot be written: {problem}")
        case CpgateError():
            return Answer(task.id, _kind(problem), problem.what, problem.mend)
        case OSError():
            reason = problem.strerror or str(problem)
            return Answer(task.id, Failure.UNREADABLE, f"{task.path} cannot be read: {reason}")
        case _:
            raise problem


def _kind(problem: CpgateError) -> Failure:
    match problem:
        case KeysExpired():
            return Failure.EXPIRED
        case CredentialsError():
            return Failure.CREDENTIALS
        case UploadGone():
            return Failure.GONE
        case FileChanged():
            return Failure.CHANGED
        case RequestRefused():
            return Failure.REFUSED
        case _:
            return Failure.REMOTE


def _describe(there: RemoteObject | None) -> str:
    if there is None:
        return "the object that should be replaced is no longer there"
    return f"other bytes lie there ({counted(there.size, 'byte')}, ETag {listed_etag(there.etag)}, of {there.modified:%Y-%m-%d %H:%M} UTC)"
