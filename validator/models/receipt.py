"""The receipt of an upload: a header, one record per object in the order of their keys, an end record.

Fields that came after the first receipts have a default: receipts without them are read as ever.
"""

from datetime import datetime
from typing import Final, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from validator.models.empty import empty_dict, empty_list
from validator.models.finding import Level
from validator.models.late_model import LateModel

RECEIPT_FORMAT: Final = "cpgate-receipt/1"


class ReceiptHeader(LateModel):
    """First record of a receipt.

    Attributes
    ----------
    format
        Name and version of the format.
    datasets
        ``project/source`` of what was uploaded.
    project, source
        The same in two fields when it is one dataset, else ``null``.
    batch
        The only batch this receipt is of, when one was split by batches; ``null`` for what belongs to no batch,
        and in a receipt of everything. Which of the two, ``split`` says.
    split
        Whether this is a part of a receipt that was split by batches.
    batches, plates, include, exclude
        Globs that the upload was narrowed to; when all are empty it was the whole dataset.
    destination
        ``s3://bucket`` or a prefix in it.
    endpoint
        Address of the store, ``null`` for AWS.
    tool, rulebook, policy, policy_version
        Versions of cpgate and of its rulebook, and name and version of the levels that decided.
    report
        Digest of the report that let the upload pass (its end record's ``digest``); empty when receipts with
        different reports were joined.
    errors
        Number of errors in that report within what was uploaded.
    findings
        Number of findings of each level in that report, of the whole dataset.
    forced
        Whether ``--force`` overrode errors.
    created
        UTC.
    notes
        What the contributor wants to say: a text by the name it was given.
    merged
        The receipts that were joined into this one; empty when it is of one upload.
    sealed
        Whether the end record has a ``seal``; the first receipts have none.
    """

    model_config = ConfigDict(extra="forbid")

    record: Literal["header"] = "header"
    format: Literal["cpgate-receipt/1"] = RECEIPT_FORMAT
    datasets: list[str]
    project: str | None = None
    source: str | None = None
    batch: str | None = None
    split: bool = False
    batches: list[str] = Field(default_factory=empty_list)
    plates: list[str] = Field(default_factory=empty_list)
    include: list[str] = Field(default_factory=empty_list)
    exclude: list[str] = Field(default_factory=empty_list)
    destination: str
    endpoint: str | None = None
    tool: str
    rulebook: str
    policy: str
    policy_version: str | None = None
    report: str
    errors: int = Field(ge=0)
    findings: dict[Level, int] = Field(default_factory=empty_dict)
    forced: bool
    created: datetime
    notes: dict[str, str] = Field(default_factory=empty_dict)
    merged: "list[MergedReceipt]" = Field(default_factory=empty_list)
    sealed: bool = False


class MergedReceipt(LateModel):
    """A receipt that was joined with others.

    Attributes
    ----------
    file
        Its name, without the folder.
    header, end
        Its outer records.
    """

    model_config = ConfigDict(extra="forbid")

    file: str
    header: ReceiptHeader
    end: "ReceiptEnd"


class ReceiptObject(LateModel):
    """One object that was verified in the bucket.

    Attributes
    ----------
    key
        Without the bucket.
    kind
        What the layout of the rulebook makes of it, ``images.raw``; ``null`` where it has no place there.
    entities
        Project, source, batch, plate, well, ... as far as the key says them.
    size
        Bytes.
    etag
        As S3 reports it, computed from the bytes that were read from disk; see ``etag_stored``.
    part_size
        Bytes of every part but the last; ``null`` for a single PUT. With it the ETag can be recomputed.
    parts
        Number of parts; 1 for a single PUT.
    crc64nvme
        CRC64NVME of the whole object, base64 of eight bytes, big-endian.
    version_id
        Version of the object in a bucket that keeps versions; ``null`` in others, and where the store did not tell.
    mtime
        Modification time of the file, UTC.
    uploaded_at
        When the store received the object, UTC.
    state
        ``uploaded``, ``resumed`` (parts of an earlier run were used), ``unchanged`` (the same bytes were there).
    sha256
        SHA-256 of the whole object, 64 hex digits; ``null`` unless asked for (``--sha256``).
    sha2_256_chunked
        Quilt's ``sha2-256-chunked``, base64; ``null`` unless asked for (``--sha256``).
    sha256_parts
        SHA-256 as S3 keeps it of an object that was sent in parts: of the joined SHA-256s of the parts, base64, then
        ``-`` and their number; ``null`` unless asked for (``--checksum sha256``).
    etag_stored
        What S3 reports in place of ``etag`` where that says nothing about the bytes, as of objects that are encrypted
        with KMS: a checksum that the store keeps was compared instead. ``null`` for all others.
    """

    model_config = ConfigDict(extra="forbid")

    record: Literal["object"] = "object"
    key: str = Field(min_length=1, max_length=1024)
    kind: str | None = None
    entities: dict[str, str] = Field(default_factory=empty_dict)
    size: int = Field(ge=0)
    etag: str = Field(pattern=r"^[0-9a-f]{32}(-[1-9][0-9]{0,4})?$")
    part_size: int | None = Field(default=None, ge=1)
    parts: int = Field(ge=1, le=10_000)
    crc64nvme: str = Field(pattern=r"^[A-Za-z0-9+/]{11}=$")
    version_id: str | None = None
    mtime: datetime
    uploaded_at: datetime
    state: Literal["uploaded", "resumed", "unchanged"]
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    sha2_256_chunked: str | None = Field(default=None, pattern=r"^[A-Za-z0-9+/]{43}=$")
    sha256_parts: str | None = Field(default=None, pattern=r"^[A-Za-z0-9+/]{43}=-[1-9][0-9]{0,4}$")
    etag_stored: str | None = Field(default=None, pattern=r"^[!-~]{1,256}$")

    @field_validator("entities")
    @classmethod
    def _in_one_order(cls, entities: dict[str, str]) -> dict[str, str]:
        """Sort them by name: the same object gives the same line, wherever the record was kept meanwhile."""
        return dict(sorted(entities.items()))

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        """Refuse a part size that does not cut the object into so many parts."""
        parts = 1 if self.part_size is None else max(1, -(-self.size // self.part_size))
        if parts != self.parts:
            raise ValueError("part_size does not cut size into so many parts")
        return self


class ReceiptEnd(LateModel):
    """Last record of a receipt.

    Attributes
    ----------
    objects, size
        Number of object records and their bytes.
    batches
        Every batch that an object belongs to, sorted.
    conflicts, failed
        Files that were selected and are not in the receipt: other bytes lay at their key, or they failed.
    digest
        SHA-256 of all lines before this one, newlines included.
    seal
        SHA-256 of all that stands before ``,"seal"``, this line's counts too; ``null`` in the first receipts.
        In JSON lines it is what ``head -c -76 RECEIPT | sha256sum`` prints.
    """

    model_config = ConfigDict(extra="forbid")

    record: Literal["end"] = "end"
    objects: int = Field(ge=0)
    size: int = Field(ge=0)
    batches: list[str] = Field(default_factory=empty_list)
    conflicts: int = Field(default=0, ge=0)
    failed: int = Field(default=0, ge=0)
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    seal: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
