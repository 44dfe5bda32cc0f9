"""Carry out one task: read, digest, send, compare, write it into the journal."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from validator.digests.files import FileState, digest_file
from validator.digests.parts import ObjectDigest, PartDigest, encode_crc64nvme, join_parts
from validator.errors import CpgateError, RemoteError
from validator.s3.failures import (
    AlreadyThere,
    KeysExpired,
)
from validator.s3.limits import part_range
from validator.s3.objects import Written, is_sealed, listed_etag
from validator.s3.wire.bodies import Body
from validator.s3.wire.connections import Connections
from validator.s3.wire.delivery import deliver
from validator.s3.wire.requests import WireRequest, send_with_boto3
from validator.s3.writing import ChecksumChoice, Writing
from validator.upload.errands import Errand, Steps
from validator.upload.journal import Journal
from validator.upload.likeness import digest_like
from validator.upload.loading import Loader
from validator.upload.perform_multipart import MultipartSteps
from validator.upload.perform_proof import condition_of
from validator.upload.tasks import Answer, Do, Task
from validator.upload.values import digest_values, part_values

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Performer(MultipartSteps):
    """Carries out tasks with one client and one journal; safe to call from several threads.

    Parameters
    ----------
    client, bucket
        Where objects go.
    journal
        What is done is written here before it is answered.
    connections
        The data path; ``None`` sends with boto3.
    writing
        Options of what is written.
    loader
        Reads and digests files.
    """

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        journal: Journal,
        connections: Connections | None = None,
        writing: Writing | None = None,
        loader: Loader | None = None,
    ) -> None:
        writing = writing or Writing()
        checksums = connections.checksums if connections else ChecksumChoice(writing.checksum)
        super().__init__(client, bucket, journal, writing, checksums)
        self.connections = connections
        self.loader = loader or Loader()

    @property
    def overlaps(self) -> bool:
        """Whether a thread may have many requests under way: the bytes come from files, not from a network."""
        return self.connections is not None

    @property
    def group(self) -> int:
        """How many tasks are best loaded at once; where SHA-256s are wanted, each by itself."""
        return 1 if self.checksums.sha256 else self.loader.group

    def perform(self, task: Task) -> Answer:
        """Carry out a task; whatever goes wrong becomes part of the answer."""
        errand = self.begin(task)
        while (request := errand.request) is not None:
            try:
                written = self._send(request)
            except (CpgateError, OSError) as error:
                errand.failed(error)
            else:
                errand.succeeded(written)
        return errand.answer

    def begin(self, task: Task) -> Errand:
        """Carry out a task up to the first request of the data path, which is left to the caller."""
        return Errand(task, self._steps(task))

    def _steps(self, task: Task) -> Steps:
        try:
            if task.do is Do.PUT:
                return (yield from self._put(task))
            if task.do is Do.PART:
                return (yield from self._part(task))
            return self._dispatch(task)
        except KeysExpired:
            from validator.s3.credentials import renew_credentials  # noqa: PLC0415  boto3 takes 0.2 s

            renew_credentials(self.client)
            raise

    def _send(self, request: WireRequest) -> Written:
        if self.connections is not None:
            return deliver(self.connections, request)
        # All parts of an upload carry what it was begun with, whatever other requests have found out.
        checksum = request.summed and (bool(request.upload_id) or self.checksums.sent)
        try:
            return send_with_boto3(self.client, self.bucket, request, checksum=checksum)
        except RemoteError as error:
            if not (checksum and self.checksums.does_without_after(error)):
                raise
            request.body.rewind()
            return send_with_boto3(self.client, self.bucket, request, checksum=False)

    def _dispatch(self, task: Task) -> dict[str, Any]:
        match task.do:
            case Do.BEGIN:
                return self._begin(task)
            case Do.PARTS:
                return self._parts(task)
            case Do.COMPLETE:
                return self._complete(task)
            case Do.ABORT:
                self._throw_away(task)
                return {}
            case Do.DIGEST:
                return self._digest(task)
            case _:
                raise ValueError(task.do)

    def _load(self, task: Task, offset: int, length: int) -> tuple[Body, PartDigest]:
        return self.loader.load(task, offset, length, sha256=self._wants_sha256(task))

    def _wants_sha256(self, task: Task) -> bool:
        return self.checksums.sha256 or task.checksum == "sha256"

    def _digest_as(self, task: Task, part_size: int | None, *, sha256: bool) -> ObjectDigest:
        return digest_file(task.path, FileState(task.size, task.mtime_ns), part_size, sha256=sha256)

    def _put(self, task: Task) -> Steps:
        state = FileState(task.size, task.mtime_ns)
        body, part = self._load(task, 0, task.size)
        digest = join_parts([part], None)
        try:
            written = yield WireRequest(
                task.key,
                body,
                part.md5,
                digest.crc64nvme,
                condition_of(task),
                arguments=self.writing.object_arguments(task.key),
                sha256=part.sha256,
            )
            sent = task.size
        except AlreadyThere:
            # The answer to an earlier try may have been lost: then these are our own bytes.
            (written, digest), sent = self._own_bytes(task.key, digest), 0
        else:
            digest = self._proven(task.key, digest, written)
        return self._done(task.key, state, digest, written.version_id) | {"sent": sent} | self._refused()

    def _part(self, task: Task) -> Steps:
        if task.part_size is None:
            raise ValueError(task.key)
        offset, length = part_range(task.size, task.part_size, task.number)
        body, part = self._load(task, offset, length)
        sent = 0
        if task.etag == part.md5:
            pass
        elif task.there and task.there in {encode_crc64nvme(part.crc64nvme), part.sha256}:
            part = replace(part, stored_as=task.etag)
        else:
            written = yield WireRequest(
                task.key,
                body,
                part.md5,
                encode_crc64nvme(part.crc64nvme) if task.checksum == "crc64nvme" else "",
                upload_id=task.upload_id,
                number=task.number,
                arguments=self.writing.request_arguments(),
                sha256=part.sha256 if task.checksum == "sha256" else "",
            )
            if is_sealed(written.etag) and listed_etag(written.etag) != part.md5:
                # The store compared the MD5 that it was told; the object is proven as a whole when it is complete.
                part = replace(part, stored_as=listed_etag(written.etag))
            else:
                self._compare(task.key, listed_etag(written.etag), part.md5)
            sent = length
        self._write("part", task.upload_id, task.number, part)
        return part_values(part) | {"sent": sent}

    def _digest(self, task: Task) -> dict[str, Any]:
        """Digest a file in the way that the object in the bucket was sent."""
        digest = digest_like(
            self.client, self.bucket, task, partial(self._digest_as, task), sha256=self.checksums.sha256
        )
        self._write("digest", task.key, FileState(task.size, task.mtime_ns), digest)
        return digest_values(digest)
