"""The receipt of an upload: JSON lines, a header, one record per object, an end record."""

from datetime import datetime
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

RECEIPT_FORMAT: Final = "cpgate-receipt/1"


class ReceiptHeader(BaseModel):
    """First record of a receipt.

    Attributes
    ----------
    format
        Name and version of the format.
    datasets
        ``project/source`` of what was uploaded.
    batches, plates, include, exclude
        Globs that the upload was narrowed to; when all are empty it was the whole dataset.
    destination
        ``s3://bucket`` or a prefix in it.
    endpoint
        Address of the store, ``null`` for AWS.
    tool, rulebook, policy
        Versions of cpgate and of its rulebook, and the levels that decided.
    report
        Digest of the report that let the upload pass (its end record's ``digest``).
    errors
        Number of errors in that report within what was uploaded.
    forced
        Whether ``--force`` overrode them.
    created
        UTC.
    """

    model_config = ConfigDict(extra="forbid")

    record: Literal["header"] = "header"
    format: Literal["cpgate-receipt/1"] = RECEIPT_FORMAT
    datasets: list[str]
    batches: list[str] = Field(default_factory=list)
    plates: list[str] = Field(default_factory=list)
    include: list[str] = Field(default_factory=list)
    exclude: list[str] = Field(default_factory=list)
    destination: str
    endpoint: str | None = None
    tool: str
    rulebook: str
    policy: str
    report: str
    errors: int = Field(ge=0)
    forced: bool
    created: datetime


class ReceiptObject(BaseModel):
    """One object that was verified in the bucket.

    Attributes
    ----------
    key
        Without the bucket.
    size
        Bytes.
    etag
        As S3 reports it, computed from the bytes that were read from disk.
    part_size
        Bytes of every part but the last; ``null`` for a single PUT. With it the ETag can be recomputed.
    parts
        Number of parts; 1 for a single PUT.
    crc64nvme
        CRC64NVME of the whole object, base64 of eight bytes, big-endian.
    mtime
        Modification time of the file, UTC.
    uploaded_at
        When the store received the object, UTC.
    state
        ``uploaded``, ``resumed`` (parts of an earlier run were used), ``unchanged`` (the same bytes were there).
    """

    model_config = ConfigDict(extra="forbid")

    record: Literal["object"] = "object"
    key: str = Field(min_length=1, max_length=1024)
    size: int = Field(ge=0)
    etag: str = Field(pattern=r"^[0-9a-f]{32}(-[1-9][0-9]{0,4})?$")
    part_size: int | None = Field(default=None, ge=1)
    parts: int = Field(ge=1, le=10_000)
    crc64nvme: str = Field(pattern=r"^[A-Za-z0-9+/]{11}=$")
    mtime: datetime
    uploaded_at: datetime
    state: Literal["uploaded", "resumed", "unchanged"]

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        """Refuse a part size that does not cut the object into so many parts."""
        parts = 1 if self.part_size is None else max(1, -(-self.size // self.part_size))
        if parts != self.parts:
            raise ValueError("part_size does not cut size into so many parts")
        return self


class ReceiptEnd(BaseModel):
    """Last record of a receipt.

    Attributes
    ----------
    objects, size
        Number of object records and their bytes.
    conflicts, failed
        Files that were selected and are not in the receipt: other bytes lay at their key, or they failed.
    digest
        SHA-256 of all lines before this one, newlines included.
    """

    model_config = ConfigDict(extra="forbid")

    record: Literal["end"] = "end"
    objects: int = Field(ge=0)
    size: int = Field(ge=0)
    conflicts: int = Field(default=0, ge=0)
    failed: int = Field(default=0, ge=0)
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
