"""``cpgate manifest stamp``: fill the ETags of a provenance manifest."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from validator.cli import options
from validator.cli.s3_options import PART_SIZE, s3_options
from validator.cli.terminal import say
from validator.s3.settings import S3Settings

if TYPE_CHECKING:
    from validator.workflows.stamp import StampResult

PATH = click.Path(path_type=Path)


@click.command(short_help="Fill the ETags of a provenance manifest from the bucket, or from files.")
@click.argument("file", type=PATH)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 when something would change.")
@click.option("--update", is_flag=True, help="Write over ETags that are other ones than what is there now.")
@click.option(
    "--details",
    is_flag=True,
    help="Also add size, part_size and version_id (columns of a CSV stay as they are).",
)
@click.option(
    "--bucket",
    metavar="s3://NAME",
    help="Ask in another bucket than that of the urls: products still in staging.",
)
@click.option("--from-local", "local", type=PATH, metavar="FOLDER", help="Compute ETags from files instead.")
@click.option(
    "--part-size",
    type=PART_SIZE,
    metavar="SIZE",
    help="With --from-local: parts in which the products are sent; otherwise those of the manifest, or 8MiB.",
)
@options.dataset_option
@s3_options
@click.option("--anonymous", is_flag=True, help="Read a public bucket without credentials.")
@options.verbosity_options
def stamp(
    *,
    file: Path,
    check: bool,
    update: bool,
    details: bool,
    bucket: str | None,
    local: Path | None,
    part_size: int | None,
    dataset: str | None,
    s3: S3Settings,
    anonymous: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Fill the ETags of FILE (profile_index.json, or the older CSV), each product by its own url.

    Only what changes is written, everything else stays byte for byte. If one product cannot be read, or has other
    bytes than its recorded ETag says, it is named and nothing is written.
    """
    from validator.errors import UsageError  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.progress import make_progress  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.stamp import StampRequest  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.stamp import stamp as run  # noqa: PLC0415  the command's help comes fast

    if local is not None and bucket is not None:
        raise UsageError("--from-local and --bucket are two sources", "choose one")
    if local is None and part_size is not None:
        raise UsageError(
            "--part-size is for --from-local: in the bucket it is what it is",
            "leave it out, or name a folder",
        )
    request = StampRequest(
        file,
        replace(s3, anonymous=anonymous),
        bucket,
        local,
        dataset,
        part_size,
        details=details,
        update=update,
        check=check,
    )
    result = run(request, make_progress(quiet=quiet, verbose=verbose))
    say(_text(result, file, quiet=quiet))
    return int(result.exit_code)


def _text(result: "StampResult", file: Path, *, quiet: bool) -> str:
    from validator.reporters.escape import shown  # noqa: PLC0415  see above
    from validator.reporters.numbers import counted, number  # noqa: PLC0415  see above

    name = shown(str(file))
    products = counted(result.products, "product")
    lines = []
    for failure in result.failures:
        lines.append(f"error    {shown(failure.product)}: {shown(failure.why)}")
        lines += [f"         {shown(failure.url)}"] if failure.url else []
    if not quiet and not result.failures:  # nothing was written: what else would change is no news
        lines += [
            f"{shown(change.product)}   {change.field}: {_value(change.before)} -> {_value(change.after)}"
            for change in result.changes
        ]
    stamped = number(len({change.product for change in result.changes}))
    mends = dict.fromkeys(failure.mend for failure in result.failures if failure.mend)
    lines += [f"mend:    {shown(mend)}" for mend in mends]
    if result.failures:
        lines.append(f"{number(len(result.failures))} of {products} failed: nothing was written · {name}")
    elif not result.products:
        lines.append(f"there is no product to stamp · {name}")
    elif not result.changes:
        lines.append(f"nothing to stamp: {products} as they are there · {name}")
    elif result.check:
        lines.append(f"would stamp {stamped} of {products} · {name}")
    else:
        lines.append(f"stamped {stamped} of {products} · {name}")
    return "".join(f"{line}\n" for line in lines)


def _value(value: object) -> str:
    from validator.reporters.escape import shown  # noqa: PLC0415  see above

    return shown(str(value)) if value not in (None, "") else "nothing"
