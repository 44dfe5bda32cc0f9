"""Where the bytes of an upload come from when it is another bucket: fetched in ranges, or copied by the store itself.

The mark of a task (see `validator.models.listing.Entry`) tells whether an object is still the one that was
listed: every answer of a store names the ETag of what it speaks of.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from validator.digests.files import FileChanged
from validator.digests.parts import (
    ObjectDigest,
    PartDigest,
    decode_crc64nvme,
    digest_pieces,
    encode_crc64nvme,
    join_parts,
    parts_of_etag,
)
from validator.models.listing import object_mark
from validator.s3.failures import AlreadyThere, ObjectMissing
from validator.s3.limits import MAX_PARTS, MIB, MIN_PART_SIZE, part_count
from validator.s3.objects import Condition, Written, head_object, is_sealed, listed_etag
from validator.s3.originals import (
    LARGEST_COPY,
    Original,
    copy_part,
    copy_whole,
    fetch_range,
    look_at,
    split_address,
)
from validator.s3.part_sizes import fitting_part_sizes
from validator.s3.writing import Writing
from validator.upload.tasks import Task

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LARGEST_IN_MEMORY = 32 * MIB
"""Bytes of a part that may come through this machine; an object of larger parts is cut anew."""
FETCH_BYTES = 8 * MIB
REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class CopiedObject:
    """A copy that the store made: what it says it has written, and the digests of the original."""

    written: Written
    digest: ObjectDigest


class Originals:
    """Objects of another bucket, as a source of bytes; safe to call from several threads.

    Parameters
    ----------
    client
        Reads them.
    """

    def __init__(self, client: "S3Client") -> None:
        self._client = client
        self._look = lru_cache(REMEMBERED)(self._look_at)

    def _look_at(self, path: str, mark: int) -> Original:
        original = look_at(self._client, *split_address(path))
        if original is None or object_mark(original.etag) != mark:
            raise FileChanged(path)
        return original

    def original(self, task: Task) -> Original:
        """What the store tells of the object of a task.

        Raises
        ------
        FileChanged
            If it is another one than was listed.
        """
        return self._look(task.path, task.mtime_ns)

    def known_digest(self, task: Task) -> ObjectDigest | None:
        """Digests of the object as far as the store tells them; ``None`` if something is missing."""
        original = self.original(task)
        parts = parts_of_etag(original.etag)
        if not original.plain or parts is None or original.crc64nvme is None:
            return None
        if parts == 0:
            return ObjectDigest(original.size, original.etag, None, 1, original.crc64nvme)
        size = _own_part_size(original)
        return (
            None
            if size is None
            else ObjectDigest(original.size, original.etag, size, parts, original.crc64nvme)
        )

    def fetch(self, task: Task, offset: int, length: int) -> bytes:
        """Bytes of the object that was listed, and of no other.

        Raises
        ------
        FileChanged
            If another lies there by now.
        CredentialsError, RemoteError
            If the store refuses.
        """
        try:
            data, etag = fetch_range(self._client, *split_address(task.path), offset, length)
        except (ObjectMissing, AlreadyThere) as error:
            raise FileChanged(task.path) from error
        if object_mark(etag) != task.mtime_ns or len(data) != length:
            raise FileChanged(task.path)
        return data

    def part_size(self, task: Task) -> int | None:
        """Size of the object's own parts, by which its ETag is kept; that of the task where it cannot be."""
        original = self.original(task)
        size = _own_part_size(original)
        if size is None or size < MIN_PART_SIZE or part_count(task.size, size) > MAX_PARTS:
            return task.part_size
        return size

    def digest(self, task: Task, part_size: int | None) -> ObjectDigest:
        """ETag and CRC64NVME of the object if it had parts of this size, in one read."""
        if part_size is None:
            return join_parts([self.digest_range(task, 0, task.size)], None)
        starts = range(0, max(1, task.size), part_size)
        return join_parts(
            [self.digest_range(task, start, min(part_size, task.size - start)) for start in starts],
            part_size,
        )

    def digest_range(self, task: Task, offset: int, length: int) -> PartDigest:
        """Digests of some bytes of the object, a few MiB of them in memory at once."""
        return digest_pieces(self._pieces(task, offset, length))

    def _pieces(self, task: Task, offset: int, length: int) -> Iterator[bytes]:
        end = offset + length
        for start in range(offset, end, FETCH_BYTES):
            yield self.fetch(task, start, min(FETCH_BYTES, end - start))

    def prove(self, task: Task) -> None:
        """Make sure that parts of the object's own size make up the very object that was listed.

        Raises
        ------
        FileChanged
            If they do not: it was replaced while its parts were copied.
        """
        original = self.original(task)
        kept = original.plain and task.part_size == _own_part_size(original)
        if kept and object_mark(task.expected) != task.mtime_ns:
            raise FileChanged(task.path)


