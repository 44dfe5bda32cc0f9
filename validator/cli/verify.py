"""``cpgate verify``: prove that a receipt is true, in the bucket or on disk."""

from pathlib import Path

import click

from validator.cli import options
from validator.cli.s3_options import s3_options
from validator.cli.terminal import say
from validator.s3.settings import S3Settings

PATH = click.Path(path_type=Path)


@click.command(short_help="Compare a receipt with the bucket, or with the files on disk.")
@click.argument("receipt", type=PATH)
@click.option(
    "--local", type=PATH, metavar="PATH", help="Recompute every ETag from the dataset in this folder."
)
@click.option(
    "--bucket", metavar="s3://NAME", help="Another bucket than the receipt's, where the data moved to."
)
@options.dataset_option
@s3_options
@click.option("-o", "--output", metavar="FILE", type=PATH, help="Write what differs as JSON lines.")
@options.all_option
@options.jobs_option
@options.colour_option
@options.verbosity_options
def verify(
    *,
    receipt: Path,
    local: Path | None,
    bucket: str | None,
    dataset: str | None,
    s3: S3Settings,
    output: Path | None,
    everything: bool,
    jobs: int | None,
    color: str,
    quiet: bool,
    verbose: bool,
) -> int:
    """Compare RECEIPT with the bucket: size and ETag of every object, by listing, nothing is downloaded.

    With --local every byte is read from disk instead, and size, ETag and CRC64NVME are computed anew.
    """
    from validator.checks.registry import all_rules  # noqa: PLC0415  the command's help comes fast
    from validator.cli.output import terminal_style  # noqa: PLC0415  the command's help comes fast
    from validator.errors import UsageError  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.progress import make_progress  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.verify_text import verification_lines  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.verify import verify_local, verify_remote, write_findings  # noqa: PLC0415  see above

    progress = make_progress(quiet=quiet, verbose=verbose)
    if local is not None and bucket is not None:
        raise UsageError("--local and --bucket are two verifications", "run the command once for each")
    if local is not None:
        result = verify_local(receipt, local, dataset, jobs, progress)
    else:
        result = verify_remote(receipt, s3, bucket, progress)
    if output is not None:
        write_findings(output, result)
    style = terminal_style(color)
    lines = verification_lines(
        result.findings,
        result.where,
        result.objects,
        result.agreeing,
        result.size,
        result.unnamed,
        all_rules(),
        style,
        everything=everything,
    )
    say("".join(lines))
    return int(result.exit_code)
