"""``cpgate package``: publish what a receipt proves as a Quilt package."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from validator.cli import options
from validator.cli.s3_options import s3_options
from validator.cli.terminal import say
from validator.models.quilt import HASH_TYPES, HashType
from validator.s3.settings import S3Settings

if TYPE_CHECKING:
    from validator.workflows.package import PackageResult

PATH = click.Path(path_type=Path)


@click.command(short_help="Publish an uploaded batch as a Quilt package; no byte is copied.")
@click.argument("name")
@click.option(
    "--receipt",
    "receipts",
    type=PATH,
    multiple=True,
    required=True,
    metavar="FILE",
    help="Receipt of the upload; several are put together, the last counts.",
)
@click.option(
    "--registry", required=True, metavar="s3://BUCKET", help="Bucket whose registry holds the package."
)
@click.option(
    "--dest-registry",
    metavar="s3://BUCKET",
    help="Publish in this bucket instead, if your keys may not write .quilt/ in the registry.",
)
@click.option("-m", "--message", required=True, metavar="TEXT", help="What this revision is for.")
@click.option(
    "--select",
    multiple=True,
    metavar="ENTITY=GLOB",
    help="Only these, with all that they rest upon: plate=BR01*, batch=2024_03_06_Rep2.",
)
@click.option(
    "--bucket", metavar="s3://NAME", help="Where the data are by now, if not where they were uploaded."
)
@click.option("--meta", type=PATH, metavar="FILE", help="Further metadata of the package, a JSON object.")
@click.option("--workflow", metavar="NAME", help="Workflow of the registry; its default one if not given.")
@click.option("--no-workflow", is_flag=True, help="No workflow, where the registry allows that.")
@click.option(
    "--hash",
    "hash_type",
    type=click.Choice(HASH_TYPES, case_sensitive=False),
    default="CRC64NVME",
    show_default=True,
    help="Type of all hashes; the others are in receipts of cpgate upload --sha256.",
)
@click.option("--allow-unversioned", is_flag=True, help="Publish although the bucket keeps no versions.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be published; write nothing.")
@s3_options
@options.jobs_option
@options.colour_option
@options.all_option
@options.verbosity_options
def package(
    *,
    name: str,
    receipts: tuple[Path, ...],
    registry: str,
    dest_registry: str | None,
    message: str,
    select: tuple[str, ...],
    bucket: str | None,
    meta: Path | None,
    workflow: str | None,
    no_workflow: bool,
    hash_type: HashType,
    allow_unversioned: bool,
    dry_run: bool,
    s3: S3Settings,
    jobs: int | None,
    color: str,
    everything: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Publish what was uploaded and verified as the Quilt package NAME (namespace/name).

    The package points to the objects where they are, with their version ids and the checksums of the receipt:
    nothing is downloaded or copied. The same name again makes another revision. Needs cpgate[quilt].
    """
    from validator.reporters.progress import make_progress  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.package import DEFAULT_JOBS, PackageRequest, make_package  # noqa: PLC0415  see above

    request = PackageRequest(
        name=name,
        receipts=receipts,
        registry=registry,
        message=message,
        dest_registry=dest_registry,
        select=select,
        bucket=bucket,
        meta=meta,
        workflow="" if no_workflow else workflow,
        hash_type=hash_type,
        allow_unversioned=allow_unversioned,
        dry_run=dry_run,
        s3=s3,
        jobs=jobs or DEFAULT_JOBS,
    )
    result = make_package(request, make_progress(quiet=quiet, verbose=verbose))
    if result.findings:
        _refuse(result, color, everything=everything)
    else:
        _tell(result, dry_run=dry_run, quiet=quiet)
    return int(result.exit_code)


def _refuse(result: "PackageResult", color: str, *, everything: bool) -> None:
    from validator.checks.registry import all_rules  # noqa: PLC0415  the command's help comes fast
    from validator.cli.style import terminal_style  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.verify_text import difference_lines  # noqa: PLC0415  the command's help comes fast

    lines = difference_lines(result.findings, all_rules(), terminal_style(color), everything=everything)
    say("".join(lines))
    say("nothing was published: the bucket does not hold what the receipt says\n")


def _tell(result: "PackageResult", *, dry_run: bool, quiet: bool) -> None:
    from validator.reporters.package_text import PackageFacts, package_lines  # noqa: PLC0415  see above

    changes = result.changes
    assert changes is not None
    facts = PackageFacts(
        name=result.address.name,
        address=str(result.address),
        entries=result.entries,
        total=result.total,
        bytes_=result.size,
        hash_type=result.hash_type,
        earlier=result.earlier,
        added=len(changes.added),
        changed=len(changes.changed),
        removed=len(changes.removed),
        kept=changes.kept,
        metadata=changes.metadata,
        published=result.published,
        dry_run=dry_run,
        replaced=result.replaced,
        unversioned=result.unversioned,
        errors=result.errors,
    )
    lines = list(package_lines(facts))
    say("".join(lines[-1:] if quiet else lines))
