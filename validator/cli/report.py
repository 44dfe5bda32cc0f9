"""``cpgate report``: show a stored report again."""

import shlex
from pathlib import Path

import click

from validator.cli import options
from validator.cli.output import Outputs


@click.command(short_help="Show a stored report again.")
@click.argument("file", type=click.Path(path_type=Path, readable=False), default=Path("cpgate-report.jsonl"))
@options.output_option
@options.fail_on_option
@options.all_option
@options.colour_option
@click.option("-q", "--quiet", is_flag=True, help="Only errors and the last line.")
def report(
    *, file: Path, outputs: tuple[str, ...], fail_on: str, everything: bool, color: str, quiet: bool
) -> int:
    """Show a report that cpgate check wrote, FILE or cpgate-report.jsonl.

    The exit code is that of the check: 0 clean, 1 findings at or above --fail-on.
    """
    from validator.models.finding import Level  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.account import account_of_stored  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.check import exit_code  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.report import read_report  # noqa: PLC0415  the command's help comes fast

    stored = read_report(file)
    with Outputs(options.parse_outputs(outputs), colour=color, everything=everything, quiet=quiet) as shown:
        shown.show(account_of_stored(stored, report=shlex.quote(str(file))))
    return int(exit_code(stored.end, stored.findings, Level(fail_on)))
