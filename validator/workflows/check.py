"""Check a dataset: list it, judge it, keep the report."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from validator import __version__
from validator.checks.dataset import Dataset
from validator.checks.package import PackageDataset
from validator.checks.package_entries import package_rules
from validator.checks.runner import Tally, run_checks
from validator.checks.selection import make_selection
from validator.errors import ExitCode, NothingChecked, UsageError
from validator.models.counts import counted
from validator.models.finding import Finding, Level
from validator.models.progress import Progress, SilentProgress
from validator.models.report import Listing, ReportEnd, ReportHeader
from validator.models.rule import Family
from validator.reporters.outfile import OutFile
from validator.reporters.records import RecordWriter
from validator.rulebook.locate import rulebook_version
from validator.sources.bucket import BucketSource
from validator.sources.local import LocalSource
from validator.sources.package import is_package, looks_like_package, package_around
from validator.sources.quilt import QuiltSource
from validator.workflows.configuration import Settings, settings_in_force
from validator.workflows.crashes import write_crash
from validator.workflows.entity_counts import count_entities
from validator.workflows.listing import Source, list_dataset
from validator.workflows.listing_hands import Hands
from validator.workflows.package_check import entry_troubles
from validator.workflows.package_listing import list_package
from validator.workflows.report import dataset_home, open_report
from validator.workflows.sources import Origin, open_source

_WITHOUT_BYTES: tuple[Family, ...] = ("layout",)
"""What can be checked of names alone."""


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What to check, and how.

    Attributes
    ----------
    path
        A dataset folder, a folder of several, or a part of one.
    dataset
        ``project/source``, where the names of the folders do not say it.
    policy
        Which level each rule has: a policy's name or file; ``None`` for what the configuration says, or
        ``contribution``.
    scope
        What is required: ``arrayed``, ``pooled``, ``addition``, ``derived``; ``None`` for what the
        configuration says, or what is found from the data.
    config
        A configuration; ``None`` for the ``cpgate.toml`` of the dataset, if it has one.
    only, select, ignore
        Families and rules to narrow the check to.
    fail_on
        The lowest level that makes the exit code 1.
    jobs
        Threads that read files; ``None`` chooses.
    report
        Where the report goes; ``None`` for ``cpgate-report.jsonl`` in the current folder.
    origin
        Where the dataset is known from when that is not the folder ``path``: a bucket, a listing.
    """

    path: Path
    dataset: str | None = None
    policy: str | None = None
    scope: str | None = None
    config: Path | None = None
    only: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: Level = Level.ERROR
    jobs: int | None = None
    report: Path | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """The records of a report, wherever they were written.

    Attributes
    ----------
    header, findings, end
        The records.
    crash_file
        Where the details of crashes lie, if there were any and they could be written.
    """

    header: ReportHeader
    findings: list[Finding]
    end: ReportEnd
    crash_file: Path | None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found.

    Attributes
    ----------
    header, findings, end
        The records of the report.
    dataset, listing
        What was judged.
    report
        Where the report lies.
    exit_code
        0, 1 (findings at or above ``fail_on``), 3 (nothing was checked) or 4 (a check crashed).
    crash_file
        Where the details of crashes lie, if there were any and they could be written.
    """

    header: ReportHeader
    findings: list[Finding]
    end: ReportEnd
    dataset: Dataset
    listing: Listing
    report: Path
    exit_code: ExitCode
    crash_file: Path | None = None


def check(request: CheckRequest, progress: Progress | None = None, hands: Hands | None = None) -> CheckResult:
    """List a folder, a bucket or what a listing names, judge it and write its report.

    Parameters
    ----------
    request
        What to check, and how.
    progress
        Where the steps are shown.
    hands
        Who reads a long listing; they are ended.

    Raises
    ------
    UsageError
        If the path, a rule, the policy or the place of the report is not usable.
    NothingChecked
        If there was nothing to look at.
    UnreadableFile
        If a listing is damaged.
    RemoteError, CredentialsError
        If a bucket cannot be reached or listed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from validator.workflows.check import CheckRequest, check
    >>> result = check(CheckRequest(Path("cpg0051-heart/broad")))  # doctest: +SKIP
    >>> result.exit_code, len(result.findings)  # doctest: +SKIP
    (<ExitCode.CLEAN: 0>, 0)
    """
    make_selection(request.only, request.select, request.ignore)  # a misspelt rule is said before the listing
    origin = request.origin if request.origin is not None and not request.origin.in_folder else None
    settings = settings_in_force(
        request.path if origin is None else None,
        config=request.config,
        dataset=request.dataset,
        policy=request.policy,
        scope=request.scope,
    )
    source: Source
    home: Path | None
    if origin is None and request.dataset is None and is_package(request.path):
        source = LocalSource(request.path, prefix="")
        with open_report(request.report, request.path) as file:
            return _judge(*list_package(source, settings, progress), request, file, progress)
    around = package_around(request.path) if origin is None and request.dataset is None else None
    if around is not None:
        raise UsageError(
            f"{request.path} is a part of the package {around}, which is judged as a whole.",
            f"Check the package: cpgate check {around}",
        )
    if origin is not None:
        source, home = open_source(origin, settings.dataset), None
    else:
        source = folder = LocalSource(request.path, settings.dataset, settings.mounts)
        home = dataset_home(request.path, folder.prefix)
    with open_report(request.report, home) as file:
        listed = _list_package_of(source, settings, progress)
        dataset, listing = listed or list_dataset(source, settings, progress=progress, hands=hands)
        if isinstance(source, QuiltSource):
            dataset.troubles += entry_troubles(source, progress or SilentProgress())
            request = request if listed else _narrowed(request, source)
        return _judge(dataset, listing, request, file, progress)


def _list_package_of(
    source: Source, settings: Settings, progress: Progress | None
) -> tuple[Dataset, Listing] | None:
    """List what lies in a bucket as a package in the style of the Allen Institute; ``None`` when it is none."""
    if isinstance(source, BucketSource):
        return list_package(source, settings, progress) if source.is_package else None
    if not isinstance(source, QuiltSource):
        return None
    names = {key.partition("/")[0] for key in source.entries}
    return list_package(source, settings, progress) if looks_like_package(names) else None


def _narrowed(request: CheckRequest, source: QuiltSource) -> CheckRequest:
    """Judge only the entries of a package whose keys are not the Gallery's."""
    if source.in_gallery or request.select:
        return request
    return replace(request, select=package_rules())


