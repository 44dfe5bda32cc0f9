"""A manifest beside a bucket: two sorted streams for many objects, one question each for few."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from validator.checks.pool import in_threads
from validator.digests.parts import parts_of_etag
from validator.errors import RemoteError
from validator.models.claim import Claim
from validator.models.finding import Finding
from validator.models.progress import Step
from validator.s3.attributes import ObjectAttributes, head_attributes
from validator.s3.failures import CustomerKeyMissing
from validator.s3.grant import READ
from validator.s3.limits import MAX_KEY_BYTES
from validator.s3.objects import RemoteObject, first_part_size, list_objects
from validator.s3.settings import S3Settings
from validator.upload.destination import Destination, granted_prefix
from validator.upload.remote import SHALLOW_SEGMENTS, listing_prefixes
from validator.workflows.verify_objects import (
    agrees_as_listed,
    judge_customer_key,
    judge_object,
    judge_unreachable,
    judge_version_gone,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REQUESTS_AT_ONCE = 16


@dataclass
class ListedFolder:
    """A listing that is read as far as the keys that are asked for, which come in their order."""

    objects: Iterator[RemoteObject]
    current: RemoteObject | None = None
    ended: bool = field(default=False)

    def find(self, key: str) -> RemoteObject | None:
        """What lies at a key; never asks for one before the last."""
        while not self.ended and (self.current is None or self.current.key < key):
            self.current = next(self.objects, None)
            self.ended = self.current is None
        return self.current if self.current is not None and self.current.key == key else None


class BucketListing:
    """What a bucket lists at keys that come in their order; a page of each folder in use is held in memory.

    Parameters
    ----------
    client, bucket
        Where to look.
    folders
        Folders of the keys.
    """

    def __init__(self, client: "S3Client", bucket: str, folders: Iterable[str]) -> None:
        self._client = client
        self._bucket = bucket
        self._deep, _ = listing_prefixes(f"{folder}/" for folder in folders)
        self._open: dict[str, ListedFolder] = {}

    def find(self, key: str) -> RemoteObject | None:
        """What lies at a key; keys are asked for in their order."""
        prefix, direct = self._prefix_of(key)
        if prefix not in self._open:
            for done in [other for other in self._open if not key.startswith(other)]:
                del self._open[done]
            self._open[prefix] = ListedFolder(list_objects(self._client, self._bucket, prefix, direct=direct))
        return self._open[prefix].find(key)

    def _prefix_of(self, key: str) -> tuple[str, bool]:
        folder = key.rpartition("/")[0]
        if folder.count("/") < SHALLOW_SEGMENTS:
            return f"{folder}/".lstrip("/"), True
        return self._deep[bisect_right(self._deep, key) - 1], False


@dataclass
class Tally:
    """Counts, from several threads."""

    count: int = 0
    _lock: Lock = field(default_factory=Lock)

    def add(self) -> None:
        """One more."""
        with self._lock:
            self.count += 1


@dataclass(frozen=True, slots=True)
class BucketQuestion:
    """How claims are compared with a bucket.

    Attributes
    ----------
    client, bucket
        Where to look; a claim may name another bucket.
    prefix
        What comes before the names of the claims in the keys.
    by_checksum
        Objects whose ETag is another one than is stated, and whose checksum is the same: encrypted with KMS, or sent
        in other parts.
    """

    client: "S3Client"
    bucket: str | None
    prefix: str = ""
    by_checksum: Tally = field(default_factory=Tally)

    def compare_listed(
        self, claims: Iterable[Claim], folders: Iterable[str], step: Step
    ) -> Iterator[Finding]:
        """Compare claims (in the order of their names) with a listing; ask again only where it does not agree."""
        assert self.bucket is not None
        listing = BucketListing(self.client, self.bucket, (self.prefix + folder for folder in folders))
        yield from self._ask_again(self._doubtful(claims, listing, step))

    def compare_each(self, claims: Iterable[Claim], step: Step) -> Iterator[Finding]:
        """Ask for each object by itself, several at a time."""
        for finding in in_threads(self._ask, claims, REQUESTS_AT_ONCE):
            step.advance()
            if finding is not None:
                yield finding

    def _doubtful(
        self, claims: Iterable[Claim], listing: BucketListing, step: Step
    ) -> Iterator[tuple[Claim, RemoteObject | None]]:
        for claim in claims:
            there = listing.find(self.prefix + claim.name)
            step.advance()
            if there is None or not agrees_as_listed(claim, there):
                yield claim, there

    def _ask_again(self, doubtful: Iterable[tuple[Claim, RemoteObject | None]]) -> Iterator[Finding]:
        for finding in in_threads(lambda pair: self._second_look(*pair), doubtful, REQUESTS_AT_ONCE):
            if finding is not None:
                yield finding

    def _second_look(self, claim: Claim, there: RemoteObject | None) -> Finding | None:
        if there is None and claim.version_id is None:
            return judge_object(claim, None)
        if there is not None and claim.version_id is None and claim.size not in (None, there.size):
            listed = ObjectAttributes(there.key, there.size, there.etag, there.modified, None, {})
            return judge_object(claim, listed)
        return self._ask(claim)

    def _ask(self, claim: Claim) -> Finding | None:
        bucket, key = claim.bucket or self.bucket, self.prefix + claim.name
        if not bucket or not _may_be_key(key):
            return judge_unreachable(claim)
        try:
            there = head_attributes(self.client, bucket, key, claim.version_id)
        except CustomerKeyMissing:
            return judge_customer_key(claim)
        if there is None:
            # HEAD gives no reason for a 404: a listing tells a bucket that does not exist from a key that does not.
            next(list_objects(self.client, bucket, key, page_size=1), None)
            if claim.version_id is not None:
                return judge_version_gone(claim, head_attributes(self.client, bucket, key))
        finding = judge_object(claim, there)
        if finding is None and there is not None and claim.etag not in (None, there.etag):
            self.by_checksum.add()
        if finding is None or there is None or not (claim.part_size and parts_of_etag(there.etag)):
            return finding
        try:
            first_part = first_part_size(self.client, bucket, key)
        except RemoteError:  # not every store answers this
            return finding
        return judge_object(claim, there, first_part)


def granted(
    s3: S3Settings, buckets: Collection[str], datasets: Collection[str], prefix: str = ""
) -> S3Settings:
    """Settings with what is asked of a grant: reading where the objects of a manifest lie.

    Parameters
    ----------
    s3
        Settings; without a grant they stay as they are.
    buckets, datasets
        Where the objects lie; a grant is for the first bucket.
    prefix
        What was named as destination of an upload.
    """
    if s3.grant is None or not buckets or not datasets:
        return s3
    bucket = min(buckets)
    return s3.at(bucket, granted_prefix(Destination(bucket, prefix), datasets), READ)


def _may_be_key(name: str) -> bool:
    """Whether S3 could hold an object of this name at all: UTF-8, at most 1,024 bytes."""
    try:
        return 0 < len(name.encode()) <= MAX_KEY_BYTES
    except UnicodeEncodeError:
        return False
