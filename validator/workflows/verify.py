"""Compare a manifest with the bucket (listing and questions, no downloads) or with files on disk (every byte)."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from validator.checks.objects import RECEIPT_INCOMPLETE
from validator.digests.kernel_loading import WORTH_BYTES, load_kernel
from validator.errors import Interrupted, UsageError
from validator.manifests.claims import ClaimFile, open_claims
from validator.models.claim import ManifestSort
from validator.models.counts import counted
from validator.models.finding import Finding
from validator.models.progress import Progress, SilentProgress
from validator.reporters.outfile import OutFile
from validator.reporters.records import record_line
from validator.s3.settings import S3Settings
from validator.upload.destination import Destination, parse_destination
from validator.workflows.verify_claims import Survey, sorted_claims, survey
from validator.workflows.verify_differences import Differences, Verification
from validator.workflows.verify_files import FileComparison
from validator.workflows.verify_names import count_files, datasets_of, find_files
from validator.workflows.verify_record import VerifyRecord

ASKED_EACH = 1000
"""Objects up to which each is asked for by itself; for more the bucket is listed, 1,000 a request."""

BY: dict[tuple[ManifestSort, str], str] = {
    ("receipt", "bucket"): "size and ETag",
    ("receipt", "local"): "size, ETag and CRC64NVME",
    ("provenance", "bucket"): "ETag",
    ("provenance", "local"): "ETag",
    ("checksums", "bucket"): "ETag or checksum",
    ("checksums", "local"): "checksum",
}
"""What decided, in words."""

Record = Callable[[Finding], None]


def verify_remote(
    path: Path,
    s3: S3Settings,
    bucket: str | None = None,
    progress: Progress | None = None,
    record: Record | None = None,
) -> Verification:
    """Compare a manifest with what lies in the bucket: sizes, ETags and checksums; nothing is downloaded.

    Where the ETag is another one because the object was sent in other parts, a checksum that the store keeps
    of the whole object decides.

    Parameters
    ----------
    path
        A receipt, a provenance manifest or a list of checksums.
    s3
        How to reach the store; a manifest is never asked for its address.
    bucket
        Another bucket than the manifest's (``s3://name``): the Gallery moves data from staging to public. For a
        list of checksums the bucket, and the prefix that stands before its names (``s3://name/prefix``).
    progress
        Where the comparison is shown.
    record
        Called with every finding; the result holds the first 10,000.

    Raises
    ------
    UnreadableFile
        If it is not a whole manifest.
    UsageError
        If it is not known which bucket or store is meant.
    RemoteError, CredentialsError
        If the store refuses.
    """
    # Files on disk are compared without anything of S3, so that reading them begins at once.
    from validator.s3.client import endpoint_of, make_client  # noqa: PLC0415  see above
    from validator.workflows.verify_bucket import BucketQuestion, granted  # noqa: PLC0415  see above

    file = open_claims(path)
    surveyed = survey(file)
    place = _bucket_of(file, bucket)
    buckets = {place.bucket} if place is not None else surveyed.buckets
    prefix = parse_destination(file.receipt.header.destination).prefix if file.receipt else ""
    settings = granted(s3, buckets, datasets_of(file, surveyed.folders), prefix)
    client = make_client(settings, connections=20)
    endpoint = endpoint_of(client)
    if file.receipt is not None and file.receipt.header.endpoint is not None and endpoint is None:
        # A receipt may come from anybody: it must not decide to whom credentials are shown and who is believed.
        raise UsageError(
            f"The receipt speaks of the store {file.receipt.header.endpoint}, not of AWS",
            "If you trust it, say so: --endpoint-url and that address",
        )
    claims = sorted_claims(file.claims(), in_order=surveyed.in_order)
    if bucket is not None:
        claims = (replace(claim, bucket=None, version_id=None) for claim in claims)
    differences = Differences(record)
    question = BucketQuestion(client, place.bucket if place else None, place.prefix if place else "")
    with (progress or SilentProgress()).step(
        "comparing with the bucket", surveyed.objects, "objects"
    ) as step:
        if file.sort == "provenance" or (file.sort == "checksums" and surveyed.objects <= ASKED_EACH):
            differences.add(question.compare_each(claims, step))
        else:
            differences.add(question.compare_listed(claims, surveyed.folders, step))
    where = ", ".join(f"s3://{name}" for name in sorted(buckets)) + (f" at {endpoint}" if endpoint else "")
    found = _verification(file, surveyed, where, differences, local=False)
    return replace(found, by=_with_checksums(found.by, question.by_checksum.count, surveyed.objects))


def _with_checksums(by: str, count: int, objects: int) -> str:
    """Say where a checksum decided in place of the ETag."""
    if not count:
        return by
    if count == objects:
        return by.replace("ETag", "checksum")
    return f"{by} ({count:,} by checksum: encrypted, or sent in other parts)"


def _bucket_of(file: ClaimFile, bucket: str | None) -> Destination | None:
    """The bucket, and what stands before the names of the claims in its keys; ``None`` when each claim says it."""
    if bucket is not None:
        place = parse_destination(bucket)
        if place.prefix and file.sort != "checksums":
            raise UsageError(
                f"{bucket} is more than a bucket; the manifest has whole keys already",
                f"write --bucket s3://{place.bucket}",
            )
        return place
    if file.receipt is not None:
        return Destination(parse_destination(file.receipt.header.destination).bucket, "")
    if file.sort == "checksums":
        raise UsageError(
            f"{file.path} is a list of checksums, which does not say where its files lie",
            "name the bucket and the prefix with --bucket s3://NAME/PREFIX, or a folder with --local",
        )
    return None


def verify_local(
    path: Path,
    root: Path,
    dataset: str | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
    record: Record | None = None,
    state: Path | None = None,
    *,
    fresh: bool = False,
) -> Verification:
    """Recompute sizes, ETags and checksums of everything in a manifest from files on disk.

    A run that is stopped, also by a kill, is continued by the same call for seven days; one that ends leaves
    nothing behind.

    Parameters
    ----------
    path
        A receipt, a provenance manifest or a list of checksums.
    root
        The dataset's folder; for a list of checksums the folder in which it was made.
    dataset
        ``project/source``, where the names of the folders do not say it.
    jobs
        Files, or stretches of a large file, that are read at once; by default one a core.
    progress
        Where the bytes are shown.
    record
        Called with every finding; the result holds the first 10,000.
    state
        Where it is kept what was done; by default in the user's state folder.
    fresh
        Begin anew even if an earlier run was stopped.

    Raises
    ------
    UnreadableFile
        If it is not a whole manifest.
    UsageError
        If the folder cannot be used.
    Interrupted
        If somebody stopped it.
    """
    progress = progress or SilentProgress()
    file = open_claims(path)
    surveyed = survey(file)
    files, source = find_files(file, root, dataset or None, surveyed.folders)
    on_disk = count_files(source, progress) if source is not None and file.receipt is not None else 0
    done = VerifyRecord(path, root, state, fresh=fresh)
    kernel = load_kernel() if surveyed.size >= WORTH_BYTES else None
    comparison = FileComparison(files, done, kernel)
    differences = Differences(record)
    claims = sorted_claims(file.claims(), in_order=surveyed.in_order)
    with (
        progress.step("reading files", surveyed.size or None, "B") as step,
        _said_when_stopped(comparison, surveyed),
    ):
        differences.add(comparison.compare(claims, jobs or _cores(), step))
    done.finish()
    found = _verification(file, surveyed, str(root), differences, local=True)
    unnamed = max(0, on_disk - comparison.found) if file.receipt is not None else 0
    return replace(found, unnamed=unnamed, resumed=comparison.resumed)


@contextmanager
def _said_when_stopped(comparison: FileComparison, surveyed: Survey) -> Iterator[None]:
    """Keep what was done, and say so, when a signal ends the block."""
    try:
        yield
    except (KeyboardInterrupt, Interrupted) as error:
        comparison.record.close()
        number = 15 if isinstance(error, Interrupted) and error.exit_code == 143 else 2
        mend = "The same command goes on from here." if comparison.record.writable else ""
        raise Interrupted(
            f"Stopped when {comparison.verified:,} of {counted(surveyed.objects, 'file')} had been read.",
            mend,
            number,
        ) from None
    finally:
        comparison.record.close()


def _cores() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(2, cores)


def _verification(
    file: ClaimFile, surveyed: Survey, where: str, differences: Differences, *, local: bool
) -> Verification:
    differences.add(_incomplete(file))
    return Verification(
        where,
        surveyed.objects,
        surveyed.size,
        differences.kept,
        by=BY[file.sort, "local" if local else "bucket"],
        counts=differences.counts,
        absent=differences.absent,
    )


def _incomplete(file: ClaimFile) -> Iterator[Finding]:
    """Say so when files that the upload was asked to send are not in the receipt (known once it was read)."""
    end = file.end
    if end is None or not end.conflicts + end.failed:
        return
    reasons = [f"{end.conflicts:,} in conflict with other bytes"] if end.conflicts else []
    reasons += [f"{end.failed:,} failed"] if end.failed else []
    message = f"The upload left out files that it was asked to send: {', '.join(reasons)}"
    yield RECEIPT_INCOMPLETE.finding(str(file.path), message, count=end.conflicts + end.failed)


@contextmanager
def findings_file(path: Path) -> Iterator[Record]:
    """Open a file for findings, one JSON line each, and yield what appends one.

    The file gets its name when the block ends well.

    Raises
    ------
    UsageError
        If nothing can be written there.
    """
    with OutFile(path, "list of what differs") as file:
        yield lambda finding: file.write(record_line(finding))
        file.commit()
