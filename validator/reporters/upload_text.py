"""An upload in words: what the check said, the plan, how it ended."""

import shlex
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from validator.reporters.escape import shown
from validator.reporters.numbers import counted, duration, number, size
from validator.reporters.sentences import advice
from validator.reporters.upload_facts import Ending, FileProblem, PlanFacts, ReportFacts

LISTED = 10
"""Files of a kind that are named; the others are counted."""
MARGIN = 9
LEAVE_OUT = "what is meant to stay here: name it under [[ignore]] in cpgate.toml"


def report_line(facts: ReportFacts) -> str:
    """Say which report let the upload pass, or refused it."""
    verdict = counted(facts.errors, "error") if facts.errors else "no errors"
    if facts.elsewhere:
        verdict += f" in what is selected ({counted(facts.elsewhere, 'error')} elsewhere)"
    if facts.warnings:
        verdict += f", {counted(facts.warnings, 'warning')}"
    elif not facts.errors and not facts.elsewhere:
        verdict = "clean"
    how = "still holds (listing unchanged)" if facts.held else "made now"
    report = shown(_short(facts.path))
    if facts.errors or facts.elsewhere or facts.warnings:
        return f"report   {how}: {verdict} · cpgate report {shlex.quote(report)}\n"
    return f"report   {report} {how}: {verdict}\n"


def refusal(facts: ReportFacts, *, quiet: bool = False) -> str:
    """Say that nothing was sent, and how to go on; ``quiet`` in one line."""
    what = f"refused  nothing was sent: {counted(facts.errors, 'error')} in what is selected"
    if quiet:
        return f"{what} · cpgate report {shlex.quote(shown(_short(facts.path)))}\n"
    return (
        f"{what}\n"
        "         mend them and run the same command again; --force uploads in spite of them and says so "
        "in the receipt\n"
    )


def notice_line(text: str) -> str:
    """Say something that changes nothing."""
    return f"note     {shown(text)}\n"


def plan_lines(facts: PlanFacts) -> Iterator[str]:
    """Say what would be done, in files and bytes, and what goes wrong."""
    yield _plan_line(facts)
    for pattern, files in facts.ignored:
        yield f"ignored  {counted(files, 'file')} by {shown(pattern)}\n"
    if facts.junk:
        yield f"ignored  {counted(facts.junk, 'file')} of operating systems and editors\n"
    yield from _listed("left out", facts.left, facts.left_out)
    yield from plan_problems(facts)


def quiet_plan_lines(facts: PlanFacts) -> Iterator[str]:
    """Say what goes wrong, and the plan last of all."""
    yield from plan_problems(facts)
    yield _plan_line(facts)


def plan_problems(facts: PlanFacts) -> Iterator[str]:
    """Say what would go wrong."""
    yield from _listed("failed", facts.fail, facts.failed)
    if facts.fail:
        yield f"         {LEAVE_OUT}\n"
    yield from plan_conflicts(facts)


def plan_conflicts(facts: PlanFacts) -> Iterator[str]:
    """Say what meets other bytes; the end of the upload does not say it again."""
    yield from _listed("conflict", facts.conflict, facts.conflicts)


def _plan_line(facts: PlanFacts) -> str:
    resume = f"resume {number(facts.resume)}"
    if facts.resume:
        resume += f" ({size(facts.resume_there)} of {size(facts.resume_size)} there)"
    parts = [
        f"send {number(facts.send)} ({size(facts.send_size)})",
        resume,
        f"unchanged {number(facts.unchanged)}",
        f"conflict {number(facts.conflict)}",
    ]
    ignored = sum(files for _, files in facts.ignored)
    if facts.fail:
        parts.append(f"failed {number(facts.fail)}")
    if ignored:
        parts.append(f"ignored {number(ignored)}")
    if facts.left:
        parts.append(f"left out {number(facts.left)}")
    return f"plan     {counted(facts.files + facts.fail, 'file')}, {size(facts.size)} · {' · '.join(parts)}\n"


def wrapped(text: str, width: int) -> str:
    """Wrap lines that are longer than the terminal; paths run on, they are never cut."""
    if not width:
        return text
    return "".join(_wrapped_line(line, width) for line in text.splitlines(keepends=True))