def judge(
    dataset: Dataset, listing: Listing, request: CheckRequest, progress: Progress | None = None
) -> CheckResult:
    """Judge what is listed already and write its report; otherwise like `check`."""
    make_selection(request.only, request.select, request.ignore)
    home = None
    if isinstance(dataset, PackageDataset):
        home = request.path
    elif request.origin is None or request.origin.in_folder:
        home = dataset_home(request.path, LocalSource(request.path, request.dataset).prefix)
    with open_report(request.report, home) as file:
        return _judge(dataset, listing, request, file, progress)


def _judge(
    dataset: Dataset, listing: Listing, request: CheckRequest, file: OutFile, progress: Progress | None
) -> CheckResult:
    found = examine(dataset, listing, request, file.write, progress)
    file.commit()
    return CheckResult(
        found.header,
        found.findings,
        found.end,
        dataset,
        listing,
        file.path,
        exit_code(found.end, found.findings, request.fail_on),
        found.crash_file,
    )


def examine(
    dataset: Dataset,
    listing: Listing,
    request: CheckRequest,
    write: Callable[[str], object],
    progress: Progress | None = None,
) -> Examination:
    """Judge what is listed and hand out the report's lines while they come.

    Parameters
    ----------
    dataset, listing
        What to judge.
    request
        How; its path and report are not looked at.
    write
        Called with each line.
    progress
        Where the steps are shown.

    Raises
    ------
    NothingChecked
        If there was nothing to look at.
    """
    if not (listing.files or dataset.junk or dataset.troubles):
        raise _no_files(dataset)
    if dataset.opener is None and request.only and not set(request.only) & set(_WITHOUT_BYTES):
        raise NothingChecked(
            f"Nothing was checked: {dataset.root} is a listing, which holds no bytes to read for "
            f"--only {' --only '.join(request.only)}",
            "Check the folder or the bucket itself.",
        )
    began = monotonic()
    header = _header(dataset, listing, request)
    records = RecordWriter(write)
    records.write(header)
    tally = Tally()
    findings = list(_recorded(_run(dataset, request, tally, progress), records, listing))
    if not findings and not sum(tally.checked.values()):
        raise _nothing_checked(dataset, request)
    end = end_record(findings, tally, round(listing.seconds + monotonic() - began, 3), records.digest)
    records.write(end)
    return Examination(header, findings, end, _keep_crashes(tally))


