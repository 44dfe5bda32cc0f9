"""``cpgate check``: what is wrong, where, how to mend it."""

import shlex
from pathlib import Path

import click

from validator.cli import options
from validator.cli.output import Outputs


@click.command(short_help="Check a dataset: what is wrong, where, how to mend it.")
@click.argument("path", type=click.Path(path_type=Path, readable=False))
@options.dataset_option
@options.policy_option
@options.config_option
@options.scope_option
@options.rule_options
@options.fail_on_option
@options.output_option
@click.option(
    "--report",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="Where the report goes; cpgate-report.jsonl if not given.",
)
@options.all_option
@options.jobs_option
@options.colour_option
@options.verbosity_options
def check(
    *,
    path: Path,
    dataset: str | None,
    policy: str | None,
    config: Path | None,
    scope: str | None,
    only: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: str,
    outputs: tuple[str, ...],
    report: Path | None,
    everything: bool,
    jobs: int | None,
    color: str,
    quiet: bool,
    verbose: bool,
) -> int:
    """Check the dataset in the folder PATH: what is wrong, where, how to mend it.

    PATH is a dataset (cpg0051-heart/broad), a project, or a part of a dataset. Nothing in it is changed.
    """
    from validator.models.finding import Level  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.progress import make_progress  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.account import account_of  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.check import CheckRequest  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.check import check as run_check  # noqa: PLC0415  the command's help comes fast

    request = CheckRequest(
        path=path,
        dataset=dataset,
        policy=policy,
        config=config,
        scope=scope,
        only=options.split_list(only),
        select=options.split_list(select),
        ignore=options.split_list(ignore),
        fail_on=Level(fail_on),
        jobs=jobs,
        report=report,
    )
    with Outputs(options.parse_outputs(outputs), colour=color, everything=everything, quiet=quiet) as shown:
        result = run_check(request, make_progress(quiet=quiet, verbose=verbose))
        shown.show(account_of(result, report=shlex.quote(_short(result.report))))
    return int(result.exit_code)


def _short(path: Path) -> str:
    """The path as one would type it from here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
