"""What is said about an upload, as plain values: reporters do not know the uploader."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """The report behind an upload: where, whether it was made earlier, errors in and outside the selection, warnings."""

    path: Path
    held: bool
    errors: int
    elsewhere: int
    warnings: int = 0


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A file that did not get there: its key, why, and what to do."""

    key: str
    reason: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """A plan in numbers; sizes are bytes."""

    files: int
    size: int
    send: int
    send_size: int
    resume: int
    resume_size: int
    resume_there: int
    unchanged: int
    conflicts: tuple[FileProblem, ...]
    ignored: int = 0


@dataclass(frozen=True, slots=True)
class Ending:
    """How an upload ended.

    Attributes
    ----------
    files, verified
        Selected files, and those whose objects the bucket lists with the right size and ETag.
    sent_files, bytes_sent, seconds
        What this run sent, and how long that took.
    conflicts, failed
        Files that did not get there (conflicts that the plan has not named already).
    left_behind
        What is known about unfinished multipart uploads, in words.
    receipt, receipt_key
        Where the receipt lies on disk, and its address in the bucket (or empty).
    provenance
        Address of each provenance manifest, how many products it names, how many entries are new, how many changed.
    receipts_of_batches
        Where the receipts of single batches lie.
    receipt_held
        Whether it was written by an earlier run and still says it all.
    """

    files: int
    verified: int
    sent_files: int
    bytes_sent: int
    seconds: float
    conflicts: tuple[FileProblem, ...]
    failed: tuple[FileProblem, ...]
    left_behind: str
    receipt: Path | None
    receipt_key: str
    receipt_held: bool = False
    receipts_of_batches: tuple[Path, ...] = ()
    provenance: tuple[tuple[str, int, int, int], ...] = ()
