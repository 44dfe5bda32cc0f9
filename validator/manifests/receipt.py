"""Read receipts; each is complete or is not a receipt."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from validator.errors import UnreadableFile, UsageError
from validator.manifests.receipt_digest import ReceiptDigest, receipt_line
from validator.manifests.receipt_writing import ReceiptSummary, write_receipt
from validator.models.formats import own_file
from validator.models.receipt import ReceiptEnd, ReceiptHeader, ReceiptObject

__all__ = ["Receipt", "ReceiptSummary", "is_receipt", "write_receipt"]

Record = TypeVar("Record", bound=BaseModel)

LONGEST_LINE = 1 << 20
"""Bytes; lines of a receipt are short, and a file of another kind should not fill the memory."""
PARQUET_MAGIC = b"PAR1"
REASONS = {
    "json_invalid": "it is not JSON",
    "model_type": "it is not a record",
    "missing": "a field is missing: {field}",
    "extra_forbidden": "a field is not known: {field}",
}


class Receipt:
    """A receipt on disk, JSON lines or Parquet, read record by record.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    UnreadableFile
        If it is not a receipt; from `objects` also when a record is damaged, the end is missing or the
        digest does not fit.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.end: ReceiptEnd | None = None
        try:
            with path.open("rb") as stream:
                first = stream.readline(LONGEST_LINE)
        except OSError as error:
            raise UsageError(
                f"{path} cannot be read: {(error.strerror or 'the system gave no reason').lower()}",
                "check the path",
            ) from error
        self._is_parquet = first.startswith(PARQUET_MAGIC)
        if first.lstrip().startswith(b"["):
            raise UnreadableFile(
                f"{path}, line 1: this is a JSON list, as provenance manifests are, not a receipt of cpgate",
                "name a receipt",
                "line 1",
            )
        if self._is_parquet:
            first, self._end_line = self._outer_lines()
        self.header = self._parse(ReceiptHeader, first, 1)

    def objects(self) -> Iterator[ReceiptObject]:
        """Every object record; afterwards `end` is set."""
        self.end = None
        digest = ReceiptDigest()
        if self._is_parquet:
            yield from self._objects_of_parquet(digest)
            return
        with self.path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if self.end is not None:
                    raise self._damaged(number, "there are lines after the end record")
                if not line.endswith(b"\n"):
                    raise self._damaged(number, "the line was cut")
                if b'"record":"end"' in line[:40]:
                    self._read_end(line, number, digest)
                elif number == 1:
                    digest.add_header(line)
                else:
                    record = self._parse(ReceiptObject, line, number)
                    digest.add(record, line)
                    yield record
        if self.end is None:
            raise self._damaged(digest.objects + 2, "the end record is missing: the file was cut")

    def _objects_of_parquet(self, digest: ReceiptDigest) -> Iterator[ReceiptObject]:
        from validator.manifests.receipt_parquet import objects_of_parquet  # noqa: PLC0415  polars is heavy

        digest.add_header(receipt_line(self.header))
        try:
            for values in objects_of_parquet(self.path):
                record = ReceiptObject.model_validate(values)
                digest.add(record, receipt_line(record))
                yield record
        except ValidationError as error:
            raise self._damaged(digest.objects + 2, _reason(error)) from error
        except UnreadableFile as error:
            raise self._damaged(digest.objects + 2, error.what) from error
        self._read_end(self._end_line, digest.objects + 2, digest)

    def _outer_lines(self) -> tuple[bytes, bytes]:
        from validator.manifests.receipt_parquet import outer_lines  # noqa: PLC0415  polars is heavy

        try:
            return outer_lines(self.path)
        except UnreadableFile as error:
            raise self._damaged(1, error.what) from error

    def _read_end(self, line: bytes, number: int, digest: ReceiptDigest) -> None:
        end = self._parse(ReceiptEnd, line, number)
        if not digest.fits(self.header, end, line):
            raise self._damaged(number, "the digest of the end record does not fit the lines before it")
        self.end = end

    def _parse(self, model: type[Record], line: bytes, number: int) -> Record:
        try:
            return model.model_validate_json(line)
        except ValidationError as error:
            own = own_file(line, "receipt") if number == 1 else None
            if own is not None:
                raise UnreadableFile(
                    f"{self.path} is {own.what} by its line 1, not a receipt",
                    own.mend(str(self.path)),
                    "line 1",
                ) from error
            raise self._damaged(number, _reason(error)) from error

    def _damaged(self, number: int, reason: str) -> UnreadableFile:
        return UnreadableFile(
            f"{self.path}, line {number}: this is not a whole receipt of cpgate ({reason})",
            "use the copy that lies in the bucket below _cpgate/",
            f"line {number}",
        )


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return REASONS.get(first["type"], "a field does not hold what it should: {field}").format(field=field)


def is_receipt(first_line: bytes) -> bool:
    """Whether a file that begins with this line claims to be a receipt; Parquet is taken for one."""
    if first_line.startswith(PARQUET_MAGIC):
        return True
    try:
        record = json.loads(first_line)
    except (ValueError, RecursionError):
        return False
    return isinstance(record, dict) and str(record.get("format", "")).startswith("cpgate-receipt/")
