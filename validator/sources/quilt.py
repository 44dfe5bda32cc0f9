"""A published Quilt package: its manifest, read without quilt3, and its entries as files of a dataset.

The form is that of quilt3 (``quilt3.packages``): ``.quilt/named_packages/<name>/latest`` holds the hash of the
latest revision, ``.quilt/packages/<hash>`` its manifest, JSON lines of which the first is about the package. The
hash that names a manifest is the SHA-256 of its content in a canonical spelling, physical keys apart.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from pydantic import ConfigDict, Field

from validator.errors import NothingChecked, UnreadableFile, UsageError
from validator.models.late_model import LateModel
from validator.models.listing import Entry, Scan, SourceFacts, Trouble
from validator.models.quilt import HASH_TYPES, PackageAddress, PackageEntry, PackageHash, PhysicalKey
from validator.s3.client import S3Settings, make_client
from validator.s3.objects import list_objects
from validator.s3.reading import HEADS_SUFFICE, SMALLEST_RANGE, WHOLE, open_object
from validator.s3.versions import head_version
from validator.sources.keys import KeyFolders, Relocation, names_below, place_keys, shared_beginning

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MANIFESTS = ".quilt/packages/"
POINTERS = ".quilt/named_packages/"
_CONNECTIONS = 32
_WHOLE_HASH = 64
_LONGEST_POINTER = 1024
_LONGEST_LINE = 8 << 20
"""quilt3 writes no line of more than 1 MB; what is cut here is no JSON."""
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class _Hash(LateModel):
    type: str
    value: str


class _EntryLine(LateModel):
    """A line of a manifest about a file."""

    model_config = ConfigDict(extra="ignore")

    logical_key: str = Field(min_length=1)
    physical_keys: list[str] = Field(min_length=1)
    size: int = Field(ge=0)
    hash: _Hash
    meta: dict[str, Any] | None = None


class QuiltSource:
    """The entries of a published package, as files with the keys that it gives them.

    Parameters
    ----------
    address
        ``quilt+s3://bucket#package=ns/name``, with ``@`` and the hash of a revision or its first digits.
    settings
        How to reach the stores of the registry and of the objects.
    dataset
        ``project/source`` where the keys of the entries do not say it.

    Attributes
    ----------
    root
        The address, with the whole hash of the revision.
    entries
        What the package holds, by logical key.
    meta
        What it says about itself.
    in_gallery
        Whether the keys of its entries are the Gallery's; if not, `prefix` is empty.
    prefix, complete, facts
        As of every source. A package that declares itself a subset, or rests upon uploads of a part, is not complete.
    client
        For the stores.

    Raises
    ------
    UsageError
        If there is no such package or revision.
    NothingChecked
        If it has no entries.
    UnreadableFile
        If its manifest is damaged.
    RemoteError, CredentialsError
        If the registry cannot be read.
    """

    facts = SourceFacts("package", ("times",))

    def __init__(self, address: str, settings: S3Settings, dataset: str | None = None) -> None:
        said = PackageAddress.parse(address)
        self.client: S3Client = make_client(settings, _CONNECTIONS)
        self.address = PackageAddress(said.bucket, said.name, _resolve(self.client, said))
        self.root = str(self.address)
        self.meta: dict[str, Any] = {}
        self._troubles: list[Trouble] = []
        self.entries: dict[str, PackageEntry] = {}
        self._read()
        if not self.entries:
            raise NothingChecked(f"Nothing was checked: {self.root} has no entries.", "Check the name.")
        self._judge_hashes()
        folders = {key.rpartition("/")[0] + "/" for key in self.entries if "/" in key}
        self._part = shared_beginning(sorted(folders))
        self.prefix, self.in_gallery = "", True
        try:
            self.prefix = place_keys(self._part, dataset, names_below(self._part, folders), self.root)
        except UsageError:
            if dataset is not None:
                raise
            self._part, self.in_gallery = "", False
        self.complete = self.prefix.count("/") <= 2 and not _is_part(self.meta)

    def _read(self) -> None:
        digest = hashlib.sha256()
        for number, line in enumerate(self._lines(), start=1):
            try:
                content = json.loads(line)
                if not isinstance(content, dict):
                    raise self._damaged(number)
                if number == 1:
                    content.pop("top_hash", None)  # of manifests before 2018
                    user_meta = content.get("user_meta")
                    self.meta = user_meta if isinstance(user_meta, dict) else {}
                    digest.update(_canonical(content).encode())
                elif content.get("physical_keys"):
                    self._take(content)
                    hashed = {name: content.get(name) for name in ("hash", "logical_key", "meta", "size")}
                    digest.update(_canonical(hashed).encode())
            except (ValueError, RecursionError) as error:
                raise self._damaged(number) from error
        if digest.hexdigest() != self.address.top_hash:
            key = MANIFESTS + self.address.top_hash
            detail = f"the hash of what it holds begins with {digest.hexdigest()[:10]}"
            self._troubles.append(
                Trouble("package-manifest", key, f"s3://{self.address.bucket}/{key}", detail)
            )

    def _lines(self) -> Iterator[bytes]:
        key = MANIFESTS + self.address.top_hash
        there = head_version(self.client, self.address.bucket, key)
        if there is None:
            raise UsageError(
                f"There is no revision {self.address.top_hash[:10]} in s3://{self.address.bucket}.",
                "Leave the part from @ on out to check the latest one.",
            )
        try:
            with open_object(self.client, self.address.bucket, key, there.size, first=WHOLE) as stream:
                yield from iter(lambda: stream.readline(_LONGEST_LINE), b"")
        except OSError as error:
            raise UnreadableFile(
                f"The manifest of {self.root} cannot be read to its end: {error.strerror}.", "Check again."
            ) from error

    def _take(self, content: dict[str, Any]) -> None:
        line = _EntryLine.model_validate(content)
        user_meta = (line.meta or {}).get("user_meta")
        self.entries[line.logical_key] = PackageEntry(
            line.logical_key,
            PhysicalKey.parse(line.physical_keys[0]),
            line.size,
            PackageHash(line.hash.type, line.hash.value),
            user_meta if isinstance(user_meta, dict) else {},
        )

    def _damaged(self, number: int) -> UnreadableFile:
        return UnreadableFile(
            f"Line {number:,} of the manifest of {self.root} is damaged, or names something that is not in a bucket.",
            "Publish the package again.",
            f"line {number}",
        )

    def _judge_hashes(self) -> None:
        first: dict[str, str] = {}
        for key, entry in self.entries.items():
            first.setdefault(entry.hash.type, key)
        for number, (sort, key) in enumerate(first.items()):
            if sort not in HASH_TYPES:
                self._troubles.append(
                    Trouble("package-hashes", key, "", f"{sort}, which quilt3 does not know")
                )
            elif number:
                self._troubles.append(
                    Trouble("package-hashes", key, "", f"{sort}, after {next(iter(first))}")
                )

    def scan(self) -> Scan:
        """Every folder of the package, and what is wrong with its manifest."""
        yield from self._troubles
        folders = KeyFolders(f"{self.root}/")
        for key, entry in sorted(self.entries.items()):
            folders.add(key, entry.size, 0)
        yield from Relocation(self._part, self.prefix).move(folders.take_all())

    def open(self, entry: Entry) -> BinaryIO:
        """Open the object of an entry in the version that the package names.

        Raises
        ------
        OSError
            When the store does not hand it out.
        """
        place = self.entries[entry.path.removeprefix(f"{self.root}/")].place
        first = SMALLEST_RANGE if entry.key.lower().endswith(HEADS_SUFFICE) else WHOLE
        return open_object(
            self.client, place.bucket, place.key, entry.size, first=first, version_id=place.version_id
        )


def _resolve(client: "S3Client", address: PackageAddress) -> str:
    """The whole hash of the revision that an address means.

    Raises
    ------
    UsageError
        If there is none, or more than one.
    """
    if len(address.top_hash) == _WHOLE_HASH:
        return address.top_hash
    if not address.top_hash:
        return _latest(client, address)
    found = [
        entry.key.removeprefix(MANIFESTS)
        for entry in list_objects(client, address.bucket, MANIFESTS + address.top_hash)
    ]
    if len(found) != 1:
        what = "no revision" if not found else f"{len(found):,} revisions"
        raise UsageError(
            f"There is {what} in s3://{address.bucket} whose hash begins with {address.top_hash}.",
            "Give more digits of it, or leave the part from @ on out to check the latest one.",
        )
    return found[0]


def _latest(client: "S3Client", address: PackageAddress) -> str:
    key = f"{POINTERS}{address.name}/latest"
    there = head_version(client, address.bucket, key)
    if there is None:
        raise UsageError(
            f"There is no package {address.name} in s3://{address.bucket}.",
            "Check the name and the registry.",
        )
    with open_object(client, address.bucket, key, min(there.size, _LONGEST_POINTER)) as stream:
        said = stream.read().decode("ascii", "replace").strip()
    if len(said) != _WHOLE_HASH or not set(said) <= set("0123456789abcdef"):
        raise UnreadableFile(
            f"s3://{address.bucket}/{key} does not hold the hash of a revision.", "Publish the package again."
        )
    return said


def _is_part(meta: dict[str, Any]) -> bool:
    """Whether a package says that it is a part of something: a subset, or of uploads that were narrowed."""
    receipts = meta.get("receipts")
    narrowed = receipts if isinstance(receipts, list) else []
    return "subset" in meta or any(isinstance(about, dict) and about.get("narrowed") for about in narrowed)
