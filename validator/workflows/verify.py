"""Compare a receipt with the bucket (listing, no downloads) or with files on disk (every byte)."""

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from validator.checks.objects import (
    FILE_DIFFERS,
    FILE_MISSING,
    OBJECT_DIFFERS,
    OBJECT_MISSING,
    RECEIPT_INCOMPLETE,
)
from validator.checks.pool import in_threads
from validator.digests.files import FileChanged, FileState, digest_file
from validator.errors import ExitCode, UsageError
from validator.manifests.receipt import Receipt
from validator.models.finding import Finding
from validator.models.listing import Entry, Folder
from validator.models.progress import Progress, SilentProgress
from validator.models.receipt import ReceiptObject
from validator.reporters.outfile import OutFile
from validator.rulebook.junk import is_junk, is_junk_folder
from validator.s3.client import S3Settings, endpoint_of, make_client
from validator.s3.grant import READ
from validator.s3.objects import RemoteObject
from validator.sources.local import LocalSource
from validator.upload.destination import granted_prefix, parse_destination
from validator.upload.remote import list_remote
from validator.workflows.listing import RECEIPTS


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found.

    Attributes
    ----------
    where
        What the receipt was compared with.
    objects, size
        Number of objects in the receipt and their bytes.
    findings
        One for each object that does not agree, and one if the receipt itself is not of everything.
    unnamed
        Files on disk that the receipt does not name.
    """

    where: str
    objects: int
    size: int
    findings: list[Finding] = field(default_factory=list)
    unnamed: int = 0

    @property
    def agreeing(self) -> int:
        """Number of objects that agree."""
        return self.objects - sum(finding.rule != RECEIPT_INCOMPLETE.id for finding in self.findings)

    @property
    def exit_code(self) -> ExitCode:
        """0, 1 (something differs), or 3 (the receipt is empty)."""
        if not self.objects:
            return ExitCode.NOTHING_CHECKED
        return ExitCode.FINDINGS if self.findings else ExitCode.CLEAN


def verify_remote(
    path: Path, s3: S3Settings, bucket: str | None = None, progress: Progress | None = None
) -> Verification:
    """Compare a receipt with what the bucket lists: size and ETag of every object, nothing is downloaded.

    Parameters
    ----------
    path
        The receipt.
    s3
        How to reach the store; the receipt is never asked for its address.
    bucket
        Another bucket than the receipt's (``s3://name``): the Gallery moves data from staging to public.
    progress
        Where the listing is shown.

    Raises
    ------
    UnreadableFile
        If it is not a whole receipt.
    RemoteError, CredentialsError
        If the store refuses.
    """
    receipt = Receipt(path)
    objects = {record.key: record for record in receipt.objects()}
    destination = parse_destination(bucket or receipt.header.destination)
    client = make_client(
        s3.at(destination.bucket, granted_prefix(destination, receipt.header.datasets), READ)
    )
    endpoint = endpoint_of(client)
    if receipt.header.endpoint is not None and endpoint is None:
        # A receipt may come from anybody: it must not decide to whom credentials are shown and who is believed.
        raise UsageError(
            f"The receipt speaks of the store {receipt.header.endpoint}, not of AWS",
            "If you trust it, say so: --endpoint-url and that address",
        )
    with (progress or SilentProgress()).step("listing the bucket", len(objects), "objects") as step:
        remote = list_remote(client, destination.bucket, objects, step)
    findings = [
        finding
        for key, record in sorted(objects.items())
        if (finding := _compare_object(record, remote.get(key))) is not None
    ]
    size = sum(record.size for record in objects.values())
    findings += _incomplete(receipt)
    where = f"s3://{destination.bucket}" + (f" at {endpoint}" if endpoint else "")
    return Verification(where, len(objects), size, findings)


def _incomplete(receipt: Receipt) -> list[Finding]:
    """Say so when files that the upload was asked to send are not in the receipt (known once it was read)."""
    end = receipt.end
    if end is None or not end.conflicts + end.failed:
        return []
    reasons = [f"{end.conflicts:,} in conflict with other bytes"] if end.conflicts else []
    reasons += [f"{end.failed:,} failed"] if end.failed else []
    message = f"The upload left out files that it was asked to send: {', '.join(reasons)}"
    return [RECEIPT_INCOMPLETE.finding(str(receipt.path), message, count=end.conflicts + end.failed)]


def _compare_object(record: ReceiptObject, there: RemoteObject | None) -> Finding | None:
    expected = f"{record.size:,} bytes, ETag {record.etag}"
    if there is None:
        return OBJECT_MISSING.finding(record.key, "The bucket does not list it", expected=expected)
    if (there.size, there.etag) == (record.size, record.etag):
        return None
    actual = f"{there.size:,} bytes, ETag {there.etag}, of {there.modified:%Y-%m-%d %H:%M} UTC"
    return OBJECT_DIFFERS.finding(
        record.key, "Other bytes lie there than were uploaded", expected=expected, actual=actual
    )


def verify_local(
    path: Path,
    root: Path,
    dataset: str | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Recompute size, ETag and CRC64NVME of every object of a receipt from files on disk.

    Parameters
    ----------
    path
        The receipt.
    root
        The dataset's folder.
    dataset
        ``project/source``, where the names of the folders do not say it.
    jobs
        Files that are read at once; by default one a core.
    progress
        Where the bytes are shown.

    Raises
    ------
    UnreadableFile
        If it is not a whole receipt.
    UsageError
        If the folder cannot be used.
    """
    receipt = Receipt(path)
    objects = list(receipt.objects())
    progress = progress or SilentProgress()
    source = _local_source(root, dataset or None, receipt)
    files, unnamed = _list_files(source, {record.key for record in objects}, progress)
    total = sum(record.size for record in objects)
    findings: list[Finding] = []
    with progress.step("reading files", total, "B") as step:

        def compare(record: ReceiptObject) -> tuple[ReceiptObject, Finding | None]:
            return record, _compare_file(record, files.get(record.key))

        for record, finding in in_threads(compare, objects, max(2, jobs or os.cpu_count() or 1)):
            step.advance(record.size)
            if finding is not None:
                findings.append(finding)
    findings.sort(key=lambda finding: finding.key)
    findings += _incomplete(receipt)
    return Verification(str(root), len(objects), total, findings, unnamed)