class CopyingStore:
    """A store that copies objects by itself, so that no byte of them comes here.

    Where it tells no CRC64NVME of what it copied, the bytes are fetched once for it, but not sent.

    Parameters
    ----------
    client, bucket
        Where objects go; the keys of the client may read the originals, too.
    originals
        Where they come from.
    writing
        Options of what is written.
    conditional
        Whether the store honours conditions of copies; if not, it is asked before what lies at the key.
    """

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        originals: Originals,
        writing: Writing | None = None,
        *,
        conditional: bool,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._originals = originals
        self._writing = writing or Writing()
        self._conditional = conditional

    def copy(self, task: Task, condition: Condition | None) -> CopiedObject | None:
        """Copy an object that was sent with a single PUT; ``None`` for one whose ETag would change.

        Raises
        ------
        AlreadyThere
            If the condition does not hold.
        FileChanged
            If the object is not the one that was listed.
        """
        original = self._originals.original(task)
        if not original.plain or parts_of_etag(original.etag) != 0 or original.size > LARGEST_COPY:
            return None
        if not self._conditional and condition is not None:
            self._require(task, condition)
        written, checksum = copy_whole(
            self._client,
            original,
            self._bucket,
            task.key,
            condition,
            self._writing.copy_arguments(task.key),
        )
        checksum = checksum or original.crc64nvme
        if checksum is None:
            digest = self._originals.digest(task, None)
        else:
            digest = ObjectDigest(original.size, original.etag, None, 1, checksum)
        return CopiedObject(written, digest)

    def _require(self, task: Task, condition: Condition) -> None:
        there = head_object(self._client, self._bucket, task.key)
        if (listed_etag(there.etag) if there else None) != condition.replaces:
            raise AlreadyThere(f"another object lies at s3://{self._bucket}/{task.key}", "see --replace")

    def copy_part(self, task: Task, offset: int, length: int) -> PartDigest | None:
        """Copy one part; ``None`` where its ETag would not be known to be right."""
        original = self._originals.original(task)
        if not original.plain or _own_part_size(original) != task.part_size:
            return None
        try:
            etag, checksum = copy_part(
                self._client,
                original,
                self._bucket,
                task.key,
                task.upload_id,
                task.number,
                offset,
                length,
                self._writing.request_arguments(),
            )
        except AlreadyThere as error:  # the condition is about the original
            raise FileChanged(task.path) from error
        sealed = is_sealed(etag)
        if checksum is None if sealed else parts_of_etag(etag) != 0:
            return None
        if not sealed and checksum is not None:
            return PartDigest(length, etag, decode_crc64nvme(checksum))
        # Receipts hold MD5s, of what is encrypted with KMS, too: the bytes are fetched for it, but not sent.
        part = self._originals.digest_range(task, offset, length)
        proven = encode_crc64nvme(part.crc64nvme) == checksum if sealed else part.md5 == etag
        if not proven:
            raise FileChanged(task.path)
        return replace(part, stored_as=listed_etag(etag)) if sealed else part


def _own_part_size(original: Original) -> int | None:
    parts = parts_of_etag(original.etag)
    if not parts:
        return None
    if original.part_size is not None:
        fits = part_count(original.size, original.part_size) == parts
        return original.part_size if fits else None
    fitting = fitting_part_sizes(original.size, parts)
    return fitting[0] if fitting else None
