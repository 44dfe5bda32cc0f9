"""What a performer knows of the store, and how it proves what was written."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from validator.digests.files import FileState
from validator.digests.parts import ObjectDigest, parts_of_etag
from validator.errors import RemoteError
from validator.s3 import objects
from validator.s3.failures import CustomerKeyMissing
from validator.s3.objects import Condition, RemoteObject, Written, is_sealed
from validator.s3.writing import ChecksumChoice, Writing
from validator.upload.errands import CUSTOMER_KEY, Conflict, JournalFull, Unverifiable, failure_answer
from validator.upload.journal import DoneRecord, Journal
from validator.upload.proof import prove_sealed, recognise
from validator.upload.tasks import Answer, Task
from validator.upload.values import digest_values

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Proving:
    """A client, a journal, and what must be true before something is written into it.

    Parameters
    ----------
    client, bucket
        Where objects go.
    journal
        What is done is written here before it is answered.
    writing
        Options of what is written.
    checksums
        Which checksums the store is sent, if any.
    """

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        journal: Journal,
        writing: Writing,
        checksums: ChecksumChoice,
    ) -> None:
        self.client = client
        self.bucket = bucket
        self.journal = journal
        self.writing = writing
        self.checksums = checksums

    def _write(self, record: str, *values: Any) -> None:
        try:
            getattr(self.journal, record)(*values)
        except OSError as error:
            raise JournalFull(f"{error.strerror or error} ({self.journal.folder})") from error

    def _refused(self) -> dict[str, Any]:
        """What is said where SHA-256s were asked for and the store does not take them."""
        refused = self.checksums.sha256 and not self.checksums.sent
        return {"unsummed": True} if refused else {}

    def _look(self, key: str, digest: ObjectDigest) -> tuple[RemoteObject | None, ObjectDigest | None]:
        """What lies at a key, and its digest if it has the very bytes that are meant."""
        there = self._there(key)
        return there, recognise(self.client, self.bucket, there, digest)

    def _there(self, key: str) -> RemoteObject | None:
        try:
            return objects.head_object(self.client, self.bucket, key)
        except CustomerKeyMissing as error:
            raise Conflict(None, CUSTOMER_KEY) from error

    def _own_bytes(self, key: str, digest: ObjectDigest) -> tuple[Written, ObjectDigest]:
        there, own = self._look(key, digest)
        if there is None or own is None:
            raise Conflict(there)
        return as_written(there), own

    def _written_there(self, key: str) -> Written:
        there = objects.head_object(self.client, self.bucket, key)
        return as_written(there) if there else Written("none")

    def _proven(self, key: str, digest: ObjectDigest, written: Written) -> ObjectDigest:
        """The digest, once what the store says it has written is what was sent."""
        if is_sealed(written.etag):
            return prove_sealed(self.client, self.bucket, key, digest, written)
        self._compare(key, written.etag, digest.etag)
        return digest

    def _compare(self, key: str, answered: str, computed: str) -> None:
        if answered == computed:
            return
        if parts_of_etag(answered) is None:
            raise Unverifiable
        raise RemoteError(
            f"the store holds other bytes at {key} than were read from disk (ETag {answered}, not {computed})",
            "run the same command again; if it happens again, the disk or the memory of this machine is suspect",
        )

    def _done(
        self, key: str, state: FileState, digest: ObjectDigest, version_id: str | None
    ) -> dict[str, Any]:
        moment = _now()
        self._write("done", DoneRecord(key, state, digest, moment, version_id))
        return digest_values(digest) | {"at": moment, "version_id": version_id}

    def done(self, written: Sequence[tuple[Task, ObjectDigest, str | None]]) -> list[Answer]:
        """Write into the journal at once what the store has just said of several files; the answers to their tasks."""
        moment = _now()
        records = [
            DoneRecord(task.key, FileState(task.size, task.mtime_ns), digest, moment, version_id)
            for task, digest, version_id in written
        ]
        try:
            self._write("done", *records)
        except JournalFull as problem:
            return [failure_answer(task, problem) for task, _, _ in written]
        return [
            Answer(
                task.id,
                values={
                    **digest_values(digest),
                    "at": moment,
                    "version_id": version_id,
                    "sent": task.size,
                },
            )
            for task, digest, version_id in written
        ]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def as_written(there: RemoteObject) -> Written:
    """What lies at a key, as if the store had just written it."""
    return Written(there.etag, there.version_id)


def condition_of(task: Task) -> Condition | None:
    """What must be true at the key of a task."""
    return Condition(task.replaces) if task.conditional else None
