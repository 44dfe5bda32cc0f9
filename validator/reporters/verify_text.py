"""A verification in words."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from validator.models.finding import Finding
from validator.models.rule import Rule
from validator.reporters.absent import by_folder, told_of
from validator.reporters.escape import shown
from validator.reporters.groups import render_group
from validator.reporters.numbers import counted, number, size
from validator.reporters.style import Style

SHOWN = 10


def verification_lines(
    findings: Sequence[Finding],
    where: str,
    objects: int,
    agreeing: int,
    bytes_: int,
    unnamed: int,
    rules: Mapping[str, Rule],
    style: Style,
    *,
    by: str = "size and ETag",
    left_out: int = 0,
    resumed: int = 0,
    absent: Mapping[str, Mapping[str, int]] | None = None,
    everything: bool = False,
) -> Iterator[str]:
    """Lines of the text, what differs first.

    Parameters
    ----------
    findings
        What does not agree.
    where
        What the manifest was compared with.
    objects, agreeing, bytes_
        Number of objects in the manifest, of those that agree, and their bytes.
    unnamed
        Files on disk that the receipt does not name.
    rules
        Every rule by its number.
    style
        Width and colours.
    by
        What decided, in words.
    left_out
        Findings that are counted only.
    resumed
        Files that an earlier run, which was stopped, had verified.
    absent
        Of each rule how many objects are missing in which folder.
    everything
        Leave nothing out of long lists.
    """
    if absent and not everything:
        left_out -= told_of(findings, absent)
        findings = list(by_folder(findings, absent, rules, objects))
    yield from difference_lines(findings, rules, style, everything=everything)
    if left_out:
        yield style.finish(f"and {counted(left_out, 'object')} more: -o FILE writes down all of them")
        yield "\n"
    much = f" ({size(bytes_)})" if bytes_ else ""
    line = f"verified {number(agreeing)} of {counted(objects, 'object')}{much} by {by} · {shown(where)}"
    yield style.finish(line)
    if resumed:
        text = f"{counted(resumed, 'file')} of them by the run before, which was stopped; --fresh reads all again"
        yield style.finish(f"         {text}")
    if unnamed:
        text = f"{counted(unnamed, 'file')} there that the receipt does not name: nothing is said of them"
        yield style.finish(f"         {text}")
    if not objects:
        yield "         the manifest names no object: nothing was verified\n"


def difference_lines(
    findings: Sequence[Finding], rules: Mapping[str, Rule], style: Style, *, everything: bool = False
) -> Iterator[str]:
    """Lines about what does not agree, rule by rule; parameters as in `verification_lines`."""
    ordered = sorted(findings, key=lambda finding: (finding.rule, finding.key))
    for rule, group in groupby(ordered, key=lambda finding: finding.rule):
        lines = render_group(
            list(group),
            rules.get(rule),
            style,
            prefix="",
            limit=None if everything else SHOWN,
            more="the same command with --all",
        )
        yield from (style.finish(line) for line in lines)
        yield "\n"