def _wrapped_line(line: str, width: int) -> str:
    if len(line) <= width or line.startswith("\x1b"):
        return line
    # What stands behind the word in the margin stays beside it, however long it is.
    pieces = textwrap.wrap(
        line[MARGIN:].rstrip("\n"),
        max(width, MARGIN + 20) - MARGIN,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    return "".join(f"{line[:MARGIN] if not i else ' ' * MARGIN}{piece}\n" for i, piece in enumerate(pieces))


def dry_run_lines(actions: Iterable[tuple[str, str, int]]) -> Iterator[str]:
    """List every file of a plan: action, key, bytes."""
    for action, key, bytes_ in actions:
        yield f"{action:<10} {shown(key)}  {number(bytes_)}\n"


def ending_lines(ending: Ending) -> Iterator[str]:
    """Say what was verified, what failed and why, and where the receipt is."""
    yield from _sent(ending)
    yield from _problems(ending)
    states = (
        ("uploaded", ending.uploaded),
        ("resumed", ending.resumed),
        ("unchanged", ending.unchanged),
        *_wrong(ending),
    )
    yield f"states   {' · '.join(f'{word} {number(count)}' for word, count in states)}\n"
    yield (
        f"verified {number(ending.verified)} of {counted(ending.files, 'object')} by {_decided(ending)}"
        f" · {ending.left_behind}\n"
    )
    if ending.receipt is not None:
        where = "also in the bucket" if ending.receipt_key else "not in the bucket"
        still = "still says it all"
        if ending.verified < ending.files:
            where, still = "of an incomplete upload, so not in the bucket", "still says what is there"
        held = f" {still}" if ending.receipt_held else ""
        yield f"receipt  {shown(_short(ending.receipt))}{held}   ({where})\n"
        if ending.receipt_key:
            yield f"         {shown(ending.receipt_key)}\n"
        for path in ending.receipts_of_batches:
            yield f"         {shown(_short(path))}\n"
    for address, products, added, updated in ending.provenance:
        yield f"recipe   of {counted(products, 'product')}: {added:,} new, {updated:,} changed, in\n"
        yield f"         {shown(address)}\n"


def quiet_ending_lines(ending: Ending) -> Iterator[str]:
    """Say what went wrong, and in the last line what was verified and where the receipt is."""
    yield from _problems(ending)
    parts = [
        f"verified {number(ending.verified)} of {counted(ending.files, 'object')} by {_decided(ending)}",
        *(f"{word} {number(count)}" for word, count in _wrong(ending) if count),
    ]
    if ending.receipt is not None:
        parts.append(f"receipt {shown(_short(ending.receipt))}")
    yield f"{' · '.join(parts)}\n"


def _problems(ending: Ending) -> Iterator[str]:
    yield from _listed("conflict", ending.conflict, ending.conflicts)
    yield from _listed("failed", ending.fail, ending.failed)


def _wrong(ending: Ending) -> tuple[tuple[str, int], tuple[str, int]]:
    conflict = ending.files - ending.verified - ending.fail
    return ("conflict", conflict), ("failed", ending.fail)


def _decided(ending: Ending) -> str:
    if not ending.by_checksum:
        return "size and ETag"
    if ending.by_checksum == ending.verified:
        return "size and checksum (their ETags say nothing: encrypted)"
    return f"size and ETag ({number(ending.by_checksum)} by checksum: their ETags say nothing)"


def _sent(ending: Ending) -> Iterator[str]:
    files, moved = ending.uploaded + ending.resumed, ending.bytes_sent + ending.bytes_copied
    if not files and not moved:
        return
    rate = f" · {size(int(moved / ending.seconds))}/s" if ending.seconds > 0 else ""
    what = "copied" if ending.bytes_copied and not ending.bytes_sent else "sent"
    yield f"{what:<9}{counted(files, 'file')}, {size(moved)} in {duration(ending.seconds)}{rate}{_by_store(ending)}\n"


def _by_store(ending: Ending) -> str:
    if not ending.bytes_copied:
        return ""
    if not ending.bytes_sent:
        return " · by the store itself, nothing went through this machine"
    return f" · {size(ending.bytes_copied)} of it copied by the store itself"


def _short(path: Path) -> str:
    """A path as one would type it here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _listed(what: str, count: int, problems: tuple[FileProblem, ...]) -> Iterator[str]:
    """Name files, those with the same advice one after the other, and the advice once behind them."""
    by_advice: dict[str, list[FileProblem]] = {}
    for problem in problems:
        by_advice.setdefault(problem.mend, []).append(problem)
    for mend, alike in by_advice.items():
        for problem in alike:
            yield f"{what:<9}{shown(problem.key)}\n         {shown(problem.reason)}\n"
        if mend:
            yield f"         mend: {shown(advice(mend))}\n"
    if count > len(problems):
        yield f"         and {number(count - len(problems))} more\n"
