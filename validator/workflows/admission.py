"""May this be uploaded? The report decides: an earlier one that still holds, or a new one."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from validator import __version__
from validator.checks.clean_files import CleanFiles
from validator.checks.dataset import Dataset
from validator.errors import CpgateError, UsageError
from validator.models.finding import Finding, Level
from validator.models.progress import Progress
from validator.models.report import Listing
from validator.rulebook.locate import rulebook_version
from validator.upload.selection import Selection
from validator.workflows.report import REPORT_NAME, StoredReport, read_report, report_still_holds
from validator.workflows.upload_request import UploadRequest

STATE_REPORT = "report.jsonl"
CLEAN_FILES = "clean-files"


@dataclass(frozen=True, slots=True)
class Admission:
    """What the check says about an upload.

    Attributes
    ----------
    report
        The report.
    held
        Whether it was made earlier and still holds.
    errors
        Number of errors that concern what is selected, and of crashed checks.
    elsewhere
        Number of errors that concern only batches or plates that are not selected.
    warnings
        Number of warnings in the whole report.
    """

    report: StoredReport
    held: bool
    errors: int
    elsewhere: int
    warnings: int = 0


def admit(
    dataset: Dataset, listing: Listing, request: UploadRequest, state: Path, progress: Progress
) -> Admission:
    """Find a report that still holds, or check the dataset now, and count what concerns the selection.

    Parameters
    ----------
    dataset, listing
        What was listed.
    request
        The upload.
    state
        State folder of the destination, where the report is kept for the next run.
    progress
        Where a check is shown.
    """
    if request.report is not None:
        _refuse_other_file(request.report)
    stored = _find(dataset, listing, _places(request, state))
    held = stored is not None
    if stored is None:
        from validator.workflows.check import CheckRequest, judge  # noqa: PLC0415  a report that holds needs no checks

        dataset.clean_files = CleanFiles(state / CLEAN_FILES, _judged_by(dataset))
        check_request = CheckRequest(
            request.path,
            request.dataset,
            request.policy,
            request.scope,
            report=request.report or state / STATE_REPORT,
            origin=request.origin,
        )
        result = judge(dataset, listing, check_request, progress)
        stored = StoredReport(result.report, result.header, result.findings, result.end)
    concerning, elsewhere = _count_errors(stored.findings, dataset, request.selection)
    warnings = stored.end.findings.get(Level.WARNING, 0)
    return Admission(stored, held, concerning + stored.end.crashed, elsewhere, warnings)


def _refuse_other_file(path: Path) -> None:
    """A file that the user names by mistake must not be written over by a report.

    Raises
    ------
    UsageError
        If there is a file that is no report.
    """
    try:
        with path.open("rb") as stream:
            beginning = stream.read(200)
    except OSError:
        return
    if beginning and b'"cpgate-report/' not in beginning:
        raise UsageError(
            f"{path} is not a report of cpgate, so it is not written over", "Name another file with --report"
        )


def _judged_by(dataset: Dataset) -> str:
    """All that the verdict about a single image depends on, apart from its bytes."""
    configuration = dataset.configuration.digest[:16] if dataset.configuration else ""
    return f"{__version__} {rulebook_version()} {configuration} {dataset.policy.name}"


def _places(request: UploadRequest, state: Path) -> list[Path]:
    """Where an earlier report may lie; the one that the user names is the only one then."""
    if request.report is not None:
        return [request.report]
    return [state / STATE_REPORT, Path.cwd() / REPORT_NAME]


def _find(dataset: Dataset, listing: Listing, places: Iterable[Path]) -> StoredReport | None:
    for path in places:
        if not path.exists():
            continue
        try:
            stored = read_report(path)
        except CpgateError:  # cut or damaged: it says nothing, a new one is made
            continue
        if report_still_holds(stored, dataset, listing):
            return stored
    return None


def _count_errors(findings: Iterable[Finding], dataset: Dataset, selection: Selection) -> tuple[int, int]:
    concerning = elsewhere = 0
    for finding in findings:
        if finding.level is not Level.ERROR:
            continue
        folder = finding.key.rpartition("/")[0] + "/"
        entities = dataset.layout.place_folder(folder).entities
        if selection.everything or selection.concerns(entities, finding.key):
            concerning += 1
        else:
            elsewhere += 1
    return concerning, elsewhere
