"""A rule as text for the terminal, as a record, and as a page of the documentation."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from validator.models.finding import Level
from validator.models.rule import Rule
from validator.reporters.escape import shown
from validator.reporters.style import LEVEL_COLOURS, Colour, Style

_FAMILIES = {
    "layout": "Names and folders",
    "tables": "Tables",
    "images": "Images",
    "links": "Links between files",
    "documents": "Documents and manifests",
    "objects": "Objects in the bucket and uploads",
    "tool": "The tool itself",
}


def rule_table(
    rules: Iterable[tuple[Rule, Level]], style: Style, decided: Mapping[str, Sequence[str]] | None = None
) -> Iterator[str]:
    """Every rule in a line or two: number, level, name, title; and what users decided about it, by number."""
    table = list(rules)
    widest = max((len(rule.slug) for rule, _ in table), default=0)
    for rule, level in table:
        head = f"{rule.id}  {style.paint(f'{level.value:<7}', _colour(level))}  "
        if style.width >= 100:
            lines = style.wrap(rule.title, 20 + widest)
            yield style.finish(f"{head}{style.paint(rule.slug.ljust(widest), 'bold')}  {lines[0].strip()}")
            yield from map(style.finish, lines[1:])
        else:
            yield style.finish(head + style.paint(rule.slug, "bold"))
            yield from map(style.finish, style.wrap(rule.title, 8))
        for text in (decided or {}).get(rule.id, ()):
            yield from map(style.finish, style.wrap(shown(text), 17))


def rule_text(
    rule: Rule, levels: Mapping[str, Level], style: Style, decided: Sequence[str] = ()
) -> Iterator[str]:
    """One rule for the terminal: what, why, how to mend it, its levels, what users decided, its source."""
    yield style.finish(f"{style.paint(rule.slug, 'bold')} ({rule.id})   {_FAMILIES[rule.family].lower()}")
    yield "\n"
    parts = (
        ("what", rule.title),
        ("why", rule.why),
        ("mend", rule.mend),
        ("level", ", ".join(f"{level.value} under {shown(name)}" for name, level in levels.items())),
        *(("here", shown(text)) for text in decided),
        ("source", rule.source),
    )
    for label, text in parts:
        lines = style.wrap(text, 9) or [""]
        yield style.finish(f"{style.paint(f'{label:<8}', 'dim')} {lines[0].strip()}")
        yield from map(style.finish, lines[1:])


def rule_record(rule: Rule, levels: Mapping[str, Level], decided: Sequence[str] = ()) -> dict[str, object]:
    """One rule as plain data; ``decided`` is what users decided about it."""
    return {
        "id": rule.id,
        "slug": rule.slug,
        "title": rule.title,
        "why": rule.why,
        "mend": rule.mend,
        "family": rule.family,
        "levels": {name: level.value for name, level in levels.items()},
        "decided": list(decided),
        "source": rule.source,
    }


def rule_page(rule: Rule, levels: Mapping[str, Level]) -> str:
    """One rule as a page in Markdown.

    Parameters
    ----------
    rule
        The rule.
    levels
        Its level under each policy.
    """
    rows = "\n".join(f"| `{name}` | {_said(level)} |" for name, level in levels.items())
    return f"""# {rule.slug} ({rule.id})

**{_plain(rule.title).rstrip(".")}.**

## Why

{_plain(rule.why)}

## How to mend it

{_plain(rule.mend)}

## Level

| policy | level |
|---|---|
{rows}

To look for nothing else: `cpgate check PATH --select {rule.id}`. To leave it out: `--ignore {rule.id}`.

Source: {_plain(rule.source)}.
"""


def rule_index(rules: Iterable[Rule]) -> str:
    """The page that lists all rules, by family."""
    ordered = sorted(rules, key=lambda rule: (list(_FAMILIES).index(rule.family), rule.id))
    parts = ["# Rules\n\nEvery rule has a number and a name; both work wherever a rule is asked for.\n"]
    for family, some in groupby(ordered, key=lambda rule: rule.family):
        rows = "".join(
            f"| [{rule.id}]({rule.id}.md) | `{rule.slug}` | {_cell(rule.title)} |\n" for rule in some
        )
        parts.append(f"## {_FAMILIES[family]}\n\n| number | name | when all is well |\n|---|---|---|\n{rows}")
    return "\n".join(parts)


def rule_pages(rules: Mapping[str, Rule], policies: Mapping[str, Callable[[Rule], Level]]) -> dict[str, str]:
    """Every page of ``docs/rules/``.

    Parameters
    ----------
    rules
        Every rule by its number (``all_rules()``).
    policies
        For each policy's name what gives a rule its level (``load_policy(name).level``).

    Returns
    -------
    dict
        Markdown by file name: ``index.md`` and one ``CPGnnn.md`` for each rule.
    """
    pages = {"index.md": rule_index(rules.values())}
    for rule in rules.values():
        pages[f"{rule.id}.md"] = rule_page(rule, {name: level(rule) for name, level in policies.items()})
    return pages


def _colour(level: Level) -> Colour:
    return LEVEL_COLOURS.get(level, "dim")


def _said(level: Level) -> str:
    return "off (not judged)" if level is Level.OFF else level.value


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")


def _plain(text: str) -> str:
    """Text whose <plate> and * are no marks of Markdown."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("*", "\\*")
