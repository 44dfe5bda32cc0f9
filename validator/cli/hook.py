"""``cpgate hook``: what pre-commit runs in a repository that holds parts of a dataset."""

from typing import TYPE_CHECKING

import click

from validator.cli import options
from validator.cli.style import terminal_style
from validator.cli.terminal import say

if TYPE_CHECKING:
    from validator.reporters.text import Account


@click.group(short_help="What pre-commit runs.")
def hook() -> None:
    """Judge files that pre-commit passes; not meant to be typed."""


@hook.command(short_help="Names and folders of the files given.")
@click.argument("files", nargs=-1, type=click.Path())
@options.dataset_option
@options.policy_option
def layout(*, files: tuple[str, ...], dataset: str | None, policy: str | None) -> int:
    """Judge the names and folders of FILES: batch dates, misspelt folders, special characters."""
    from validator.workflows.account import account_of_examination  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.check import exit_code  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.hook import judge_names  # noqa: PLC0415  the command's help comes fast

    found = judge_names(files, dataset, policy)
    if found is None:
        say("no file of a dataset among those given\n")
        return 0
    _show(account_of_examination(found))
    return int(exit_code(found.end, found.findings))


@hook.command(short_help="Provenance manifests among the files given.")
@click.argument("files", nargs=-1, type=click.Path())
@options.policy_option
def manifest(*, files: tuple[str, ...], policy: str | None) -> int:
    """Judge the provenance manifests FILES (profile_index.json)."""
    from validator.workflows.account import account_of_examination  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.check import exit_code  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.hook import judge_manifests  # noqa: PLC0415  the command's help comes fast

    found = judge_manifests(files, policy)
    if found is None:
        say("no manifest among those given\n")
        return 0
    _show(account_of_examination(found))
    return int(exit_code(found.end, found.findings))


def _show(account: "Account") -> None:
    from validator.reporters.text import render_text  # noqa: PLC0415  the command's help comes fast

    if account.findings:
        say("".join(render_text(account, terminal_style(), opening=False)))
