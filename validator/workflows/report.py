"""Where a report lies, how it is written while the checks run, and how it is read again."""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from validator import __version__
from validator.checks.dataset import Dataset
from validator.checks.tool import FILE_UNREADABLE
from validator.errors import UnreadableFile, UsageError
from validator.models.configuration import Configuration
from validator.models.finding import Finding
from validator.models.formats import own_file
from validator.models.report import REPORT_FORMAT, Listing, ReportEnd, ReportHeader
from validator.reporters.escape import shown
from validator.reporters.outfile import OutFile, reason
from validator.rulebook.locate import rulebook_version
from validator.workflows.crashes import state_folder

REPORT_NAME = "cpgate-report.jsonl"
_AGAIN = "Check again to make a new report: cpgate check PATH"
_LONGEST_LINE = 1_000_000
"""Bytes; a report's lines are short, and a file of another kind should not fill the memory."""

Record = TypeVar("Record", ReportHeader, Finding, ReportEnd)


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report that was read from its file.

    Attributes
    ----------
    path
        Where it lies.
    header, findings, end
        Its records.
    """

    path: Path
    header: ReportHeader
    findings: list[Finding]
    end: ReportEnd


def open_report(path: Path | None, dataset_root: Path | None) -> OutFile:
    """Begin to write a report, so that a place that cannot be written to is known before the work.

    Parameters
    ----------
    path
        Where the user wants it; without it ``cpgate-report.jsonl`` in the current folder, or in the user's
        state folder when the current folder belongs to the dataset or cannot be written to.
    dataset_root
        The folder that is checked; nothing is ever written there. ``None`` for a bucket or a listing.

    Raises
    ------
    UsageError
        If it cannot be written there, or the place lies inside the dataset.
    """
    if path is not None:
        if _is_inside(path, dataset_root):
            raise UsageError(
                f"The report would lie inside the dataset: {shown(str(path))}",
                "Name a place outside of it with --report; nothing is ever written into a dataset.",
            )
        return OutFile(path, "report")
    here = Path.cwd() / REPORT_NAME
    if not _is_inside(here, dataset_root):
        with suppress(UsageError):  # a folder without the right to write: the state folder is the user's own
            return OutFile(here, "report")
    folder = state_folder() / "reports"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"There is no place for the report; {shown(str(folder))} cannot be made: {reason(error)}",
            "Name a file with --report.",
        ) from error
    return OutFile(folder / REPORT_NAME, "report")


def dataset_home(path: Path, prefix: str) -> Path:
    """Folder of the project that a path belongs to: below it nothing but data may lie.

    Parameters
    ----------
    path
        What is checked.
    prefix
        The key prefix that it stands for.
    """
    full = path.resolve()
    segments = prefix.rstrip("/").split("/") if prefix else []
    above = list(full.parents)
    levels = len(segments) - 1
    if 0 < levels <= len(above) and above[levels - 1].name == segments[0]:
        return above[levels - 1]
    return full


def _is_inside(path: Path, folder: Path | None) -> bool:
    if folder is None:
        return False
    target = path.resolve()
    return target.is_relative_to(folder.resolve())


def read_report(path: Path) -> StoredReport:
    """Read a stored report and prove that it is whole.

    Raises
    ------
    UsageError
        If there is no such file.
    UnreadableFile
        If it is not a report, is cut, or was changed; names the line.
    """
    lines = _lines_of(path)
    header = _header(path, lines[0])
    if len(lines) < 2 or not lines[-1].endswith(b"\n"):
        raise _unreadable(
            path, "it has no end record: the run that wrote it did not come to its end", len(lines)
        )
    end = _record(path, lines[-1], len(lines), ReportEnd, "end record")
    if hashlib.sha256(b"".join(lines[:-1])).hexdigest() != end.digest:
        raise _unreadable(
            path, "its lines are not those that were written; it was changed or damaged", len(lines)
        )
    findings = [_record(path, line, i, Finding, "finding") for i, line in enumerate(lines[1:-1], start=2)]
    return StoredReport(path, header, findings, end)


def stale_because(report: StoredReport, dataset: Dataset, listing: Listing) -> str:
    """Why a report says nothing about what was just listed; empty when it still holds.

    Parameters
    ----------
    report
        Made earlier, perhaps on another machine.
    dataset, listing
        What was listed now, with the policy and scope that hold now.
    """
    header = report.header
    reasons = (
        (header.listing.digest != listing.digest, "files have changed since"),
        (bool(header.listing.unknown), "it was made of a listing, without reading files"),
        (header.tool != __version__, f"it was made by cpgate {header.tool}"),
        (header.rulebook != rulebook_version(), f"it was made with rulebook {header.rulebook}"),
        (header.policy != dataset.policy.name, f"it was made under the policy {header.policy}"),
        (_digest(header.configuration) != _digest(dataset.configuration), "the configuration has changed"),
        (header.scope != dataset.scope, f"it was made for the scope {header.scope}"),
        (header.complete != dataset.complete, "it is about another part of the dataset"),
        (bool(header.only or header.select or header.ignore), "it is about some rules only"),
        (report.end.crashed > 0, "a check crashed in it"),
        # Rights, and a share that comes back, change neither size nor time.
        (
            any(found.rule == FILE_UNREADABLE.id for found in report.findings),
            "a file could not be read for it",
        ),
    )
    return next((text for applies, text in reasons if applies), "")


def _digest(configuration: Configuration | None) -> str:
    return configuration.digest if configuration else ""


def report_still_holds(report: StoredReport, dataset: Dataset, listing: Listing) -> bool:
    """Whether a report is about exactly what was just listed, judged as it would be judged now."""
    return not stale_because(report, dataset, listing)


def _lines_of(path: Path) -> list[bytes]:
    try:
        with path.open("rb") as stream:
            lines = _bounded(path, stream)
    except FileNotFoundError as error:
        raise UsageError(
            f"There is no file {shown(str(path))}", "Name a report that cpgate check wrote."
        ) from error
    except IsADirectoryError as error:
        raise UsageError(
            f"{shown(str(path))} is a folder, not a report", "To check a folder: cpgate check"
        ) from error
    except OSError as error:
        raise UsageError(f"{shown(str(path))} cannot be read: {reason(error)}") from error
    if not lines:
        raise _unreadable(path, "it is empty", 0)
    return lines


def _bounded(path: Path, stream: Iterable[bytes]) -> list[bytes]:
    lines: list[bytes] = []
    for line in stream:
        if len(line) > _LONGEST_LINE:
            raise _unreadable(path, "it is not a report of cpgate", len(lines) + 1)
        lines.append(line)
    return lines


def _header(path: Path, line: bytes) -> ReportHeader:
    if (own := own_file(line, "report")) is not None:
        raise UnreadableFile(f"{shown(str(path))} is {own.what}, not a report", own.mend(str(path)))
    try:
        facts = json.loads(line)
    except ValueError as error:  # also text that is not UTF-8
        raise _unreadable(path, "it is not a report of cpgate", 1) from error
    if not isinstance(facts, dict) or not str(facts.get("format", "")).startswith("cpgate-report/"):
        raise _unreadable(path, "it is not a report of cpgate", 1)
    if facts["format"] != REPORT_FORMAT:
        raise _unreadable(path, f"it has the format {facts['format']}, this cpgate reads {REPORT_FORMAT}", 1)
    return _record(path, line, 1, ReportHeader, "header")


def _record(path: Path, line: bytes, number: int, model: type[Record], what: str) -> Record:
    try:
        return model.model_validate_json(line)
    except ValidationError as error:
        if what == "end record":
            raise _unreadable(
                path, "it has no end record: the run that wrote it did not come to its end", number
            ) from error
        raise _unreadable(path, f"this is not a {what} of a report", number) from error


def _unreadable(path: Path, why: str, line: int) -> UnreadableFile:
    where = f"line {line}" if line else ""
    return UnreadableFile(
        f"{shown(str(path))} is no usable report{', ' + where if where else ''}: {why}", _AGAIN, where=where
    )
