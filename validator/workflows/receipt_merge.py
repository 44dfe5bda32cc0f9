"""Join the receipts of several people and batches into one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from validator import __version__
from validator.errors import ExitCode, UsageError
from validator.manifests.receipt import Receipt
from validator.manifests.receipt_order import same_bytes, side_by_side
from validator.manifests.receipt_writing import ReceiptSummary, ReceiptWriter
from validator.models.finding import Level
from validator.models.receipt import MergedReceipt, ReceiptEnd, ReceiptHeader, ReceiptObject
from validator.upload.destination import parse_destination

Value = TypeVar("Value")

CLASHES_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Clash:
    """A key at which two receipts have different bytes.

    Attributes
    ----------
    key
        The key.
    files
        The two receipts.
    records
        What each says of it.
    """

    key: str
    files: tuple[Path, Path]
    records: tuple[ReceiptObject, ReceiptObject]


@dataclass(slots=True)
class MergeResult:
    """What came of joining receipts.

    Attributes
    ----------
    summary
        The new receipt; ``None`` when there were clashes.
    overlaps
        Number of keys that several receipts have with the same bytes.
    clashes
        The first keys with different bytes, and ``clash_count``, how many there are.
    left_out
        Files that uploads of these receipts were asked to send and did not.
    """

    summary: ReceiptSummary | None = None
    overlaps: int = 0
    clashes: list[Clash] = field(default_factory=list)
    clash_count: int = 0
    left_out: int = 0

    @property
    def exit_code(self) -> ExitCode:
        """0, or 1 when keys have different bytes."""
        return ExitCode.FINDINGS if self.clash_count else ExitCode.CLEAN


def merge_receipts(paths: Sequence[Path], target: Path) -> MergeResult:
    """Join receipts into one, key by key, whatever their length.

    A key that several have is fine when the bytes are the same: the record of the upload that sent them stays.

    Parameters
    ----------
    paths
        Two receipts or more, of uploads to one bucket.
    target
        The new receipt; written only if no key has different bytes. ``.parquet`` makes it Parquet.

    Raises
    ------
    UsageError
        If there are fewer than two, one stands there twice, or they are of different buckets.
    UnreadableFile
        If one is not a whole receipt.
    CpgateError
        If the new one cannot be written, or a file of its name exists.
    """
    if len(paths) < 2:
        raise UsageError("There is one receipt only", "Name two or more to join")
    if target.exists():
        raise UsageError(
            f"There is a file {target} already", "Name another one; a receipt is never overwritten"
        )
    receipts = [Receipt(path) for path in paths]
    _require_different_files(paths)
    _require_one_bucket(receipts)
    ends = [_end_of(receipt) for receipt in receipts]
    result = MergeResult(left_out=sum(end.conflicts + end.failed for end in ends))
    with ReceiptWriter(target, _merged_header(receipts, ends)) as writer:
        for together in side_by_side(receipts):
            chosen = _joined(together, paths, result)
            if not result.clash_count:
                writer.add(chosen)
        if not result.clash_count:
            result.summary = writer.finish(
                conflicts=sum(end.conflicts for end in ends), failed=sum(end.failed for end in ends)
            )
    return result


def _require_different_files(paths: Sequence[Path]) -> None:
    seen: dict[Path, Path] = {}
    for path in paths:
        before = seen.setdefault(path.resolve(), path)
        if before is not path:
            raise UsageError(f"{path} is named twice", "Name every receipt once")


def _end_of(receipt: Receipt) -> ReceiptEnd:
    """End record, known once every line was compared with the digest."""
    for _ in receipt.objects():
        pass
    if receipt.end is None:
        raise ValueError(receipt.path)
    return receipt.end


def _require_one_bucket(receipts: Sequence[Receipt]) -> None:
    first = receipts[0]
    there = (parse_destination(first.header.destination).bucket, first.header.endpoint)
    for other in receipts[1:]:
        bucket = parse_destination(other.header.destination).bucket
        if (bucket, other.header.endpoint) != there:
            raise UsageError(
                f"{first.path} is of s3://{there[0]}{_at(there[1])}, {other.path} of s3://{bucket}"
                f"{_at(other.header.endpoint)}: what lies in two buckets is not one dataset",
                "Join the receipts of each bucket by themselves",
            )


def _at(endpoint: str | None) -> str:
    return f" at {endpoint}" if endpoint else ""


def _joined(
    together: Sequence[tuple[int, ReceiptObject]], paths: Sequence[Path], result: MergeResult
) -> ReceiptObject:
    """The record that stays of those with one key; others are compared with it."""
    (first, chosen), *others = together
    for index, record in others:
        if not same_bytes(chosen, record):
            result.clash_count += 1
            if len(result.clashes) < CLASHES_KEPT:
                result.clashes.append(Clash(chosen.key, (paths[first], paths[index]), (chosen, record)))
            return chosen
    if others:
        result.overlaps += 1
        chosen = min((record for _, record in together), key=_when_sent)
        known = next((record for _, record in together if record.sha256 is not None), chosen)
        # The bytes are the same: so are their digests.
        chosen = chosen.model_copy(
            update={"sha256": known.sha256, "sha2_256_chunked": known.sha2_256_chunked}
        )
    return chosen


def _when_sent(record: ReceiptObject) -> tuple[bool, datetime]:
    return record.state == "unchanged", record.uploaded_at


def _merged_header(receipts: Sequence[Receipt], ends: Sequence[ReceiptEnd]) -> ReceiptHeader:
    headers = [receipt.header for receipt in receipts]
    names = _distinct(name for header in headers for name in header.datasets)
    project, _, source = names[0].partition("/") if len(names) == 1 else ("", "", "")
    reports = _distinct(header.report for header in headers)
    versions = _distinct(header.policy_version for header in headers)
    return ReceiptHeader(
        datasets=names,
        project=project or None,
        source=source or None,
        destination=f"s3://{parse_destination(headers[0].destination).bucket}",
        endpoint=headers[0].endpoint,
        tool=__version__,
        rulebook=", ".join(_distinct(header.rulebook for header in headers)),
        policy=", ".join(_distinct(header.policy for header in headers)),
        policy_version=", ".join(version for version in versions if version) or None,
        report=reports[0] if len(reports) == 1 else "",
        errors=sum(header.errors for header in headers),
        findings=_findings(headers) if len(reports) > 1 else headers[0].findings,
        forced=any(header.forced for header in headers),
        created=datetime.now(UTC),
        merged=[
            MergedReceipt(file=receipt.path.name, header=receipt.header, end=end)
            for receipt, end in zip(receipts, ends, strict=True)
        ],
    )


def _findings(headers: Iterable[ReceiptHeader]) -> dict[Level, int]:
    total: dict[Level, int] = {}
    for header in headers:
        for level, count in header.findings.items():
            total[level] = total.get(level, 0) + count
    return total


def _distinct(values: Iterable[Value]) -> list[Value]:
    return list(dict.fromkeys(values))
