"""A dataset in a bucket."""

from collections.abc import Collection
from typing import TYPE_CHECKING, BinaryIO

from validator.errors import CredentialsError, NothingChecked, UsageError
from validator.models.listing import Entry, Scan, SourceFacts, object_mark
from validator.models.package import NODE_KINDS, SCHEMA_NAMES
from validator.s3.client import S3Settings, make_client
from validator.s3.grant import READ
from validator.s3.objects import list_folders, list_objects
from validator.s3.reading import HEADS_SUFFICE, SMALLEST_RANGE, WHOLE, open_object
from validator.sources.bucket_listing import list_side_by_side
from validator.sources.keys import RECEIPTS, KeyFolders, Relocation, place_keys
from validator.sources.package import looks_like_package

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PAGE = 1000
_CONNECTIONS = 32


class BucketSource:
    """What lies below a prefix of a bucket.

    Parameters
    ----------
    address
        ``s3://bucket`` or ``s3://bucket/prefix``; the prefix is a folder, with or without its slash.
    settings
        How to reach the store.
    dataset
        ``project/source`` where the prefix and the keys do not say it.
    marks
        Whether entries have a mark that stands for their ETag; an upload needs it, a check does not.

    Attributes
    ----------
    root
        The address.
    prefix
        Key prefix in the Gallery that it stands for.
    complete
        Whether it holds whole datasets.
    is_package
        Whether it is a package in the style of the Allen Institute, whose keys begin at its root.
    facts
        What sort of source it is.

    Raises
    ------
    UsageError
        If it is no address of a bucket, or does not say which project and source it is.
    RemoteError
        If there is no such bucket, or the store cannot be reached.
    CredentialsError
        If keys are missing, wrong, or may not list the bucket.
    """

    facts = SourceFacts("bucket")

    def __init__(
        self, address: str, settings: S3Settings, dataset: str | None = None, *, marks: bool = False
    ) -> None:
        self._marks = marks
        self._bucket, _, prefix = address[len("s3://") :].partition("/")
        if not self._bucket or "//" in prefix:
            raise UsageError(f"{address} is not a bucket.", "Write it as s3://bucket or s3://bucket/prefix.")
        self._part = prefix.rstrip("/") + "/" if prefix.rstrip("/") else ""
        self.root = f"s3://{self._bucket}/{self._part}".rstrip("/")
        self._client: S3Client = make_client(settings.at(self._bucket, self._part, READ), _CONNECTIONS)
        try:
            below = list_folders(self._client, self._bucket, self._part)
        except CredentialsError as error:
            if not settings.anonymous:
                raise
            raise CredentialsError(
                f"{self.root} cannot be listed without credentials",
                "leave --anonymous out, or name a --profile",
            ) from error
        if not below and not self._holds_something():
            raise NothingChecked(
                f"Nothing was checked: there is no object below {self.root}/", "Check the prefix."
            )
        self.is_package = dataset is None and self._looks_like_package(frozenset(below))
        self.prefix = "" if self.is_package else self._placed(dataset, below)
        self.complete = self.prefix.count("/") <= 2

    def _holds_something(self, name: str = "") -> bool:
        some = list_objects(self._client, self._bucket, self._part + name, page_size=1)
        return next(some, None) is not None

    def _looks_like_package(self, below: frozenset[str]) -> bool:
        if looks_like_package(below) or below.isdisjoint(NODE_KINDS):
            return looks_like_package(below)
        return self._holds_something(SCHEMA_NAMES[0]) and looks_like_package(below | {SCHEMA_NAMES[0]})

    def _placed(self, dataset: str | None, below: Collection[str]) -> str:
        try:
            return place_keys(self._part, dataset, below, self.root)
        except UsageError as error:
            if dataset is not None:
                raise
            mend = "Say what they are with --dataset project/source, or name the prefix above images/ and workspace/."
            raise UsageError(error.what, mend) from error

    def scan(self) -> Scan:
        """List everything: folders as soon as they are complete, and what has no key in the Gallery.

        Raises
        ------
        RemoteError, CredentialsError
            If the store refuses or cannot be reached.
        """
        folders = KeyFolders(f"s3://{self._bucket}/")
        move = Relocation(self._part, self.prefix).move
        listed = list_side_by_side(self._client, self._bucket, self._part)
        receipts = f"{self._part}{RECEIPTS}/"
        for number, found in enumerate(listed, start=1):
            if self.is_package and found.key.startswith(receipts):
                continue
            modified_ns = round(found.modified.timestamp() * 1e6) * 1000
            mark = object_mark(found.etag) if self._marks else None
            folders.add(found.key, found.size, modified_ns, mark)
            if number % _PAGE == 0:
                yield from move(folders.take_before(found.key))
        yield from move(folders.take_all())

    def open(self, entry: Entry) -> BinaryIO:
        """Open an object for reading: small tables come whole, of images only what is looked at.

        Raises
        ------
        OSError
            When the store does not hand it out.
        """
        key = entry.path.removeprefix(f"s3://{self._bucket}/")
        first = SMALLEST_RANGE if entry.key.lower().endswith(HEADS_SUFFICE) else WHOLE
        return open_object(self._client, self._bucket, key, entry.size, first=first)
