"""Write and read receipts; each is complete or is not a receipt."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from validator.errors import CpgateError, UnreadableFile, UsageError
from validator.models.receipt import ReceiptEnd, ReceiptHeader, ReceiptObject

Record = TypeVar("Record", bound=BaseModel)

LONGEST_LINE = 1 << 20
"""Bytes; lines of a receipt are short, and a file of another kind should not fill the memory."""
REASONS = {
    "json_invalid": "it is not JSON",
    "model_type": "it is not a record",
    "missing": "a field is missing: {field}",
    "extra_forbidden": "a field is not known: {field}",
}


class ReceiptSummary(BaseModel):
    """A receipt that was written: where, and its two outer records."""

    path: Path
    header: ReceiptHeader
    end: ReceiptEnd


def write_receipt(
    path: Path,
    header: ReceiptHeader,
    objects: Iterable[ReceiptObject],
    *,
    conflicts: int = 0,
    failed: int = 0,
) -> ReceiptSummary:
    """Write a receipt: all of it or nothing.

    Parameters
    ----------
    path
        Where to; must not exist, a receipt is never overwritten.
    header, objects
        Its records.
    conflicts, failed
        Selected files that are not among the objects.

    Raises
    ------
    CpgateError
        If it cannot be written, or a file of this name exists.
    """
    digest, count, size = hashlib.sha256(), 0, 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".receipt-", dir=path.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as stream:
            for record in _with_header(header, objects):
                line = _line(record)
                digest.update(line)
                stream.write(line)
                if isinstance(record, ReceiptObject):
                    count, size = count + 1, size + record.size
            end = ReceiptEnd(
                objects=count, size=size, conflicts=conflicts, failed=failed, digest=digest.hexdigest()
            )
            stream.write(_line(end))
            stream.flush()
            os.fsync(stream.fileno())
        _move_into_place(Path(temporary), path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        Path(temporary).unlink(missing_ok=True)
    return ReceiptSummary(path=path, header=header, end=end)


def _with_header(header: ReceiptHeader, objects: Iterable[ReceiptObject]) -> Iterator[BaseModel]:
    yield header
    yield from objects


def _move_into_place(temporary: Path, path: Path) -> None:
    """Give the finished file its name, never over another file."""
    temporary.chmod(0o644)
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # no hard links here (some network disks): the check and the rename are two steps then
        if path.exists():
            raise FileExistsError(17, "File exists", str(path)) from None
        temporary.replace(path)


def _cannot_write(path: Path, error: OSError) -> CpgateError:
    return CpgateError(
        f"the receipt {path} cannot be written: {error.strerror or error}",
        "name another place with --receipt; the upload itself is safe, the same command writes the receipt",
    )


def _line(record: BaseModel) -> bytes:
    return record.model_dump_json().encode() + b"\n"


class Receipt:
    """A receipt on disk, read record by record.

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
        try:
            with path.open("rb") as stream:
                first = stream.readline(LONGEST_LINE)
        except OSError as error:
            raise UsageError(
                f"{path} cannot be read: {(error.strerror or 'the system gave no reason').lower()}",
                "check the path",
            ) from error
        self.header = self._parse(ReceiptHeader, first, 1)
        self.end: ReceiptEnd | None = None

    def objects(self) -> Iterator[ReceiptObject]:
        """Every object record; afterwards `end` is set."""
        digest, count, size = hashlib.sha256(), 0, 0
        self.end = None
        with self.path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if self.end is not None:
                    raise self._damaged(number, "there are lines after the end record")
                if not line.endswith(b"\n"):
                    raise self._damaged(number, "the line was cut")
                if b'"record":"end"' in line[:40]:
                    self.end = self._parse(ReceiptEnd, line, number)
                    self._compare_end(number, digest.hexdigest(), count, size)
                    continue
                digest.update(line)
                if number > 1:
                    record = self._parse(ReceiptObject, line, number)
                    count, size = count + 1, size + record.size
                    yield record
        if self.end is None:
            raise self._damaged(count + 2, "the end record is missing: the file was cut")

    def _compare_end(self, number: int, digest: str, objects: int, size: int) -> None:
        end = self.end
        if end is None or (end.digest, end.objects, end.size) != (digest, objects, size):
            raise self._damaged(number, "the digest of the end record does not fit the lines before it")

    def _parse(self, model: type[Record], line: bytes, number: int) -> Record:
        try:
            return model.model_validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            reason = REASONS.get(first["type"], "a field does not hold what it should: {field}")
            raise self._damaged(number, reason.format(field=field)) from error

    def _damaged(self, number: int, reason: str) -> UnreadableFile:
        return UnreadableFile(
            f"{self.path}, line {number}: this is not a whole receipt of cpgate ({reason})",
            "use the copy that lies in the bucket below _cpgate/",
            f"line {number}",
        )


def is_receipt(first_line: bytes) -> bool:
    """Whether a file that begins with this line claims to be a receipt."""
    try:
        record = json.loads(first_line)
    except (ValueError, RecursionError):
        return False
    return isinstance(record, dict) and str(record.get("format", "")).startswith("cpgate-receipt/")
