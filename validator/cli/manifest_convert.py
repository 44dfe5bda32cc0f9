"""``cpgate manifest convert``: a receipt in a format of the ecosystem."""

import sys
from pathlib import Path

import click

from validator.cli.terminal import say, silence_stdout
from validator.errors import CpgateError, is_broken_pipe
from validator.reporters.outfile import reason

FORMATS = (
    "bagit",
    "croissant",
    "frictionless",
    "md5sum",
    "quilt",
    "ro-crate",
    "sha256sum",
    "jsonl",
    "parquet",
)


@click.command(short_help="Write a receipt in another format.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "to", required=True, type=click.Choice(FORMATS), help="The format.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="The new file, for bagit a new folder; standard output without it.",
)
def convert(*, file: Path, to: str, output: Path | None) -> int:
    """Write the receipt FILE in another format; what that cannot carry is said on standard error."""
    from validator.reporters.escape import shown  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.numbers import counted  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.manifest_convert import convert_receipt  # noqa: PLC0415  the command's help comes fast

    try:
        converted = convert_receipt(file, to, output)
    except OSError as error:  # of standard output; what goes to a file says its own
        silence_stdout()
        if is_broken_pipe(error):
            raise
        raise CpgateError(
            f"The output could not be written: {reason(error)}", "Make room, or send it elsewhere."
        ) from error
    lines = "".join(f"note: {shown(loss)}\n" for loss in converted.losses)
    say(lines, sys.stderr)
    if output is not None:
        say(f"{output}: {counted(converted.files, 'object')} as {to}\n")
    return 0
