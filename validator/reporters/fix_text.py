"""A plan of renames in words, and what came of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from validator.models.renames import CellChange, FixPlan, LeftAlone, Rename, TableChange
from validator.models.rule import Rule
from validator.reporters.escape import shown
from validator.reporters.numbers import counted, duration, number
from validator.reporters.style import Style, held

SHOWN = 10
EXAMPLES = 3


def plan_lines(
    plan: FixPlan,
    rules: Mapping[str, Rule],
    style: Style,
    *,
    everything: bool = False,
    quiet: bool = False,
) -> Iterator[str]:
    """Lines of a plan, each with its newline.

    Parameters
    ----------
    plan
        What would be done.
    rules
        Every rule by its number.
    style
        Width and colours.
    everything
        Leave nothing out of long lists.
    quiet
        Only what cannot be mended.
    """
    prefix = f"{plan.datasets[0]}/" if len(plan.datasets) == 1 else ""
    limit = None if everything else SHOWN
    parts: list[Iterable[str]] = []
    if not quiet:
        parts.append(_opening(plan, style))
        for ids, renames in _by_rules(plan.renames):
            parts.append(_renames(ids, renames, rules, style, prefix, limit))
        if plan.tables:
            parts.append(_tables(plan.tables, style, prefix, limit))
    if plan.left or plan.unread:
        parts.append(_left(plan, rules, style, prefix, limit))
    if plan.junk and not quiet:
        parts.append(_junk(plan, style, prefix))
    for part in parts:
        yield from map(style.finish, part)
        yield "\n"


def amounts(plan: FixPlan) -> str:
    """What a plan renames and mends, in numbers: ``8 folders, 1,632 cells in 2 tables``."""
    folders = sum(rename.key.endswith("/") for rename in plan.renames)
    files = len(plan.renames) - folders
    told = [counted(n, noun) for n, noun in ((folders, "folder"), (files, "file")) if n]
    if plan.tables:
        cells = sum(table.cells for table in plan.tables)
        told.append(f"{counted(cells, 'cell')} in {counted(len(plan.tables), 'table')}")
    return ", ".join(told)


def _opening(plan: FixPlan, style: Style) -> Iterator[str]:
    names = ", ".join(shown(name) for name in plan.datasets[:3]) or shown(plan.root)
    facts = [f"to rename: {amounts(plan)}" if plan.renames else "nothing to rename"]
    if plan.left:
        facts.append(f"left as they are: {number(len(plan.left))}")
    if plan.junk:
        facts.append(f"junk: {counted(sum(finding.count for finding in plan.junk), 'file')}")
    yield style.paint(names, "bold")
    both = style.apart(" · ".join(facts), f"planned in {duration(plan.seconds)}")
    yield from [both] if both else style.wrap(f"{' · '.join(facts)} · planned in {duration(plan.seconds)}", 0)


def _by_rules(renames: Iterable[Rename]) -> Iterator[tuple[tuple[str, ...], list[Rename]]]:
    ordered = sorted(renames, key=lambda rename: (rename.rules, rename.key))
    for ids, some in groupby(ordered, key=lambda rename: rename.rules):
        yield ids, list(some)


def _renames(
    ids: Sequence[str],
    renames: Sequence[Rename],
    rules: Mapping[str, Rule],
    style: Style,
    prefix: str,
    limit: int | None,
) -> Iterator[str]:
    folders = sum(rename.key.endswith("/") for rename in renames)
    told = [counted(n, noun) for n, noun in ((folders, "folder"), (len(renames) - folders, "file")) if n]
    name = ", ".join(f"{rules[i].slug} ({i})" for i in ids)
    title = rules[ids[0]].title if len(ids) == 1 else ""
    yield from _headline("rename", name, title, ", ".join(told), style)
    lines = [(f"{_shown(rename.key, prefix)} → {shown(rename.name)}", rename) for rename in renames[:limit]]
    widest = max(len(text) for text, _ in lines)
    for text, rename in lines:
        amount = counted(rename.files, "file") if rename.key.endswith("/") else ""
        whole = f"{' ' * style.margin}{text:<{widest}}   {amount:>13}"
        if len(whole) <= style.width:
            yield whole
            continue
        names = f"{held(_shown(rename.key, prefix))} → {held(shown(rename.name))}"
        yield from style.wrap(f"{names}   {amount}", style.margin, style.margin + 2)
    yield from _rest(len(renames), limit, style)


def _tables(tables: Sequence[TableChange], style: Style, prefix: str, limit: int | None) -> Iterator[str]:
    cells = sum(table.cells for table in tables)
    amount = f"{counted(len(tables), 'table')}, {counted(cells, 'cell')}"
    yield from _headline("mend", "cells that name what is renamed", "", amount, style)
    for table in tables[:limit]:
        yield from style.wrap(held(_shown(table.key, prefix)), style.margin)
        for (old, new), changes in _by_names(table.changes):
            text = f"{shown(old)} → {shown(new)}   {_columns(changes)}"
            yield from style.wrap(text, style.margin + 2, style.margin + 4)
    yield from _rest(len(tables), limit, style)


def _columns(changes: Sequence[CellChange]) -> str:
    """Columns with the numbers of their cells."""
    if len({change.cells for change in changes}) == 1:
        each = " each" if len(changes) > 1 else ""
        return f"{counted(changes[0].cells, 'cell')}{each} in {', '.join(shown(c.column) for c in changes)}"
    return ", ".join(f"{counted(change.cells, 'cell')} in {shown(change.column)}" for change in changes)


def _by_names(changes: Iterable[CellChange]) -> Iterator[tuple[tuple[str, str], list[CellChange]]]:
    found: dict[tuple[str, str], list[CellChange]] = {}
    for change in changes:
        found.setdefault((change.old, change.new), []).append(change)
    yield from found.items()


def _left(
    plan: FixPlan, rules: Mapping[str, Rule], style: Style, prefix: str, limit: int | None
) -> Iterator[str]:
    amount = counted(len(plan.left) + len(plan.unread), "place")
    yield from _headline("left", "as it is; mend it by hand", "", amount, style, colour=True)
    groups: dict[tuple[str, str], list[LeftAlone]] = {}
    for left in plan.left:
        groups.setdefault((left.rule, left.reason), []).append(left)
    for (rule, reason), some in groups.items():
        kept = some if limit is None else some[:EXAMPLES]
        for left in kept:
            target = f" → {held(shown(left.name))}" if left.name else ""
            yield from style.wrap(f"{held(_shown(left.key, prefix))}{target}", style.margin, style.margin + 2)
        if len(kept) < len(some):
            yield f"{' ' * style.margin}… and {number(len(some) - len(kept))} more: --all"
        yield from style.wrap(f"{rules[rule].slug} ({rule}): {shown(reason)}", style.margin + 2)
    for key, reason in plan.unread.items():
        text = f"{held(_shown(key, prefix))}   is not mended: {shown(reason)}"
        yield from style.wrap(text, style.margin, style.margin + 2)


def _junk(plan: FixPlan, style: Style, prefix: str) -> Iterator[str]:
    amount = counted(sum(finding.count for finding in plan.junk), "file")
    yield from _headline("junk", "left out of uploads by itself; nothing is deleted", "", amount, style)
    for finding in plan.junk:
        text = f"{held(_shown(finding.key, prefix))}   {shown(finding.message)}"
        yield from style.wrap(text, style.margin, style.margin + 2)


def closing_lines(
    plan: FixPlan, style: Style, *, path: str, undo: str = "", mapping: str = ""
) -> Iterator[str]:
    """Last lines: what was done, or how it is done.

    Parameters
    ----------
    plan
        The plan.
    style
        Width and colours.
    path
        The folder, as the user would type it.
    undo
        The undo file, when the plan was carried out.
    mapping
        The file with mounts, when it was written instead.
    """
    if plan.renames or mapping:  # the first line says when there is nothing to rename
        yield from map(style.finish, _closing(plan, style, path, undo, mapping))


def closing_line(plan: FixPlan, style: Style, *, undo: str = "", mapping: str = "") -> str:
    """Say in one line what was done, and what one must know to take it back; for `closing_lines` in short."""
    first = next(_closing(plan, style, "", undo, mapping))
    if undo and plan.renames:
        first += f" · to take it back: cpgate fix --undo {shown(undo)}"
    if mapping:
        first += f" · mounts in {shown(mapping)}"
    return style.finish(first)


def _closing(plan: FixPlan, style: Style, path: str, undo: str, mapping: str) -> Iterator[str]:
    if mapping:
        yield f"{style.paint('mapped', 'green')}: {amounts_mapped(plan)}; nothing on the disk was changed"
        yield f"mounts   {shown(mapping)}          cpgate check {shown(path)} --config {shown(mapping)}"
        if plan.tables:
            told = f"the old names still stand in {counted(len(plan.tables), 'table')}, named above: mend that before an upload"
            yield from style.wrap(f"tables   {told}", 0, 9)
        return
    if not plan.renames:
        yield f"{style.paint('nothing to rename', 'yellow' if plan.left else 'green')}"
        return
    if undo:
        yield f"{style.paint('renamed', 'green')}: {amounts(plan)}"
        yield f"undo     cpgate fix --undo {shown(undo)}"
    else:
        yield f"{style.paint('planned', 'yellow')}: {amounts(plan)}; nothing was changed"
        yield f"do it    cpgate fix {shown(path)} --apply"
        yield f"or not   cpgate fix {shown(path)} --as-mapping          mounts instead; the disk stays as it is"
    if any(rename.what in ("batch", "plate") for rename in plan.renames):
        told = "analysis, backend, profiles and pipelines were not looked into: they may name the old batch or plate inside"
        yield from style.wrap(f"note     {told}", 0, 9)


def amounts_mapped(plan: FixPlan) -> str:
    """How many renames are mounts, and how many cannot be one: ``8 folders as mounts, 2 files not``."""
    folders = sum(rename.key.endswith("/") for rename in plan.renames)
    files = len(plan.renames) - folders
    told = f"{counted(folders, 'folder')} as mounts"
    return told + (f", {counted(files, 'file')} not (only folders can be mounted)" if files else "")


def undo_lines(problems: Sequence[str], root: str, steps: int, style: Style) -> Iterator[str]:
    """Say what was taken back, and what was not."""
    for problem in problems:
        for line in style.wrap(f"left     {problem}", 0, 9):
            yield style.finish(line)
    if problems:
        yield style.finish(f"{counted(len(problems), 'step')} of {number(steps)} could not be undone")
    else:
        yield style.finish(f"{style.paint('undone', 'green')}: {shown(root)} is as it was before the fix")


def unfinished_lines(undo: str, done: int, steps: int, style: Style) -> Iterator[str]:
    """Say that an earlier fix was stopped, and how to go on."""
    text = (
        f"stopped  an earlier fix was stopped after {number(done)} of {counted(steps, 'step')}: --apply finishes it, "
        f"cpgate fix --undo {shown(undo)} takes it back"
    )
    for line in style.wrap(text, 0, 9):
        yield style.finish(line)
    yield "\n"


def _headline(
    what: str, name: str, title: str, amount: str, style: Style, *, colour: bool = False
) -> Iterator[str]:
    word = f"{what:<{max(style.margin, 8) - 1}} "
    painted = style.paint(word, "yellow" if colour else "cyan") + style.paint(name, "bold")
    head = f"{word}{name}"
    whole = style.apart(f"{head}   {title}", amount) if title else style.apart(head, amount)
    if whole:
        yield painted + whole[len(head) :]
        return
    yield painted
    yield from style.wrap(f"{title} · {amount}" if title else amount, style.margin)


def _rest(count: int, limit: int | None, style: Style) -> Iterator[str]:
    if limit is not None and count > limit:
        yield style.paint(f"{' ' * style.margin}… and {number(count - limit)} more: --all", "dim")


def _shown(key: str, prefix: str) -> str:
    return shown(key.removeprefix(prefix) or key)
