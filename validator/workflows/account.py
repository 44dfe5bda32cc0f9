"""Joins a report with what its text needs: the rules behind its findings, the scope in words."""

from validator.checks.registry import all_rules
from validator.errors import UsageError
from validator.reporters.text import Account
from validator.rulebook.scope import load_scope
from validator.workflows.check import CheckResult, Examination
from validator.workflows.package_listing import PACKAGE_SCOPE
from validator.workflows.report import StoredReport


def account_of(result: CheckResult, report: str = "") -> Account:
    """What the text of a check that just ended is made of.

    Parameters
    ----------
    result
        Of the check.
    report
        The report's place, as the user would type it.
    """
    return Account(
        header=result.header,
        findings=result.findings,
        end=result.end,
        rules=all_rules(),
        scope_title=scope_title(result.header.scope),
        report=report,
        crash_file=str(result.crash_file or ""),
    )


def account_of_examination(found: Examination) -> Account:
    """What the text of an examination without a report file is made of."""
    title = scope_title(found.header.scope)
    return Account(
        found.header, found.findings, found.end, all_rules(), title, crash_file=str(found.crash_file or "")
    )


def account_of_stored(stored: StoredReport, report: str = "") -> Account:
    """What the text of a stored report is made of."""
    return Account(
        header=stored.header,
        findings=stored.findings,
        end=stored.end,
        rules=all_rules(),
        scope_title=scope_title(stored.header.scope),
        report=report or str(stored.path),
        stored=True,
    )


def scope_title(name: str) -> str:
    """A scope in words; its bare name when this rulebook does not know it (a report may be older)."""
    if name == PACKAGE_SCOPE:
        return "Allen Institute style package"
    try:
        return load_scope(name).title
    except UsageError:
        return f"scope {name}"
