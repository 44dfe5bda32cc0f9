"""``cpgate check``: what is wrong, where, how to mend it."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Literal

import click

from validator.cli import options
from validator.cli.s3_options import s3_options
from validator.s3.settings import S3Settings


@click.command(short_help="Check a dataset: what is wrong, where, how to mend it.")
@click.argument("source", type=click.Path(readable=False, allow_dash=True), metavar="SOURCE")
@options.dataset_option
@click.option(
    "--from",
    "sort",
    type=click.Choice(["aws-ls", "inventory", "keys"]),
    help="What sort of listing SOURCE is; recognised by its content if not given.",
)
@click.option(
    "--prefix", metavar="PREFIX", help="Which part of a listing's keys is meant: cpg0051-heart/broad."
)
@s3_options
@click.option("--anonymous", is_flag=True, help="Read a public bucket without credentials.")
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
    source: str,
    dataset: str | None,
    sort: Literal["aws-ls", "inventory", "keys"] | None,
    prefix: str | None,
    s3: S3Settings,
    anonymous: bool,
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
    """Check the dataset in SOURCE: what is wrong, where, how to mend it. Nothing in it is changed.

    SOURCE is a folder (cpg0051-heart/broad, a project, or a part of a dataset), a bucket (s3://bucket/prefix), a
    published Quilt package (quilt+s3://registry#package=namespace/name@hash), or a listing: a file with what `aws s3 ls --recursive` prints (- for standard input), an S3 Inventory (its manifest.json),
    a list of keys. Of a listing only names are judged.
    """
    from validator.workflows.listing_hands import Hands  # noqa: PLC0415  the command's help comes fast

    # What reads a long listing is started first of all: it imports what it needs meanwhile.
    hands = click.get_current_context().with_resource(Hands())
    hands.look_ahead(source)
    from validator.cli.output import Outputs  # noqa: PLC0415  the command's help comes fast
    from validator.models.finding import Level  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.progress import make_progress  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.account import account_of  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.check import CheckRequest  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.check import check as run_check  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.sources import Origin  # noqa: PLC0415  the command's help comes fast

    origin = Origin(source, sort, prefix, replace(s3, anonymous=anonymous))
    origin.check()
    request = CheckRequest(
        path=Path(source),
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
        origin=origin,
    )
    with Outputs(options.parse_outputs(outputs), colour=color, everything=everything, quiet=quiet) as shown:
        result = run_check(request, make_progress(quiet=quiet, verbose=verbose), hands)
        shown.show(account_of(result, report=shlex.quote(_short(result.report))))
    return int(result.exit_code)


def _short(path: Path) -> str:
    """The path as one would type it from here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
