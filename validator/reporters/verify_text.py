"""A verification in words."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from validator.models.finding import Finding
from validator.models.rule import Rule
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
    everything: bool = False,
) -> Iterator[str]:
    """Lines of the text, what differs first.

    Parameters
    ----------
    findings
        What does not agree.
    where
        What the receipt was compared with.
    objects, agreeing, bytes_
        Number of objects in the receipt, of those that agree, and their bytes.
    unnamed
        Files on disk that the receipt does not name.
    rules
        Every rule by its number.
    style
        Width and colours.
    everything
        Leave nothing out of long lists.
    """
    yield from difference_lines(findings, rules, style, everything=everything)
    by = "size and ETag" if where.startswith("s3://") else "size, ETag and CRC64NVME"
    line = f"verified {number(agreeing)} of {counted(objects, 'object')} ({size(bytes_)}) by {by} · {shown(where)}"
    yield style.finish(line)
    if unnamed:
        text = f"{counted(unnamed, 'file')} there that the receipt does not name: nothing is said of them"
        yield style.finish(f"         {text}")
    if not objects:
        yield "         the receipt names no object: nothing was verified\n"


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
