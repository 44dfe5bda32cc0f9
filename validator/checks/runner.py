"""Runs the checks over a dataset: cheap families first, files side by side, and no check can end the run."""

import os
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from validator.checks.clean_files import CleanFiles
from validator.checks.dataset import Dataset, PlacedFile
from validator.checks.mishaps import Mishaps
from validator.checks.pool import in_threads
from validator.checks.registry import DatasetCheck, FileCheck, all_checks, all_rules
from validator.checks.selection import Selection, make_selection
from validator.errors import Interrupted
from validator.models.finding import Finding, Level
from validator.models.listing import Entry
from validator.models.progress import Progress, SilentProgress, Step
from validator.models.rule import Family

ORDER: tuple[Family, ...] = ("layout", "tables", "links", "documents", "images")
"""Cheap before expensive: the first findings come while the pixels are still waiting."""
FILES_PER_TASK = 16
DETAILS_KEPT = 20

_LABELS = {
    "layout": "checking names and folders",
    "tables": "checking tables",
    "links": "checking links between files",
    "documents": "checking documents",
    "images": "checking images",
}


@dataclass
class Tally:
    """What a run did, filled while it goes on.

    Attributes
    ----------
    checked
        How many files each family looked at.
    overridden
        How many findings each override of the policy decided; also of those that are off in some places.
    crashed
        How many times a check crashed.
    crash_details
        Tracebacks of the first crashes, for a report to the makers.
    """

    checked: dict[str, int] = field(default_factory=dict)
    overridden: list[int] = field(default_factory=list)
    crashed: int = 0
    crash_details: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Failure:
    """A check that did not come to its end on a file (or, without one, on the dataset)."""

    check: str
    file: PlacedFile | None
    error: BaseException


def run_checks(
    dataset: Dataset,
    *,
    only: Sequence[str] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    jobs: int | None = None,
    progress: Progress | None = None,
    tally: Tally | None = None,
) -> Iterator[Finding]:
    """Run every check that the user asked for and that the policy has not switched off.

    Parameters
    ----------
    dataset
        What was listed and placed.
    only, select, ignore
        Families and rules to narrow the run to, see `make_selection`.
    jobs
        Threads that read files; by default a few more than there are processors, because shares are slow.
    progress
        Where the steps are shown.
    tally
        Filled with what was looked at.

    Yields
    ------
    Finding
        With the level that the policy gives; in the same order for the same dataset. What went wrong while
        checking (CPG901, CPG902) comes last.

    Raises
    ------
    UsageError
        If a rule or a family is named that does not exist.
    """
    selection = make_selection(only, select, ignore)
    run = _Run(dataset, selection, tally if tally is not None else Tally(), jobs or default_jobs())
    for family in ORDER:
        if family in selection.families:
            yield from run.family(family, progress if progress is not None else SilentProgress())
    yield from run.mishaps()


def default_jobs() -> int:
    """Threads that read files when the user says nothing."""
    return min(16, (os.cpu_count() or 1) + 2)