def exit_code(end: ReportEnd, findings: Iterable[Finding], fail_on: Level = Level.ERROR) -> ExitCode:
    """What a check tells the shell; what is shown of it never matters."""
    if end.crashed:
        return ExitCode.FAILURE
    if any(finding.level.weight >= fail_on.weight for finding in findings):
        return ExitCode.FINDINGS
    return ExitCode.CLEAN if sum(end.checked.values()) else ExitCode.NOTHING_CHECKED


def _run(
    dataset: Dataset, request: CheckRequest, tally: Tally, progress: Progress | None
) -> Iterator[Finding]:
    return run_checks(
        dataset,
        only=request.only if dataset.opener is not None else _WITHOUT_BYTES,
        select=request.select,
        ignore=request.ignore,
        jobs=request.jobs,
        progress=progress or SilentProgress(),
        tally=tally,
    )


def _recorded(findings: Iterable[Finding], records: RecordWriter, listing: Listing) -> Iterator[Finding]:
    for finding in findings:
        if "sizes" in listing.unknown:
            finding.size = None
        records.write(finding)
        yield finding


def _header(dataset: Dataset, listing: Listing, request: CheckRequest) -> ReportHeader:
    return ReportHeader(
        tool=__version__,
        rulebook=rulebook_version(),
        policy=dataset.policy.name,
        scope=dataset.scope,
        root=dataset.root,
        datasets=list(dataset.names),
        only=list(request.only),
        select=list(request.select),
        ignore=list(request.ignore),
        complete=dataset.complete,
        started=datetime.now(UTC),
        listing=listing,
        counts=count_entities(dataset),
        configuration=dataset.configuration,
    )


def end_record(findings: Iterable[Finding], tally: Tally, seconds: float, digest: str) -> ReportEnd:
    """Count findings and places for the last record."""
    levels = (Level.ERROR, Level.WARNING, Level.INFO)
    found = dict.fromkeys(levels, 0)
    places = dict.fromkeys(levels, 0)
    for finding in findings:
        found[finding.level] += 1
        places[finding.level] += finding.count
    return ReportEnd(
        findings=found,
        places=places,
        overridden=tally.overridden,
        crashed=tally.crashed,
        checked=tally.checked,
        seconds=seconds,
        digest=digest,
    )


def _no_files(dataset: Dataset) -> NothingChecked:
    if dataset.ignored_files:
        return NothingChecked(
            f"Nothing was checked: the configuration ignores everything in {dataset.root} ({counted(dataset.ignored_files, 'file')})",
            "cpgate why PATH tells which line ignores a file.",
        )
    return NothingChecked(
        f"Nothing was checked: there are no files in {dataset.root}", "Name the dataset's folder."
    )


def _nothing_checked(dataset: Dataset, request: CheckRequest) -> NothingChecked:
    narrowed = [f"--only {name}" for name in request.only]
    narrowed += [f"--select {name}" for name in request.select] + [
        f"--ignore {name}" for name in request.ignore
    ]
    return NothingChecked(
        f"Nothing was checked: no file of {dataset.root} is judged by {' '.join(narrowed) or 'any rule'} "
        f"under the policy {dataset.policy.name}",
        "Leave these options out, or name another folder.",
    )


def _keep_crashes(tally: Tally) -> Path | None:
    if not tally.crash_details:
        return None
    try:
        return write_crash("\n".join(tally.crash_details))
    except OSError:  # the finding names the check and the file; the details are lost
        return None
