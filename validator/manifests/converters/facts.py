"""What converters know of an upload and of its objects."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

from validator.errors import UsageError
from validator.manifests.receipt import Receipt
from validator.models.quilt import PhysicalKey
from validator.models.receipt import ReceiptHeader, ReceiptObject

LOSSES_NAMED = 3


@dataclass(frozen=True, slots=True)
class Converted:
    """What a converter wrote.

    Attributes
    ----------
    files
        Number of objects in the new file.
    losses
        What the format could not carry, a sentence each.
    """

    files: int
    losses: tuple[str, ...] = ()


@dataclass(slots=True)
class LeftOut:
    """Objects that a format cannot carry for one reason: how many, and the first of them."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, key: str) -> None:
        """Enter an object."""
        self.count += 1
        if len(self.first) < LOSSES_NAMED:
            self.first.append(key)

    def sentence(self, one: str, many: str) -> tuple[str, ...]:
        """Say it; nothing where there is none."""
        if not self.count:
            return ()
        names = ", ".join(self.first) + (", ..." if self.count > len(self.first) else "")
        return (f"{self.count:,} {one if self.count == 1 else many} ({names})",)


class ReceiptFacts:
    """A receipt as converters read it, as often as they need.

    Parameters
    ----------
    path
        The receipt.

    Attributes
    ----------
    header
        Its first record.
    bucket
        Where the objects lie.
    """

    def __init__(self, path: Path) -> None:
        self._receipt = Receipt(path)
        self.path = path
        self.header: ReceiptHeader = self._receipt.header
        self.bucket = urlsplit(self.header.destination).netloc

    def objects(self) -> Iterator[ReceiptObject]:
        """Every object in the order of the keys."""
        return self._receipt.objects()

    def address(self, key: str) -> str:
        """Web address of an object: at AWS, or at the store that the receipt names."""
        if self.header.endpoint is None:
            return f"https://{self.bucket}.s3.amazonaws.com/{quote(key)}"
        return f"{self.header.endpoint.rstrip('/')}/{self.bucket}/{quote(key)}"

    def physical_key(self, record: ReceiptObject) -> PhysicalKey:
        """Place of an object as Quilt writes it."""
        return PhysicalKey(self.bucket, record.key, record.version_id)

    @property
    def name(self) -> str:
        """What was uploaded, in a few words."""
        said = ", ".join(self.header.datasets)
        return f"{said}, batch {self.header.batch}" if self.header.batch else said

    @property
    def created(self) -> datetime:
        """When the receipt was made."""
        return self.header.created

    @property
    def notes(self) -> Mapping[str, str]:
        """What the contributor says."""
        return self.header.notes


def md5_of(record: ReceiptObject) -> str | None:
    """MD5 of the whole object in hex; an object that was sent in parts has an ETag instead, which is none."""
    return record.etag if record.part_size is None and "-" not in record.etag else None


def crc64nvme_hex(record: ReceiptObject) -> str:
    """CRC64NVME in 16 hex digits."""
    return base64.b64decode(record.crc64nvme).hex()


def require_some(files: int, left_out: LeftOut, path: Path, what: str) -> None:
    """Refuse to write a file that would hold nothing.

    Raises
    ------
    UsageError
        If no object could be carried.
    """
    if not files and left_out.count:
        raise UsageError(
            f"{path} holds no {what} of any object", "Upload with --sha256: the receipt then holds SHA-256s"
        )


def all_have_sha256(records: Iterable[ReceiptObject]) -> bool:
    """Whether every object has its SHA-256."""
    return all(record.sha256 is not None for record in records)
