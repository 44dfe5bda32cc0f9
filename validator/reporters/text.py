"""A report as text for people: grouped by rule, errors first, counted, and every cut list says so."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from validator.models.finding import Finding, Level
from validator.models.report import ReportEnd, ReportHeader
from validator.models.rule import FAMILIES, Rule
from validator.reporters.configuration_text import configuration_lines, file_name, ignored_summary
from validator.reporters.escape import shown
from validator.reporters.groups import render_group
from validator.reporters.numbers import counted, duration, local_time, number, size
from validator.reporters.style import Style

_SOURCES = {
    "aws-ls": "a listing",
    "inventory": "an S3 Inventory",
    "keys": "a list of keys",
}
_COUNTED = (
    ("batches", "batch"),
    ("lines", "line"),
    ("plates", "plate"),
    ("wells", "well"),
    ("fovs", "field of view"),
    ("cell_segs", "cell segmentation"),
    ("nuclei_segs", "nuclei segmentation"),
    ("structure_segs", "structure segmentation"),
)
_SHOWN = {Level.ERROR: 10, Level.WARNING: 5, Level.INFO: 3}


@dataclass(frozen=True, slots=True)
class Account:
    """A report with what its text needs to know.

    Attributes
    ----------
    header, findings, end
        The report.
    rules
        Every rule by its number.
    scope_title
        The scope in words, ``new arrayed dataset``.
    report
        Where the report lies, as the user would type it; empty when it is not kept.
    stored
        Whether it was read from a file: then it says when it was made.
    crash_file
        Where the details of crashes lie.
    """

    header: ReportHeader
    findings: Sequence[Finding]
    end: ReportEnd
    rules: Mapping[str, Rule]
    scope_title: str
    report: str = ""
    stored: bool = False
    crash_file: str = ""


def render_text(
    account: Account, style: Style, *, everything: bool = False, quiet: bool = False, opening: bool = True
) -> Iterator[str]:
    """Lines of the text, each with its newline.

    Parameters
    ----------
    account
        What to tell.
    style
        Width and colours.
    everything
        Leave nothing out of long lists.
    quiet
        Only errors and the last lines.
    opening
        Begin with what was checked.
    """
    lines: list[Iterable[str]] = []
    if opening and not quiet:
        lines.append(_opening(account, style))
    for level, findings in _by_level(account.findings):
        if quiet and level is not Level.ERROR:
            continue
        lines.extend(_groups(account, style, level, findings, everything=everything))
    lines.append(_closing(account, style, quiet=quiet))
    for number_of_part, part in enumerate(lines):
        if number_of_part:
            yield "\n"
        yield from map(style.finish, part)


def render_closing(account: Account, style: Style) -> Iterator[str]:
    """Only the last lines: how many findings, and where the report is."""
    yield from map(style.finish, _closing(account, style, quiet=False))


def _by_level(findings: Iterable[Finding]) -> Iterator[tuple[Level, list[Finding]]]:
    ordered = sorted(
        findings, key=lambda finding: -finding.level.weight
    )  # stable: keeps the order of the checks
    for level, some in groupby(ordered, key=lambda finding: finding.level):
        yield level, list(some)


def _groups(
    account: Account, style: Style, level: Level, findings: Sequence[Finding], *, everything: bool
) -> Iterator[Iterable[str]]:
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    prefix = f"{account.header.datasets[0]}/" if len(account.header.datasets) == 1 else ""
    limit = None if everything else _SHOWN[level]
    for rule_id in sorted(by_rule):
        more = f"cpgate report {account.report} --all" if account.report else "--all"
        yield render_group(
            by_rule[rule_id], account.rules.get(rule_id), style, prefix=prefix, limit=limit, more=more
        )


def _opening(account: Account, style: Style) -> Iterator[str]:
    header = account.header
    names = [shown(name) for name in header.datasets[:3]] or [shown(header.root)]
    if len(header.datasets) > 3:
        names.append(f"and {number(len(header.datasets) - 3)} more")
    name = ", ".join(names)
    facts = f"{account.scope_title} · policy {shown(header.policy)} · rulebook {shown(header.rulebook)}"
    if configuration := file_name(header.configuration):
        facts += f" · {configuration}"
    if len(name) + 3 + len(facts) <= style.width:
        yield f"{style.paint(name, 'bold')}   {facts}"
    else:
        yield style.paint(name, "bold")
        yield from style.wrap(facts, 0)
    yield from _what_was_listed(header, style)
    if account.stored:
        made = f"made {local_time(header.started)} by cpgate {shown(header.tool)} of {shown(header.root)}"
        yield from style.wrap(made, 0)
    narrowed = [f"--only {name}" for name in header.only]
    narrowed += [f"--select {name}" for name in header.select] + [
        f"--ignore {name}" for name in header.ignore
    ]
    if narrowed:
        yield from style.wrap(shown(f"narrowed to {' '.join(narrowed)}"), 0)
    if not header.complete:
        yield from style.wrap("a part of a dataset: what else it should hold is not judged", 0)


def _what_was_listed(header: ReportHeader, style: Style) -> Iterator[str]:
    counts = [counted(header.counts[name], noun) for name, noun in _COUNTED if header.counts.get(name)]
    sizes_known = "sizes" not in header.listing.unknown
    counts += [
        counted(header.listing.files, "file"),
        size(header.listing.size) if sizes_known else "sizes not known",
    ]
    left = " · ".join(counts)
    right = f"listed in {duration(header.listing.seconds)}"
    both = style.apart(left, right)
    yield from [both] if both else style.wrap(f"{left} · {right}", 0)
    if "contents" in header.listing.unknown:
        what = _SOURCES.get(header.listing.source, "this source")
        wanted = [family for family in header.only or FAMILIES if family != "layout"]
        if wanted:
            text = f"not read: {', '.join(wanted)}; {what} holds no bytes, only names are judged"
            yield from style.wrap(shown(text), 0)


def _closing(account: Account, style: Style, *, quiet: bool) -> Iterator[str]:
    end = account.end
    nouns = ((Level.ERROR, "error"), (Level.WARNING, "warning"))
    amounts = [counted(end.findings.get(level, 0), noun) for level, noun in nouns if end.findings.get(level)]
    if end.findings.get(Level.INFO):
        amounts.append(f"{number(end.findings[Level.INFO])} info")
    places = sum(end.places.values())
    checked = [f"{name} {number(files)}" for name, files in end.checked.items() if files]
    summary = "no findings"
    painted = summary
    if amounts:
        summary = f"{', '.join(amounts)} in {counted(places, 'place')}"
        painted = style.paint(summary, "red" if end.findings.get(Level.ERROR) else "yellow")
    elif checked:
        summary = "clean: no findings"
        painted = style.paint("clean", "green") + ": no findings"
    if ignored := ignored_summary(account.header.configuration):
        summary, painted = f"{summary} · {ignored}", f"{painted} · {ignored}"
    took = f"checked in {duration(end.seconds)}"
    if len(summary) + 3 + len(took) <= style.width:
        yield f"{painted} · {took}"
    else:
        yield painted
        yield took
    if not quiet:
        if checked:
            yield from style.wrap(f"checked  files: {', '.join(checked)}", 0, 9)
        else:
            yield from style.wrap("checked  nothing: there was no file to look at", 0, 9)
        yield from configuration_lines(account.header.configuration, end.overridden, style)
    yield from _crashes(account, style)
    if account.report and not quiet:
        yield from _where_more(account, style)


def _crashes(account: Account, style: Style) -> Iterator[str]:
    if account.end.crashed:
        details = f"; details in {shown(account.crash_file)}" if account.crash_file else ""
        text = f"crashed  {counted(account.end.crashed, 'time')}: this report is incomplete{details}"
        for line in style.wrap(text, 0, 9):
            yield style.paint(line, "red")


def _where_more(account: Account, style: Style) -> Iterator[str]:
    left = f"report   {shown(account.report)}"
    if not account.findings:
        yield left
        return
    worst = max(account.findings, key=lambda finding: finding.level.weight)
    more = f"more: cpgate explain {worst.rule}"
    if len(left) + len(more) + 10 <= style.width:
        yield f"{left}          {more}"
    else:
        yield left
        yield " " * style.margin + more
