"""Carry out what begins, lists, completes and aborts multipart uploads."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from validator.digests.files import FileState
from validator.digests.parts import ObjectDigest
from validator.errors import RemoteError
from validator.s3 import multipart
from validator.s3.failures import AlreadyThere, ChangedAtOnce, NoRight, UploadGone
from validator.s3.objects import Written
from validator.upload.errands import Conflict, JournalFull
from validator.upload.journal import UploadRecord
from validator.upload.perform_proof import Proving, as_written, condition_of
from validator.upload.tasks import Task


class MultipartSteps(Proving):
    """What is done about a multipart upload as a whole, each with one or a few requests of boto3."""

    def _parts(self, task: Task) -> dict[str, Any]:
        """Number, bytes, ETag and checksum of each part in the store; no list where it does not let one look."""
        try:
            found = multipart.find_parts(self.client, self.bucket, task.key, task.upload_id)
        except NoRight:
            return {"parts": None}
        listed = [[part.number, part.size, part.etag, _told(part.checksums)] for part in found.parts]
        return {"parts": listed} | _ends(found.ends)

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
            written = as_written(there)
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
            written = as_written(there)
        else:
            own = None
        self._write("end", task.upload_id)
        if own is None:
            own = self._proven(task.key, digest, written if written.etag else self._written_there(task.key))
        state = FileState(task.size, task.mtime_ns)
        return self._done(task.key, state, own, written.version_id) | {"sent": 0}

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


def _ends(moment: datetime | None) -> dict[str, str]:
    """When a rule of the bucket throws an upload away, if one does."""
    return {"ends": moment.isoformat()} if moment else {}


def _told(checksums: Mapping[str, bytes]) -> str:
    """The checksum that a store tells of a part, base64; empty if it tells none."""
    return next((base64.b64encode(value).decode("ascii") for value in checksums.values()), "")
