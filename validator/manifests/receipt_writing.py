"""Write receipts, record by record; each is complete or does not exist."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from validator.errors import CpgateError
from validator.manifests.receipt_digest import ObjectLine, ReceiptDigest, receipt_line, sealed_header
from validator.models.late_model import LateModel
from validator.models.receipt import ReceiptEnd, ReceiptHeader, ReceiptObject

PARQUET_SUFFIX = ".parquet"
ELSEWHERE = "name another place, or make room there"
"""What to do where a receipt cannot be written."""


class ReceiptSummary(LateModel):
    """A receipt that was written: where, and its two outer records."""

    path: Path
    header: ReceiptHeader
    end: ReceiptEnd


class ReceiptWriter:
    """A receipt on its way to the disk; it gets its name when it is finished, never over another file.

    Parameters
    ----------
    path
        Where to; its folder is made. A name that ends in ``.parquet`` makes it Parquet, any other JSON lines.
    header
        First record.
    mend
        What to do when it cannot be written.

    Raises
    ------
    CpgateError
        If it cannot be written, or (when it is finished) a file of this name exists.
    """

    def __init__(self, path: Path, header: ReceiptHeader, mend: str = ELSEWHERE) -> None:
        self.path = path
        self._mend = mend
        self.header = sealed_header(header)
        self._digest = ReceiptDigest()
        self._records: BinaryIO | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # JSON lines also of one that is to be Parquet: only its end shows that it is whole.
            descriptor, name = tempfile.mkstemp(prefix=".receipt-", dir=path.parent)
        except OSError as error:
            raise _cannot_write(path, error, mend) from error
        self._temporary = Path(name)
        self._records = os.fdopen(descriptor, "wb")
        line = receipt_line(self.header)
        self._digest.add_header(line)
        try:
            self._write(line)
        except CpgateError:
            self._throw_away()
            raise

    def add(self, record: ReceiptObject) -> None:
        """Add an object; objects come in the order of their keys."""
        line = receipt_line(record)
        self._digest.add(record, line)
        self._write(line)

    def add_line(self, known: ObjectLine) -> None:
        """Add an object whose line is known."""
        self._digest.count(known.size, known.entities, known.line)
        self._write(known.line)

    def finish(self, *, conflicts: int = 0, failed: int = 0) -> ReceiptSummary:
        """Write the end record and give the file its name.

        Parameters
        ----------
        conflicts, failed
            Selected files that are not among the objects.
        """
        end = self._digest.end(conflicts=conflicts, failed=failed)
        self._write(receipt_line(end))
        try:
            self._close()
            if self.path.suffix == PARQUET_SUFFIX:
                from validator.manifests.receipt_parquet import lines_to_parquet  # noqa: PLC0415  polars is heavy

                with self._other_temporary() as made:
                    lines_to_parquet(
                        self._temporary, made, sorted(self._digest.entity_names), self.header, end
                    )
                    made.replace(self._temporary)
            _move_into_place(self._temporary, self.path)
        except OSError as error:
            raise _cannot_write(self.path, error, self._mend) from error
        return ReceiptSummary(path=self.path, header=self.header, end=end)

    def _write(self, line: bytes) -> None:
        if self._records is None:
            raise ValueError(self.path)
        try:
            self._records.write(line)
        except OSError as error:
            raise _cannot_write(self.path, error, self._mend) from error

    @contextmanager
    def _other_temporary(self) -> Iterator[Path]:
        path = self._temporary.with_name(f"{self._temporary.name}{PARQUET_SUFFIX}")
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _close(self) -> None:
        records, self._records = self._records, None
        if records is not None:
            with records:
                records.flush()
                os.fsync(records.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._throw_away()

    def _throw_away(self) -> None:
        if self._records is not None:
            with suppress(OSError):  # the disk may be full: what is thrown away need not be flushed
                self._records.close()
        self._temporary.unlink(missing_ok=True)


def write_receipt(
    path: Path,
    header: ReceiptHeader,
    objects: Iterable[ReceiptObject | ObjectLine],
    *,
    conflicts: int = 0,
    failed: int = 0,
    mend: str = ELSEWHERE,
) -> ReceiptSummary:
    """Write a receipt: all of it or nothing.

    Parameters
    ----------
    path
        Where to; must not exist, a receipt is never overwritten. ``.parquet`` makes it Parquet.
    header, objects
        Its records, or the lines of objects; objects in the order of their keys.
    conflicts, failed
        Selected files that are not among the objects.
    mend
        What to do when it cannot be written.

    Raises
    ------
    CpgateError
        If it cannot be written, or a file of this name exists.
    """
    with ReceiptWriter(path, header, mend) as writer:
        for record in objects:
            if isinstance(record, ReceiptObject):
                writer.add(record)
            else:
                writer.add_line(record)
        return writer.finish(conflicts=conflicts, failed=failed)


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


def _cannot_write(path: Path, error: OSError, mend: str) -> CpgateError:
    reason = (error.strerror or "the system gave no reason").lower()
    return CpgateError(f"the receipt {path} cannot be written: {reason}", mend)
