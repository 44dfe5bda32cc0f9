"""Carry out tasks whose bytes lie in another bucket: copied by the store where it can, else fetched and sent."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from validator.digests.files import FileChanged, FileState
from validator.digests.parts import ObjectDigest, PartDigest, digest_bytes
from validator.s3.failures import AlreadyThere
from validator.s3.limits import part_range
from validator.s3.objects import is_sealed
from validator.s3.wire.bodies import Body, MemoryBody
from validator.s3.wire.connections import Connections
from validator.s3.writing import Writing
from validator.upload.errands import Conflict, Steps
from validator.upload.journal import Journal
from validator.upload.originals import LARGEST_IN_MEMORY, CopyingStore, Originals
from validator.upload.perform import Performer
from validator.upload.perform_proof import condition_of
from validator.upload.proof import recognise
from validator.upload.tasks import Task
from validator.upload.values import digest_values, part_values

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class ObjectPerformer(Performer):
    """Like `Performer`, for objects in place of files.

    Parameters
    ----------
    client, bucket, journal, connections, writing
        See `Performer`.
    originals
        Where the bytes come from.
    store
        Copies by itself; ``None`` when all bytes go through this machine.
    """

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        journal: Journal,
        originals: Originals,
        store: CopyingStore | None,
        connections: Connections | None = None,
        writing: Writing | None = None,
    ) -> None:
        super().__init__(client, bucket, journal, connections, writing)
        self._originals = originals
        self._store = store

    def _load(self, task: Task, offset: int, length: int) -> tuple[Body, PartDigest]:
        data = self._originals.fetch(task, offset, length)
        return MemoryBody(data), digest_bytes(data, sha256=self._wants_sha256(task))

    def _digest_as(self, task: Task, part_size: int | None, *, sha256: bool) -> ObjectDigest:  # noqa: ARG002  of files
        return self._originals.digest(task, part_size)

    @property
    def overlaps(self) -> bool:
        """False: the bytes come from a network, a thread waits for them."""
        return False

    def _put(self, task: Task) -> Steps:
        return self._copy(task) or (yield from super()._put(task))

    def _begin(self, task: Task) -> dict[str, Any]:
        copied = self._copy(task)
        if copied is not None:
            return copied
        part_size = self._originals.part_size(task)
        if self._store is None and part_size is not None and part_size > LARGEST_IN_MEMORY:
            part_size = task.part_size
        return super()._begin(replace(task, part_size=part_size)) | {"part_size": part_size}

    def _copy(self, task: Task) -> dict[str, Any] | None:
        """Let the store copy the whole object; ``None`` where it has to go in parts or through here."""
        if self._store is None:
            return None
        state = FileState(task.size, task.mtime_ns)
        try:
            copied = self._store.copy(task, condition_of(task))
        except AlreadyThere as error:
            # What lies there may be the copy whose answer was lost; or the original is another one by now.
            there = self._there(task.key)
            if there is None:
                raise FileChanged(task.path) from error
            original = self._originals.original(task)
            if there.size != original.size or not (there.etag == original.etag or is_sealed(there.etag)):
                raise Conflict(there) from error
            own = recognise(self.client, self.bucket, there, self._originals.digest(task, None))
            if own is None:
                raise Conflict(there) from error
            return self._done(task.key, state, own, there.version_id) | {"sent": 0, "copied": task.size}
        if copied is None:
            return None
        digest = self._proven(task.key, copied.digest, copied.written)
        return self._done(task.key, state, digest, copied.written.version_id) | {
            "sent": 0,
            "copied": task.size,
        }

    def _part(self, task: Task) -> Steps:
        part: PartDigest | None = None
        if self._store is not None and task.part_size is not None and not task.etag:
            part = self._store.copy_part(task, *part_range(task.size, task.part_size, task.number))
        if part is None:
            return (yield from super()._part(task))
        self._write("part", task.upload_id, task.number, part)
        return part_values(part) | {"sent": 0, "copied": part.size}

    def _complete(self, task: Task) -> dict[str, Any]:
        self._originals.prove(task)
        return super()._complete(task)

    def _digest(self, task: Task) -> dict[str, Any]:
        known = self._originals.known_digest(task)
        if known is None or known.etag != task.etag:
            return super()._digest(task)
        self._write("digest", task.key, FileState(task.size, task.mtime_ns), known)
        return digest_values(known)
