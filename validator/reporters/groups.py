"""The findings of one rule as text."""

import re
from collections.abc import Iterator, Sequence

from validator.models.finding import Finding, Location
from validator.models.rule import EXAMPLES_KEPT, Rule
from validator.reporters.escape import shown
from validator.reporters.numbers import counted, number
from validator.reporters.sentences import advice
from validator.reporters.style import LEVEL_COLOURS, Style, held

_EXAMPLES = 3
_EXAMPLES_OF_MANY = 1
_WORD = re.compile(r"[\w/-]+(?:\.\w+)*")
_PATH = re.compile(r"[/_]")
_SENTENCE = re.compile(r"[,:;“] |“| and | or | for | in ")
"""What paths hardly have: a text with one of these is more than a path."""
_MANY = 3
"""Findings of a group beyond which each shows fewer examples."""
_WIDEST_PLACE = 52
"""Columns of places up to which messages stand beside them."""


def render_group(
    findings: Sequence[Finding], rule: Rule | None, style: Style, *, prefix: str, limit: int | None, more: str
) -> Iterator[str]:
    """Lines of one group, without newlines.

    Parameters
    ----------
    findings
        All of one rule and one level, at least one.
    rule
        The rule, if this version knows it (a stored report may be older).
    style
        Width and colours.
    prefix
        Key of the only dataset, left out of places.
    limit
        How many findings to show; ``None`` for all.
    more
        The command that shows the rest.
    """
    yield from _headline(findings, rule, style)
    some = findings if limit is None else findings[:limit]
    hints = {finding.hint or (rule.mend if rule else "") for finding in findings}
    common = hints.pop() if len(hints) == 1 else None
    beside = _beside(some, style, prefix)
    few = _EXAMPLES if len(findings) <= _MANY else _EXAMPLES_OF_MANY
    examples = EXAMPLES_KEPT if limit is None else few
    for finding in some:
        yield from _place_and_message(finding, style, prefix, beside)
        yield from _details(finding, style, examples)
        if common is None:
            yield from _mend(finding.hint or (rule.mend if rule else ""), style)
    if len(some) < len(findings):
        rest = findings[len(some) :]
        places = sum(finding.count for finding in rest)
        text = f"… and {counted(len(rest), 'finding')} more ({counted(places, 'place')}): {more}"
        for line in style.wrap(text, style.margin):
            yield style.paint(line, "dim")
    if common:
        yield from _mend(common, style)


def place_of(finding: Finding, prefix: str = "") -> str:
    """Where a finding is: key, line, column, ready to be shown.

    Examples
    --------
    >>> from validator.models.finding import Level
    >>> where = Location(line=18, line_end=41, column="URL_OrigER")
    >>> place_of(Finding(rule="CPG401", slug="image-missing", level=Level.ERROR,
    ...                  key="cpg0051-heart/broad/load_data.csv", location=where, message=""),
    ...          "cpg0051-heart/broad/")
    'load_data.csv:18-41   column URL_OrigER'
    """
    key = finding.key.removeprefix(prefix) or finding.key
    return shown(key) + _inside(finding.location)


def _inside(location: Location | None) -> str:
    if location is None:
        return ""
    text = ""
    if location.line is not None:
        text = f":{location.line}"
        if location.line_end is not None and location.line_end != location.line:
            text += f"-{location.line_end}"
    if location.column is not None:
        text += f"   column {shown(location.column)}"
    if location.page is not None:
        text += f"   page {number(location.page)}"
    if location.pointer is not None:
        text += f"   at {shown(location.pointer) or '/'}"
    return text


def _headline(findings: Sequence[Finding], rule: Rule | None, style: Style) -> Iterator[str]:
    first = findings[0]
    name = f"{shown(first.slug)} ({shown(first.rule)})"
    title = rule.title if rule else ""
    amount = counted(sum(finding.count for finding in findings), "place")
    level = f"{first.level.value:<{max(style.margin, 8) - 1}} "
    head = f"{level}{name}"
    painted = style.paint(level, LEVEL_COLOURS[first.level]) + style.paint(name, "bold")
    whole = style.apart(f"{head}   {title}", amount) if title else None
    if whole:
        yield painted + whole[len(head) :]
        return
    both = style.apart(head, amount)
    yield painted + (both[len(head) :] if both else "")
    yield from style.wrap(title if both else f"{title} · {amount}", style.margin)


def _beside(findings: Sequence[Finding], style: Style, prefix: str) -> int:
    """Columns of the places when all messages fit beside them, otherwise 0."""
    widest = max(len(place_of(finding, prefix)) for finding in findings)
    room = style.width - style.margin - widest - 3
    fits = all(len(shown(finding.message)) <= room for finding in findings)
    return widest if widest <= _WIDEST_PLACE and fits else 0


def _place_and_message(finding: Finding, style: Style, prefix: str, beside: int) -> Iterator[str]:
    place = place_of(finding, prefix)
    message = shown(finding.message)
    indent = " " * style.margin
    if beside:
        yield f"{indent}{style.paint(place, 'cyan')}{' ' * (beside - len(place) + 3)}{message}"
        return
    yield indent + style.paint(place, "cyan")
    yield from style.wrap(message, style.margin + 2)


def _details(finding: Finding, style: Style, examples: int) -> Iterator[str]:
    said = f"{finding.message} {finding.hint or ''}"
    parts = []
    if finding.actual and finding.actual.rstrip("/") not in said:
        parts.append(f"found {_whole(finding.actual)}")
    if finding.expected and not _names(said, finding.expected):
        parts.append(f"expected {_whole(finding.expected)}")
    if parts:
        yield from style.wrap("; ".join(parts), style.margin + 2)
    yield from _examples(finding, style, examples)


def _whole(text: str) -> str:
    """A path in one piece, and anything else as it is shown."""
    return held(shown(text)) if _PATH.search(text) and not _SENTENCE.search(text) else shown(text)


def _names(said: str, expected: str) -> bool:
    """Whether a message names already what is expected; as a step inside another path it does not."""
    return re.search(rf"(?<![\w/]){re.escape(expected.rstrip('/'))}(?!\w)", said) is not None


def _examples(finding: Finding, style: Style, examples: int) -> Iterator[str]:
    if finding.count <= len(finding.examples) and not _new_words(finding):
        return  # the message has named them all
    some = finding.examples[:examples]
    names = [shown(example.removeprefix(finding.key) or example) for example in some]
    left = finding.count - len(some)
    kept = examples < len(finding.examples)  # what was not kept cannot be shown
    rest = f"and {number(left)} more" + (" (--all shows more)" if kept else "")
    indent = style.margin + 2
    line = ", ".join(names) + (f", {rest}" if left > 0 else "")
    if names and len(line) + indent <= style.width:
        yield " " * indent + line
        return
    for name in names:
        yield from style.wrap(_whole(name), indent)
    if names and left > 0:
        yield " " * indent + rest


def _new_words(finding: Finding) -> set[str]:
    """Words of the examples that neither the message nor the place has said."""
    said = set(_WORD.findall(f"{finding.message} {place_of(finding)} line lines"))
    return set(_WORD.findall(" ".join(finding.examples))) - said


def _mend(text: str, style: Style) -> Iterator[str]:
    if text:
        lines = style.wrap(f"mend: {shown(advice(text))}", style.margin, style.margin + 6)
        for line in lines:
            yield style.paint(line, "green")