def _local_source(root: Path, dataset: str | None, receipt: Receipt) -> LocalSource:
    """The folder as what it says it is, or else as the only dataset of the receipt."""
    try:
        return LocalSource(root, dataset)
    except UsageError:
        if dataset is not None or len(receipt.header.datasets) != 1 or not root.is_dir():
            raise
        return LocalSource(root, receipt.header.datasets[0])


def _list_files(
    source: LocalSource, keys: Collection[str], progress: Progress
) -> tuple[dict[str, Entry], int]:
    """Find the files of these keys, and count those that have another key (junk and receipts left out)."""
    found: dict[str, Entry] = {}
    others = 0
    with progress.step("listing") as step:
        for folder in source.scan():
            if isinstance(folder, Folder):
                step.advance(len(folder.names))
                known = {entry.key: entry for entry in folder.entries() if entry.key in keys}
                found.update(known)
                if RECEIPTS not in folder.key.split("/") and not any(
                    map(is_junk_folder, folder.key.split("/"))
                ):
                    others += sum(not is_junk(name) for name in folder.names) - len(known)
    return found, others


def _compare_file(record: ReceiptObject, entry: Entry | None) -> Finding | None:
    expected = f"{record.size:,} bytes, ETag {record.etag}"
    if entry is None:
        return FILE_MISSING.finding(record.key, "There is no such file below this folder", expected=expected)
    if entry.size != record.size:
        return FILE_DIFFERS.finding(
            record.key,
            "The file has another size than was uploaded",
            expected=expected,
            actual=f"{entry.size:,} bytes",
        )
    try:
        digest = digest_file(entry.path, FileState(entry.size, entry.mtime_ns), record.part_size)
    except FileChanged:
        return FILE_DIFFERS.finding(record.key, "The file changes while it is read", expected=expected)
    except OSError as error:
        reason = error.strerror or "the system gave no reason"
        return FILE_MISSING.finding(
            record.key, f"The file cannot be read: {reason.lower()}", expected=expected
        )
    if (digest.etag, digest.crc64nvme) != (record.etag, record.crc64nvme):
        return FILE_DIFFERS.finding(
            record.key,
            "The file has other bytes than were uploaded",
            expected=expected,
            actual=f"{digest.size:,} bytes, ETag {digest.etag}",
        )
    return None


def write_findings(path: Path, verification: Verification) -> None:
    """Write what differs as JSON lines, one finding each; the file appears when it is whole."""
    with OutFile(path, "list of what differs") as file:
        for finding in verification.findings:
            file.write(finding.model_dump_json(exclude_none=True) + "\n")
        file.commit()
