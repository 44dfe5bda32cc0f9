"""What a verification found: the first findings, the number of the others, all of them in a file on demand."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from validator.checks.objects import RECEIPT_INCOMPLETE
from validator.errors import ExitCode
from validator.models.claim import ABSENT
from validator.models.finding import Finding

KEPT = 10_000
"""Findings that stay in memory; a bucket that lost everything must not fill it."""
_FOLDERS = 6
"""Folders of a key that are counted: project, source, component, batch, step, plate."""


@dataclass
class Differences:
    """Takes findings as they come.

    Attributes
    ----------
    kept
        The first 10,000, in the order of keys.
    counts
        Number of findings of each rule.
    absent
        Of each rule how many objects are missing in which folder.
    record
        Called with every finding.
    """

    record: Callable[[Finding], None] | None = None
    kept: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    absent: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, findings: Iterable[Finding]) -> None:
        """Take findings."""
        for finding in findings:
            self.counts[finding.rule] += 1
            if finding.message in ABSENT:
                self.absent[finding.rule][
                    "".join(f"{name}/" for name in finding.key.split("/")[:-1][:_FOLDERS])
                ] += 1
            if len(self.kept) < KEPT:
                self.kept.append(finding)
            if self.record is not None:
                self.record(finding)


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found.

    Attributes
    ----------
    where
        What the manifest was compared with.
    objects, size
        Number of objects in the manifest, and their bytes as far as it states them.
    findings
        One for each object that does not agree, the first 10,000; one if a receipt itself is not of everything.
    unnamed
        Files on disk that a receipt does not name.
    by
        What decided, in words: ``size and ETag``.
    counts
        Number of findings of each rule, also of those that are not in `findings`.
    resumed
        Files that an earlier run, which was stopped, had verified.
    absent
        Of each rule how many objects are missing in which folder.
    """

    where: str
    objects: int
    size: int
    findings: list[Finding] = field(default_factory=list)
    unnamed: int = 0
    by: str = "size and ETag"
    counts: Counter[str] = field(default_factory=Counter)
    resumed: int = 0
    absent: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def agreeing(self) -> int:
        """Number of objects that agree."""
        return self.objects - sum(
            count for rule, count in self.counts.items() if rule != RECEIPT_INCOMPLETE.id
        )

    @property
    def left_out(self) -> int:
        """Number of findings that are counted only."""
        return self.counts.total() - len(self.findings)

    @property
    def exit_code(self) -> ExitCode:
        """0, 1 (something differs), or 3 (the manifest is empty)."""
        if not self.objects:
            return ExitCode.NOTHING_CHECKED
        return ExitCode.FINDINGS if self.counts else ExitCode.CLEAN
