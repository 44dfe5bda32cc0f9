"""Digest a file in the way that an object was sent, so that the two can be compared."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from validator.digests.parts import ObjectDigest, parts_of_etag
from validator.errors import RemoteError
from validator.s3.failures import CustomerKeyMissing
from validator.s3.objects import first_part_size, is_sealed, listed_etag
from validator.s3.part_sizes import fitting_part_sizes
from validator.upload.errands import CUSTOMER_KEY, Unverifiable
from validator.upload.proof import CRC64NVME, SHA256S, agreement, ask_checksums
from validator.upload.tasks import Task

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class DigestAs(Protocol):
    """Reads the bytes once."""

    def __call__(self, part_size: int | None, *, sha256: bool) -> ObjectDigest:
        """Digests of them if they were sent in parts of this size."""


def digest_like(
    client: "S3Client", bucket: str, task: Task, digest_as: DigestAs, *, sha256: bool
) -> ObjectDigest:
    """Digest what a task is about; the digest that compares with the object in the bucket.

    Parameters
    ----------
    client, bucket
        Where the object lies.
    task
        Its key, its ETag as it is listed, bytes of the file.
    digest_as
        Reads the file.
    sha256
        Whether its SHA-256 is wanted anyway.

    Raises
    ------
    Unverifiable
        If nothing that the store tells can be compared.
    """
    sizes = _part_sizes(client, bucket, task)
    first = digest_as(sizes[0], sha256=sha256) if sizes else None
    if first is not None and first.etag == task.etag:
        return first
    return _digest_by_checksum(client, bucket, task, digest_as, sizes, first)


def _digest_by_checksum(
    client: "S3Client",
    bucket: str,
    task: Task,
    digest_as: DigestAs,
    sizes: Sequence[int | None],
    first: ObjectDigest | None,
) -> ObjectDigest:
    """The same where the first guess was wrong: other bytes, other parts, or an ETag that says nothing."""
    there = ask_checksums(client, bucket, task.key)
    same = there is not None and listed_etag(there.etag) == task.etag
    told = there.checksums if there is not None and same else {}
    if first is None and told:
        sizes = [None]
    sha256, digest, compared = not told.keys().isdisjoint(SHA256S), first, False
    for part_size in sizes:
        if digest is None or part_size != sizes[0] or (sha256 and not digest.sha256):
            digest = digest_as(part_size, sha256=sha256)
        if digest.etag == task.etag:
            return digest
        agreed = agreement(digest, told)
        if agreed:
            return replace(digest, stored_as=task.etag)
        compared = compared or agreed is False
        if compared and CRC64NVME in told:  # whatever the parts were
            return digest
    if digest is None or (there is not None and same and is_sealed(there.etag) and not compared):
        raise Unverifiable
    return digest


def _part_sizes(client: "S3Client", bucket: str, task: Task) -> list[int | None]:
    parts = parts_of_etag(task.etag)
    if parts is None:
        return []
    if parts == 0:
        return [None]
    if parts == 1:
        return [task.size or 1]
    try:
        told = first_part_size(client, bucket, task.key)
    except CustomerKeyMissing as error:
        raise Unverifiable(CUSTOMER_KEY) from error
    except RemoteError:  # not every store answers this; the sizes in use are tried instead
        told = None
    return [told] if told else [*fitting_part_sizes(task.size, parts)]
