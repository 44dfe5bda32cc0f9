"""``cpgate verify``: prove that a manifest is true, in the bucket or on disk."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from validator.cli import options
from validator.cli.s3_options import s3_options
from validator.cli.terminal import say
from validator.s3.settings import S3Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from validator.models.rule import Rule

PATH = click.Path(path_type=Path)


@click.command(short_help="Compare a manifest with the bucket, or with the files on disk.")
@click.argument("manifest", type=PATH)
@click.option(
    "--local",
    type=PATH,
    metavar="PATH",
    help="Recompute every ETag and checksum from the files in this folder.",
)
@click.option(
    "--bucket",
    metavar="s3://NAME",
    help="Another bucket than the manifest's, where the data moved to; for a list of checksums s3://NAME/PREFIX.",
)
@options.dataset_option
@s3_options
@click.option("--anonymous", is_flag=True, help="Read a public bucket without credentials.")
@click.option(
    "--fresh", is_flag=True, help="With --local: read everything, also what a stopped run had read."
)
@click.option(
    "--state", type=PATH, metavar="FOLDER", help="With --local: where it is kept what a stopped run had read."
)
@click.option("-o", "--output", metavar="FILE", type=PATH, help="Write what differs as JSON lines.")
@options.all_option
@options.jobs_option
@options.colour_option
@options.verbosity_options
def verify(
    *,
    manifest: Path,
    local: Path | None,
    bucket: str | None,
    dataset: str | None,
    s3: S3Settings,
    anonymous: bool,
    fresh: bool,
    state: Path | None,
    output: Path | None,
    everything: bool,
    jobs: int | None,
    color: str,
    quiet: bool,
    verbose: bool,
) -> int:
    """Compare MANIFEST with the bucket: sizes, ETags and checksums as S3 tells them, nothing is downloaded.

    MANIFEST is a receipt, a provenance manifest (profile_index.json), or a list of checksums or ETags as md5sum,
    sha256sum and `cpgate etag` write them. With --local every byte is read from disk instead.
    """
    from validator.cli.style import terminal_style  # noqa: PLC0415  the command's help comes fast
    from validator.errors import UsageError  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.progress import make_progress  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.verify_text import verification_lines  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.verify import findings_file, verify_local, verify_remote  # noqa: PLC0415  see above

    progress = make_progress(quiet=quiet, verbose=verbose)
    if local is not None and bucket is not None:
        raise UsageError("--local and --bucket are two verifications", "run the command once for each")
    with findings_file(output) if output is not None else nullcontext() as record:
        if local is not None:
            result = verify_local(manifest, local, dataset, jobs, progress, record, state, fresh=fresh)
        else:
            settings = replace(s3, anonymous=anonymous)
            result = verify_remote(manifest, settings, bucket, progress, record)
    rules = _rules() if result.findings else {}
    lines = verification_lines(
        result.findings,
        result.where,
        result.objects,
        result.agreeing,
        result.size,
        result.unnamed,
        rules,
        terminal_style(color),
        by=result.by,
        left_out=result.left_out,
        resumed=result.resumed,
        absent=result.absent,
        everything=everything or verbose,
    )
    say("".join(lines))
    return int(result.exit_code)


def _rules() -> "Mapping[str, Rule]":
    """Every rule by its number: a quarter of a second that a verification without findings does not take."""
    from validator.checks.registry import all_rules  # noqa: PLC0415  see above

    return all_rules()
