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
    """A plan in numbers; sizes are bytes.

    Attributes
    ----------
    conflict, conflicts
        How many files meet other bytes, and the first of them.
    ignored
        Patterns of the configuration, and how many files each leaves out.
    junk
        Files of operating systems and editors, which are never sent.
    fail, failed
        How many things cannot be sent that should be, and the first of them.
    left, left_out
        How many cannot be sent and are not asked for, and the first of them.
    """

    files: int
    size: int
    send: int
    send_size: int
    resume: int
    resume_size: int
    resume_there: int
    unchanged: int
    conflict: int
    conflicts: tuple[FileProblem, ...]
    ignored: tuple[tuple[str, int], ...] = ()
    junk: int = 0
    fail: int = 0
    failed: tuple[FileProblem, ...] = ()
    left: int = 0
    left_out: tuple[FileProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """How an upload ended.

    Attributes
    ----------
    files, verified
        Selected files, and those whose objects the bucket lists with the right size and ETag.
    uploaded, resumed, unchanged
        Verified files by how they got there; resumed are those of which parts of an earlier run were used.
    bytes_sent, bytes_copied, seconds
        What this run sent, what the store copied by itself, and how long that took.
    conflict, conflicts
        Files that met other bytes and that the plan has not named already; how many, and the first of them.
    fail, failed
        Files that failed: how many, and the first of them.
    left_behind
        What is known about unfinished multipart uploads, in words.
    receipt, receipt_key
        Where the receipt lies on disk, and its address in the bucket (or empty).
    provenance
        Address of each provenance manifest, how many products it names, how many entries are new, how many changed.
    receipts_of_batches
        Where the receipts of single batches lie.
    by_checksum
        Verified files whose objects have an ETag that says nothing, so that a checksum decided.
    receipt_held
        Whether it was written by an earlier run and still says it all.
    """

    files: int
    verified: int
    uploaded: int
    resumed: int
    unchanged: int
    bytes_sent: int
    seconds: float
    conflict: int
    conflicts: tuple[FileProblem, ...]
    fail: int
    failed: tuple[FileProblem, ...]
    left_behind: str
    receipt: Path | None
    receipt_key: str
    bytes_copied: int = 0
    by_checksum: int = 0
    receipt_held: bool = False
    receipts_of_batches: tuple[Path, ...] = ()
    provenance: tuple[tuple[str, int, int, int], ...] = ()
