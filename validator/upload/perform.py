"""Carry out one task: read, digest, send, compare, write it into the journal."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from validator.digests.files import FileState, digest_file
from validator.digests.parts import ObjectDigest, PartDigest, encode_crc64nvme, join_parts, parts_of_etag
from validator.errors import CpgateError, RemoteError
from validator.s3 import multipart, objects
from validator.s3.failures import (
    AlreadyThere,
    ChangedAtOnce,
    CustomerKeyMissing,
    KeysExpired,
    NoRight,
    UploadGone,
)
from validator.s3.limits import part_range
from validator.s3.objects import Condition, RemoteObject, Written, is_sealed, listed_etag
from validator.s3.wire.bodies import Body
from validator.s3.wire.connections import Connections
from validator.s3.wire.delivery import deliver
from validator.s3.wire.requests import WireRequest, send_with_boto3
from validator.s3.writing import ChecksumChoice, Writing
from validator.upload.errands import CUSTOMER_KEY, Conflict, Errand, JournalFull, Steps, Unverifiable
from validator.upload.journal import DoneRecord, Journal, UploadRecord
from validator.upload.likeness import digest_like
from validator.upload.loading import Loader
from validator.upload.proof import prove_sealed, recognise
from validator.upload.tasks import Answer, Do, Task
from validator.upload.values import digest_values, part_values

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Performer:
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
        self.client = client
        self.bucket = bucket
        self.journal = journal
        self.connections = connections
        self.writing = writing or Writing()
        self.loader = loader or Loader()
        self.checksums = connections.checksums if connections else ChecksumChoice(self.writing.checksum)

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

    def _parts(self, task: Task) -> dict[str, Any]:
        """Number, bytes, ETag and checksum of each part in the store; no list where it does not let one look."""
        try:
            found = multipart.find_parts(self.client, self.bucket, task.key, task.upload_id)
        except NoRight:
            return {"parts": None}
        listed = [[part.number, part.size, part.etag, _told(part.checksums)] for part in found.parts]
        return {"parts": listed} | _ends(found.ends)

    def _write(self, record: str, *values: Any) -> None:
        try:
            getattr(self.journal, record)(*values)
        except OSError as error:
            raise JournalFull(f"{error.strerror or error} ({self.journal.folder})") from error

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

    def _begin(self, task: Task) -> dict[str, Any]:
        if task.part_size is None:
            raise ValueError(task.key)
        if task.recover:
            self._abort_unanswered(task.key)
        self._write("intent", task.key)
        begun, checksum = self._begin_upload(task.key)
        upload_id = begun.upload_id
        state = FileState(task.size, task.mtime_ns)
        try:
            self._write("begin", UploadRecord(upload_id, task.key, task.part_size, state, checksum=checksum))
        except JournalFull:
            # Nobody would ever find it again: credentials of a grant cannot list uploads.
            multipart.abort_upload(self.client, self.bucket, task.key, upload_id)
            raise
        if task.recover or begun.retried:
            # An earlier request for the same may have begun another one, or may still be on its way.
            self._write("intent", task.key)
        return {"upload_id": upload_id, "checksum": checksum} | _ends(begun.ends) | self._refused()

    def _begin_upload(self, key: str) -> tuple[multipart.Begun, str]:
        """Begin an upload; what the store says, and with which checksum it was begun: every part has to carry one, then."""
        arguments, checksum = self.writing.object_arguments(key), self.checksums.algorithm
        where = (self.client, self.bucket, key, arguments)
        try:
            return multipart.begin_upload(*where, checksum=checksum), checksum
        except RemoteError as error:
            if not (checksum and self.checksums.does_without_after(error)):
                raise
            return multipart.begin_upload(*where), ""

    def _complete_upload(self, task: Task) -> Written:
        where = (self.client, self.bucket, task.key, task.upload_id, task.etags, condition_of(task))
        common = self.writing.request_arguments()
        whole = multipart.whole_arguments(task.size, task.checksum, task.crc) if task.checksum else {}
        sums = [multipart.part_checksum(task.checksum, value) for value in task.sums]
        try:
            return multipart.complete_upload(*where, whole | common, sums)
        except RemoteError as error:
            if not (task.checksum and self.checksums.does_without_after(error)):
                raise
            return multipart.complete_upload(*where, common)

    def _throw_away(self, task: Task) -> None:
        multipart.abort_upload(self.client, self.bucket, task.key, task.upload_id)
        self._write("end", task.upload_id)

    def _abort_unanswered(self, key: str) -> None:
        """Abort uploads of a key that were begun without an answer: those that hold no part yet."""
        for upload in multipart.try_list_uploads(self.client, self.bucket, key) or []:
            if upload.key == key:
                multipart.abort_if_empty(self.client, self.bucket, key, upload.upload_id)

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

    def _complete(self, task: Task) -> dict[str, Any]:
        digest = ObjectDigest(
            task.size, task.expected, task.part_size, len(task.etags), task.crc, task.sha256
        )
        try:
            written = self._complete_upload(task)
        except AlreadyThere as error:
            try:
                there, own = self._look(task.key, digest)
            except Conflict:
                self._throw_away(task)
                raise
            self._throw_away(task)
            if there is None or own is None:
                raise Conflict(there) from error
            written = _as_written(there)
        except RemoteError as error:
            # The answer to an earlier try may have been lost; if not, the first error stands.
            there, own = self._look(task.key, digest)
            if there is None or own is None:
                if not isinstance(error, ChangedAtOnce):
                    raise
                # S3 user guide, "Conditional writes": after a 409 the whole multipart upload is begun again.
                self._throw_away(task)
                raise UploadGone(error.what, error.mend) from error
            if not isinstance(error, UploadGone):
                # Or another uploader has written the same bytes, and these parts would lie there for ever.
                multipart.abort_upload(self.client, self.bucket, task.key, task.upload_id)
            written = _as_written(there)
        else:
            own = None
        self._write("end", task.upload_id)
        if own is None:
            own = self._proven(task.key, digest, written if written.etag else self._written_there(task.key))
        state = FileState(task.size, task.mtime_ns)
        return self._done(task.key, state, own, written.version_id) | {"sent": 0}

    def _digest(self, task: Task) -> dict[str, Any]:
        """Digest a file in the way that the object in the bucket was sent."""
        digest = digest_like(
            self.client, self.bucket, task, partial(self._digest_as, task), sha256=self.checksums.sha256
        )
        self._write("digest", task.key, FileState(task.size, task.mtime_ns), digest)
        return digest_values(digest)

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
        return _as_written(there), own

    def _written_there(self, key: str) -> Written:
        there = objects.head_object(self.client, self.bucket, key)
        return _as_written(there) if there else Written("none")

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
        moment = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._write("done", DoneRecord(key, state, digest, moment, version_id))
        return digest_values(digest) | {"at": moment, "version_id": version_id}


def _ends(moment: datetime | None) -> dict[str, str]:
    """When a rule of the bucket throws an upload away, if one does."""
    return {"ends": moment.isoformat()} if moment else {}


def _as_written(there: RemoteObject) -> Written:
    return Written(there.etag, there.version_id)


def condition_of(task: Task) -> Condition | None:
    """What must be true at the key of a task."""
    return Condition(task.replaces) if task.conditional else None


def _told(checksums: Mapping[str, bytes]) -> str:
    """The checksum that a store tells of a part, base64; empty if it tells none."""
    return next((base64.b64encode(value).decode("ascii") for value in checksums.values()), "")
