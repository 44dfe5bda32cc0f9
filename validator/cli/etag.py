"""``cpgate etag``: the ETag a file has or would have, and which part size stands behind one."""

import codecs
import io
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from validator.cli import options
from validator.cli.s3_options import PART_SIZE
from validator.cli.terminal import say
from validator.models.counts import counted

if TYPE_CHECKING:
    from validator.workflows.etag import EtagMatch, FileEtag


@click.command(short_help="The ETag a file has or would have in S3.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--part-size",
    type=PART_SIZE,
    metavar="SIZE",
    help="Bytes of a part; otherwise 8MiB, as cpgate and aws s3 send files.",
)
@click.option("--like", metavar="ETAG", help="Find the part size with which the file has this ETag.")
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object a line, with everything that is known."
)
@options.jobs_option
@options.verbosity_options
def etag(
    *,
    files: tuple[Path, ...],
    part_size: int | None,
    like: str | None,
    as_json: bool,
    jobs: int | None,
    quiet: bool,
    verbose: bool,
) -> int:
    """Compute the ETag of FILES as S3 would report it; nothing is sent.

    The lines can be kept and compared later with `cpgate verify`. With --like it is found out in which parts the
    file was sent: the part sizes of aws, boto3, s5cmd, rclone, the S3 console and others are tried, then round ones.
    """
    from validator.errors import UsageError  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.progress import make_progress  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.etag import file_etags, match_etag  # noqa: PLC0415  the command's help comes fast

    progress = make_progress(quiet=quiet, verbose=verbose)
    if like is None:
        _keep_names_as_they_are()
        for found in file_etags(files, part_size, jobs, progress):
            say(json.dumps(asdict(found)) + "\n" if as_json else _etag_line(found))
        return 0
    if len(files) > 1:
        raise UsageError("--like is about one file", "name the file that should have this ETag")
    match = match_etag(files[0], like, part_size, jobs, progress)
    say(json.dumps(_match_record(match)) + "\n" if as_json else _match_text(match))
    return 0 if match.fits else 1


def _keep_names_as_they_are() -> None:
    """Write names that are not UTF-8 byte for byte into a list, as md5sum does: so `cpgate verify` finds them."""
    stream = sys.stdout
    if (
        isinstance(stream, io.TextIOWrapper)
        and not stream.isatty()
        and codecs.lookup(stream.encoding).name == "utf-8"
    ):
        stream.reconfigure(errors="surrogateescape")


def _etag_line(found: "FileEtag") -> str:
    """A line of a checksum list, names with line ends escaped as GNU does; on a terminal nothing moves the cursor."""
    from validator.reporters.escape import shown  # noqa: PLC0415  see above

    if sys.stdout.isatty():
        return f"{found.etag}  {shown(found.path)}\n"
    name = found.path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    mark = "\\" if name != found.path else ""
    return f"{mark}{found.etag}  {name if mark else found.path}\n"


def _match_record(match: "EtagMatch") -> dict[str, object]:
    return {
        "path": match.path,
        "size": match.size,
        "etag": match.etag,
        "fits": match.fits,
        "part_size": match.fit.part_size if match.fit else None,
        "senders": list(match.fit.senders) if match.fit else [],
        "tried": list(match.tried),
    }


def _match_text(match: "EtagMatch") -> str:
    from validator.reporters.escape import shown  # noqa: PLC0415  see above

    name = shown(match.path)
    if match.fits and match.fit is None:
        return f"fits: {name} sent with a single PUT\n"
    if match.fits and match.fit is not None:
        parts = -(-match.size // match.fit.part_size) or 1
        count = counted(parts, "part")
        if parts == 1:
            return f"fits: {name} sent in {count}, the whole file\n"
        who = f", as {_joined(match.fit.senders)} would send it" if match.fit.senders else ""
        return f"fits: {name} sent in {count} of {_size(match.fit.part_size)}{who}\n"
    if not match.tried:
        why = "it has other bytes" if "-" not in match.etag else "no part size cuts it into so many parts"
        return f"does not fit: {name} ({counted(match.size, 'byte')}), {why}\n"
    few = _joined([_size(size) for size in match.tried[:5]])
    more = f" and {len(match.tried) - 5:,} more" if len(match.tried) > 5 else ""
    return (
        f"does not fit: {name} ({counted(match.size, 'byte')}) in parts of {few}{more}\n"
        "it has other bytes, or was sent in parts of a size that --part-size would have to name\n"
    )


def _size(value: int) -> str:
    return f"{value >> 20:,} MiB" if value % (1 << 20) == 0 else counted(value, "byte")


def _joined(words: Iterable[str]) -> str:
    words = list(words)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
