"""``cpgate manifest``: provenance manifests and receipts as files, offline."""

import click

from validator.cli import options
from validator.cli.manifest_convert import convert
from validator.cli.manifest_receipts import diff, merge, split
from validator.cli.manifest_stamp import stamp
from validator.cli.style import terminal_style
from validator.cli.terminal import say


@click.group(short_help="Judge and stamp provenance manifests; merge and compare receipts.")
def manifest() -> None:
    """Work on provenance manifests (profile_index.json) and receipts as files."""


for command in (convert, merge, diff, split, stamp):
    manifest.add_command(command)


@manifest.command(short_help="Judge the form of manifests and receipts.")
@click.argument("files", nargs=-1, required=True, type=click.Path())
@click.option(
    "--earlier",
    type=click.Path(),
    metavar="FILE",
    help="An earlier state of the manifest: no version may have been written over since.",
)
@options.policy_option
@options.fail_on_option
@options.all_option
@options.colour_option
def check(
    *,
    files: tuple[str, ...],
    earlier: str | None,
    policy: str | None,
    fail_on: str,
    everything: bool,
    color: str,
) -> int:
    """Judge the form of FILES: required fields, ETags, pinned permalinks; receipts: whole and unchanged."""
    from validator.models.finding import Level  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.numbers import counted  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.text import render_text  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.account import account_of_examination  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.check import exit_code  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.hook import judge_manifests  # noqa: PLC0415  the command's help comes fast

    found = judge_manifests(files, policy, earlier)
    if found is None or not found.findings:
        say(f"clean: {counted(len(files), 'file')}\n")
        return 0
    account = account_of_examination(found)
    say("".join(render_text(account, terminal_style(color), everything=everything, opening=False)))
    return int(exit_code(found.end, found.findings, Level(fail_on)))
