"""``cpgate fix``: mend names of folders, and the tables that name them."""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from validator.cli import options
from validator.cli.terminal import say
from validator.errors import UsageError
from validator.reporters.escape import shown
from validator.reporters.numbers import counted

if TYPE_CHECKING:
    from validator.models.progress import Progress
    from validator.reporters.style import Style
    from validator.workflows.fix import FixRequest, FixResult

NOT_NAMED = ""
PATH = click.Path(path_type=Path, readable=False)


@click.command(short_help="Mend names of folders, and the tables that name them.")
@click.argument("path", type=PATH, required=False)
@click.option("--apply", "apply_", is_flag=True, help="Do it; without this, only the plan is shown.")
@click.option(
    "--undo",
    type=PATH,
    is_flag=False,
    flag_value=NOT_NAMED,
    metavar="FILE",
    help="Take back what --apply did, by its undo file; without FILE the newest one is named.",
)
@click.option(
    "--as-mapping", is_flag=True, help="Write mounts instead (cpgate.toml); the disk stays as it is."
)
@click.option("--mapping", type=PATH, metavar="FILE", help="Where the mounts go; cpgate.toml if not given.")
@click.option("--undo-file", type=PATH, metavar="FILE", help="Where the undo file goes.")
@options.dataset_option
@options.policy_option
@options.config_option
@options.scope_option
@click.option("--select", multiple=True, metavar="RULE", help="Only these rules: CPG113, folder-*.")
@click.option("--ignore", multiple=True, metavar="RULE", help="Not these rules.")
@options.all_option
@options.colour_option
@options.verbosity_options
def fix(
    *,
    path: Path | None,
    apply_: bool,
    undo: Path | None,
    as_mapping: bool,
    mapping: Path | None,
    undo_file: Path | None,
    dataset: str | None,
    policy: str | None,
    config: Path | None,
    scope: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    everything: bool,
    color: str,
    quiet: bool,
    verbose: bool,
) -> int:
    """Plan better names for what is wrongly named in the folder PATH: batch dates, misspelt folders, spaces.

    Nothing is touched without --apply. Tables that name a renamed batch, plate or path are part of the plan.
    Before the first step an undo file is written; a fix that was stopped is finished by the same command.
    Names inside the imager's folders are never changed, and nothing is ever deleted.
    """
    from validator.cli.style import terminal_style  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.progress import make_progress  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.fix import FixRequest  # noqa: PLC0415  the command's help comes fast

    if sum((apply_, as_mapping, undo is not None)) > 1:
        raise UsageError("--apply, --as-mapping and --undo are three different things.", "Give one of them.")
    if mapping is not None and not as_mapping:
        raise UsageError("--mapping says where --as-mapping writes to.", "Give --as-mapping too.")
    progress, style = make_progress(quiet=quiet, verbose=verbose), terminal_style(color)
    if undo is not None:
        return _undo(undo, path, progress, style)
    if path is None:
        raise UsageError("The dataset's folder is missing.", "cpgate fix PATH")
    request = FixRequest(
        path=path,
        dataset=dataset,
        policy=policy,
        config=config,
        scope=scope,
        select=options.split_list(select),
        ignore=options.split_list(ignore),
        undo_file=undo_file,
    )
    result = _run(request, progress, apply_=apply_, mapping=_place(mapping) if as_mapping else None)
    _show(result, path, style, everything=everything, quiet=quiet)
    return int(result.exit_code)


def _run(request: "FixRequest", progress: "Progress", *, apply_: bool, mapping: Path | None) -> "FixResult":
    from validator.workflows.fix import apply_plan, show_plan, write_mounts  # noqa: PLC0415  the command's help comes fast

    if apply_:
        return apply_plan(request, progress)
    return show_plan(request, progress) if mapping is None else write_mounts(request, mapping, progress)


def _place(mapping: Path | None) -> Path:
    from validator.rulebook.config_name import CONFIG_NAME  # noqa: PLC0415  the command's help comes fast

    return mapping if mapping is not None else Path(CONFIG_NAME)


def _show(result: "FixResult", path: Path, style: "Style", *, everything: bool, quiet: bool) -> None:
    from validator.checks.registry import all_rules  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.fix_text import closing_line, closing_lines, plan_lines, unfinished_lines  # noqa: PLC0415  see above

    lines: list[str] = []
    if result.undo is not None and not result.applied:
        undo = result.undo
        lines += unfinished_lines(_short(undo.path), undo.steps_done(), len(undo.steps), style)
    lines += plan_lines(result.plan, all_rules(), style, everything=everything, quiet=quiet)
    if result.finished:
        lines.append(
            style.finish(f"finished an earlier fix: {counted(result.finished, 'step')} had been left")
        )
    undo_file = _short(result.undo.path) if result.applied and result.undo is not None else ""
    mapping = _short(result.mapping) if result.mapping is not None else ""
    if quiet:
        lines.append(closing_line(result.plan, style, undo=undo_file, mapping=mapping))
    else:
        lines += closing_lines(result.plan, style, path=_typed(path), undo=undo_file, mapping=mapping)
    say("".join(lines).rstrip("\n") + "\n")


def _undo(undo_file: Path, root: Path | None, progress: "Progress", style: "Style") -> int:
    from validator.reporters.fix_text import undo_lines  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.fix import take_back  # noqa: PLC0415  the command's help comes fast

    if undo_file == Path(NOT_NAMED):
        raise _newest_undo(root)
    result = take_back(undo_file, root, progress)
    say("".join(undo_lines(result.problems, str(result.root), len(result.undo.steps), style)))
    return int(result.exit_code)


def _newest_undo(root: Path | None) -> UsageError:
    """Name what can be taken back: it is done only when the file is named."""
    from validator.workflows.fix import undo_to_name  # noqa: PLC0415  the command's help comes fast

    undo = undo_to_name(root)
    if undo is None:
        where = f" of {shown(str(root))}" if root is not None else ""
        return UsageError(
            f"--undo needs the undo file of a fix, and none{where} with anything to take back lies here.",
            "Go to the folder in which cpgate fix --apply ran, or name the file: cpgate fix --undo FILE",
        )
    return UsageError(
        f"--undo needs the undo file of a fix; the newest one here is of {shown(str(undo.root))}, {undo.made} "
        f"({counted(len(undo.steps), 'step')}).",
        f"To take that fix back: cpgate fix --undo {_short(undo.path)}",
    )


def _typed(path: Path) -> str:
    return shlex.quote(os.fspath(path))


def _short(path: Path) -> str:
    """The path as one would type it from here."""
    here = Path.cwd()
    return _typed(path.relative_to(here) if path.is_relative_to(here) else path)