class _Run:
    def __init__(self, dataset: Dataset, selection: Selection, tally: Tally, jobs: int) -> None:
        self._dataset = dataset
        self._tally = tally
        self._jobs = jobs
        self._mishaps = Mishaps()
        self._policy = dataset.policy
        self._tally.overridden = [0] * len(self._policy.overrides)
        self._rules = all_rules()
        self._wanted = {rule.id for rule in self._rules.values() if selection.wants(rule)}
        self._checks = [
            check
            for check in all_checks()
            if any(rule.id in self._wanted and not self._policy.is_off(rule) for rule in check.rules)
            and (isinstance(check, FileCheck) or dataset.subject in check.subjects)
        ]

    def family(self, family: Family, progress: Progress) -> Iterator[Finding]:
        """Run the checks of one family: those of the whole dataset, then those of single files."""
        whole = [
            check for check in self._checks if isinstance(check, DatasetCheck) and check.family == family
        ]
        single = [check for check in self._checks if isinstance(check, FileCheck) and check.family == family]
        files = self._dataset.folders.files
        if whole:
            with progress.step(_LABELS[family]):
                for check in whole:
                    yield from self._settle(_run_dataset_check(check, self._dataset))
            self._tally.checked[family] = files
        if single:
            yield from self._family_by_file(family, single, progress)

    def _family_by_file(
        self, family: Family, checks: Sequence[FileCheck], progress: Progress
    ) -> Iterator[Finding]:
        kinds = frozenset[str]().union(*(check.kinds for check in checks))
        total = sum(p.files for p in self._dataset.survey if self._dataset.layout.may_hold(p.place, kinds))
        judged = 0
        with progress.step(_LABELS[family], total) as step:
            memory = self._dataset.clean_files if family == "images" else None
            wanted = _files_of_kinds(self._dataset, kinds, step)
            work = partial(_run_file_checks, checks, self._dataset, memory)
            for batch in in_threads(work, _in_batches(wanted), self._jobs):
                judged += batch.files
                step.advance(batch.files)
                if memory is not None:
                    memory.add(batch.clean)
                yield from self._settle(batch.outcomes)
        self._tally.checked[family] = max(judged, self._tally.checked.get(family, 0))

    def mishaps(self) -> Iterator[Finding]:
        """What went wrong while checking."""
        yield from self._levelled(self._mishaps.findings())

    def _settle(self, outcomes: Iterable[Finding | _Failure]) -> Iterator[Finding]:
        for outcome in outcomes:
            if isinstance(outcome, Finding):
                yield from self._levelled([outcome])
            else:
                self._note_failure(outcome)

    def _levelled(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        for finding in findings:
            level = self._level_of(finding)
            if finding.rule == "CPG901" or level is not Level.OFF:
                finding.level = level if level is not Level.OFF else Level.ERROR
                yield finding

    def _level_of(self, finding: Finding) -> Level:
        rule = self._rules.get(finding.rule)
        if rule is None:
            return finding.level
        if rule.id not in self._wanted:
            return Level.OFF
        level, index = self._policy.decide(rule, finding.key)
        # What is off everywhere is not looked for; that a check finds it beside something else does not count.
        if index is not None and (self._policy.overrides[index].paths or level is not Level.OFF):
            self._tally.overridden[index] += 1
        return level

    def _note_failure(self, failure: _Failure) -> None:
        error = failure.error
        if isinstance(error, OSError) and error.errno is not None:
            key = failure.file.entry.key if failure.file else self._key_of(error.filename)
            self._mishaps.unreadable(key, error)
            return
        self._tally.crashed += 1
        key = failure.file.entry.key if failure.file else self._key_of(None)
        self._mishaps.crash(failure.check, key)
        if len(self._tally.crash_details) < DETAILS_KEPT:
            text = "".join(traceback.format_exception(error))
            self._tally.crash_details.append(f"{failure.check} on {key!a}\n{text}")

    def _key_of(self, path: object) -> str:
        """Key of the file at a path; of the dataset when it is not one of its files."""
        if isinstance(path, str | os.PathLike):
            folder, _, name = os.fsdecode(path).replace("\\", "/").rpartition("/")
            for placed in self._dataset.folders:
                if placed.folder.path == folder:
                    return placed.key + name
        return f"{self._dataset.names[0]}/" if self._dataset.names else ""


def _files_of_kinds(dataset: Dataset, kinds: frozenset[str], step: Step) -> Iterator[PlacedFile]:
    for placed in dataset.folders.of_kinds(kinds):
        for file in dataset.files_of(placed):
            if file.place.kind in kinds:
                yield file
            else:
                step.advance()


def _in_batches(files: Iterator[PlacedFile]) -> Iterator[tuple[PlacedFile, ...]]:
    while batch := tuple(islice(files, FILES_PER_TASK)):
        yield batch


def _run_dataset_check(check: DatasetCheck, dataset: Dataset) -> Iterator[Finding | _Failure]:
    try:
        yield from check.function(dataset)
    except (KeyboardInterrupt, SystemExit, GeneratorExit, Interrupted):
        raise
    except BaseException as error:  # noqa: BLE001  the crash boundary; a panic inside polars is no Exception
        yield _Failure(check.name, None, error)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A batch of files after its checks: how many, what came of it, and about which nothing was found."""

    files: int
    outcomes: list[Finding | _Failure]
    clean: list[Entry]


def _run_file_checks(
    checks: Sequence[FileCheck], dataset: Dataset, memory: CleanFiles | None, files: Sequence[PlacedFile]
) -> _Judged:
    outcomes: list[Finding | _Failure] = []
    clean: list[Entry] = []
    for file in files:
        if memory is not None and memory.knows(file.entry):
            continue
        before = len(outcomes)
        for check in checks:
            if file.place.kind not in check.kinds:
                continue
            try:
                outcomes.extend(check.function(file, dataset))
            except (KeyboardInterrupt, SystemExit, GeneratorExit, Interrupted):
                raise
            except BaseException as error:  # noqa: BLE001  the crash boundary; a panic inside polars is no Exception
                outcomes.append(_Failure(check.name, file, error))
        if len(outcomes) == before:
            clean.append(file.entry)
    return _Judged(len(files), outcomes, clean)
