"""``cpgate upload``: send what passed the check; the same command goes on after a stop."""

import math
import os
import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from validator.cli import options
from validator.cli.importing import importing
from validator.cli.provenance_options import provenance_options
from validator.cli.receipt_options import receipt_options
from validator.cli.running_options import running_options
from validator.cli.s3_options import PART_SIZE, s3_options, writing_options
from validator.cli.source_options import SourceKeys, source_options
from validator.cli.terminal import complain, say
from validator.s3.settings import S3Settings
from validator.upload.starting import WorkersAhead

if TYPE_CHECKING:
    from validator.manifests.recipe import Recipe
    from validator.upload.timetable import Timetable
    from validator.workflows.admission import Admission
    from validator.workflows.upload_result import News, Notice, Planned, UploadResult

PATH = click.Path(path_type=Path)
DEFAULT_KEY_WAIT = 30 * 60.0
LINES_AT_ONCE = 500


@click.command(short_help="Send a checked dataset; the same command goes on after a stop.")
@click.argument("path", metavar="SOURCE")
@click.argument("destination")
@options.dataset_option
@options.policy_option
@options.config_option
@options.scope_option
@click.option(
    "--batch", "batches", multiple=True, metavar="GLOB", help="Only these batches, wherever they are."
)
@click.option(
    "--plate", "plates", multiple=True, metavar="GLOB", help="Only these plates, by full or short name."
)
@click.option("--include", multiple=True, metavar="GLOB", help="Only keys like these: images/*/illum/*")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Not keys like these.")
@click.option(
    "-n", "--dry-run", is_flag=True, help="Print the plan with every file and its bytes; send nothing."
)
@click.option(
    "--rehash", is_flag=True, help="Read files again whose objects are there, whatever is remembered of them."
)
@click.option("--force", is_flag=True, help="Upload although the check found errors; the receipt says so.")
@click.option("--replace", multiple=True, metavar="GLOB", help="Replace other bytes at keys like these.")
@s3_options
@writing_options
@click.option(
    "--jobs", type=click.IntRange(1, 256), help="Requests at once; by default as many as the store bears."
)
@click.option(
    "--part-size",
    type=PART_SIZE,
    default="8MiB",
    show_default=True,
    help="Larger files go in parts of this size, 5MiB to 5GiB.",
)
@running_options
@source_options
@click.option("--state", type=PATH, metavar="DIR", help="Where to remember what was sent.")
@click.option("--report", type=PATH, metavar="FILE", help="A report to use if it still holds, else to write.")
@receipt_options
@provenance_options
@options.colour_option
@options.verbosity_options
def upload(
    *,
    path: str,
    destination: str,
    dataset: str | None,
    policy: str | None,
    config: Path | None,
    scope: str | None,
    batches: tuple[str, ...],
    plates: tuple[str, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    dry_run: bool,
    rehash: bool,
    force: bool,
    replace: tuple[str, ...],
    s3: S3Settings,
    jobs: int | None,
    part_size: int,
    source: SourceKeys,
    copy_way: Literal["auto", "store", "through-here"],
    bandwidth: "Timetable | None",
    time_limit: int | None,
    log_json: str | None,
    credential_wait: int | None,
    state: Path | None,
    report: Path | None,
    receipt: Path | None,
    no_remote_receipt: bool,
    receipt_per_batch: bool,
    notes: tuple[tuple[str, str], ...],
    sha256: bool,
    only_kind: str | None,
    recipe: str | None,
    recipe_configs: tuple[str, ...],
    color: str,
    quiet: bool,
    verbose: bool,
) -> int:
    """Send the dataset in SOURCE, a folder or s3://bucket/prefix, to DESTINATION, s3://bucket or s3://bucket/prefix.

    It is checked first, and refused if there are errors. After a stop, a kill or an expired key the same
    command goes on where it stopped. Keys are always project/source/...; other bytes that lie at a key are
    never written over unless --replace names it.
    """
    # What sends is started first of all: it imports what it needs meanwhile.
    ahead = click.get_current_context().with_resource(WorkersAhead(jobs))
    if not dry_run:
        ahead.start_some()
    with importing():
        from validator.reporters.event_log import STANDARD_OUTPUT  # noqa: PLC0415  the command's help comes fast
        from validator.reporters.progress import make_progress  # noqa: PLC0415  the command's help comes fast
        from validator.upload.selection import Selection  # noqa: PLC0415  the command's help comes fast
        from validator.workflows.sources import Origin  # noqa: PLC0415  the command's help comes fast
        from validator.workflows.upload import upload as run_upload  # noqa: PLC0415  the command's help comes fast
        from validator.workflows.upload_events import logged_upload, open_log  # noqa: PLC0415  the command's help comes fast
        from validator.workflows.upload_request import UploadRequest  # noqa: PLC0415  the command's help comes fast

    if not dry_run:
        ahead.start()
    include, exclude, made_by = _derived(include, exclude, only_kind, recipe, recipe_configs)
    in_bucket = Origin(path).in_bucket
    settings = source.settings(s3, in_bucket=in_bucket)
    origin = Origin(path, s3=settings) if in_bucket else None
    request = UploadRequest(
        path=Path(path),
        origin=origin,
        copy=copy_way,
        destination=destination,
        dataset=dataset,
        policy=policy,
        config=config,
        scope=scope,
        selection=Selection(batches, plates, include, exclude),
        recipe=made_by,
        s3=s3,
        jobs=jobs,
        part_size=part_size,
        bandwidth=bandwidth,
        time_limit=time_limit,
        credential_wait=_key_wait(credential_wait),
        replace=replace,
        force=force,
        dry_run=dry_run,
        rehash=rehash,
        state=state or _state_from_environment(),
        report=report,
        receipt=receipt,
        remote_receipt=not no_remote_receipt,
        receipt_per_batch=receipt_per_batch,
        notes=dict(notes),
        sha256=sha256,
    )
    teller = _Teller(colour=color, quiet=quiet, force=force, dry_run=dry_run)
    progress = make_progress(quiet=quiet, verbose=verbose)
    if log_json is None:
        result = run_upload(request, progress, teller.tell, ahead)
        teller.tell_end(result)
        return int(result.exit_code)
    with open_log(log_json, request) as log:
        if log_json == STANDARD_OUTPUT:
            result = logged_upload(request, log, progress, ahead=ahead)
        else:
            result = logged_upload(request, log, progress, teller.tell, ahead)
            teller.tell_end(result)
    if log.broken:
        complain(f"The log {log_json} is not complete: {log.broken}", "The upload itself is not concerned")
    return int(result.exit_code)


def _derived(
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    only_kind: str | None,
    recipe: str | None,
    recipe_configs: tuple[str, ...],
) -> "tuple[tuple[str, ...], tuple[str, ...], Recipe | None]":
    """What is selected, and what made it: with a recipe the manifest of the products is written, not sent."""
    if only_kind is None and recipe is None and not recipe_configs:
        return include, exclude, None
    from validator.checks.unproven_products import MANIFEST_PLACE  # noqa: PLC0415  few have a recipe
    from validator.manifests.recipe import parse_recipe  # noqa: PLC0415  few have a recipe
    from validator.workflows.upload_provenance import DERIVED  # noqa: PLC0415  few have a recipe

    return (
        include + (DERIVED if only_kind else ()),
        exclude + ((MANIFEST_PLACE,) if recipe else ()),
        parse_recipe(recipe, recipe_configs),
    )


def _state_from_environment() -> Path | None:
    """The state folder that ``CPGATE_STATE`` names, for clusters whose home folders are small."""
    named = os.environ.get("CPGATE_STATE")
    return Path(named) if named else None


def _key_wait(said: int | None) -> float:
    """Seconds to wait for new keys: without end where a person sees it and can end it."""
    if said is not None:
        return said
    return math.inf if sys.stdin.isatty() and sys.stderr.isatty() else DEFAULT_KEY_WAIT


class _Teller:
    """Says what happens, as it becomes known."""

    def __init__(self, *, colour: str, quiet: bool, force: bool, dry_run: bool) -> None:
        self._colour = colour
        self._quiet = quiet
        self._force = force
        self._dry_run = dry_run
        from validator.upload.sending import Outcome, Retried  # noqa: PLC0415  the command's help comes fast

        self._passed_over = Outcome, Retried

    def tell(self, news: "News") -> None:
        """Say what the check or the plan is, and when keys have expired."""
        if isinstance(news, self._passed_over):
            return  # there may be millions
        from validator.cli.key_words import key_news  # noqa: PLC0415  the command's help comes fast
        from validator.cli.upload_words import report_facts  # noqa: PLC0415  the command's help comes fast
        from validator.reporters import upload_text  # noqa: PLC0415  the command's help comes fast
        from validator.upload.key_wait import KeysAwaited, KeysCame  # noqa: PLC0415  see above
        from validator.workflows.admission import Admission  # noqa: PLC0415  the command's help comes fast
        from validator.workflows.upload_result import Notice  # noqa: PLC0415  the command's help comes fast

        if isinstance(news, KeysAwaited | KeysCame):
            say(key_news(news, beside_a_bar=sys.stderr.isatty()), sys.stderr)
            return
        if isinstance(news, Admission):
            if news.errors and not self._force:
                self._show_findings(news)
            if not self._quiet:
                _say([upload_text.report_line(report_facts(news))])
            return
        if isinstance(news, Notice):
            self._tell_notice(news)
        else:
            self._tell_plan(news)

    def _tell_notice(self, notice: "Notice") -> None:
        from validator.reporters import upload_text  # noqa: PLC0415  the command's help comes fast

        line = upload_text.notice_line(notice.text)
        if notice.now and sys.stderr.isatty():
            line = f"\n{line}"  # a bar stands in the last line
        if notice.now or self._quiet:
            say(line, sys.stderr)
        else:
            _say([line])

    def _tell_plan(self, planned: "Planned") -> None:
        from validator.cli.upload_words import plan_facts  # noqa: PLC0415  the command's help comes fast
        from validator.reporters import upload_text  # noqa: PLC0415  the command's help comes fast

        facts = plan_facts(planned)
        if self._quiet:
            _say(upload_text.quiet_plan_lines(facts) if self._dry_run else upload_text.plan_conflicts(facts))
            return
        if self._dry_run:
            _say(
                upload_text.dry_run_lines(
                    (i.action.value, i.entry.key, i.entry.size) for i in planned.items()
                ),
                width=0,
            )
        _say(upload_text.plan_lines(facts))
        if self._dry_run:
            _say(["dry run  nothing was sent\n"])

    def _show_findings(self, admission: "Admission") -> None:
        from validator.cli.style import terminal_style  # noqa: PLC0415  the command's help comes fast
        from validator.reporters.text import render_text  # noqa: PLC0415  the command's help comes fast
        from validator.workflows.account import account_of_stored  # noqa: PLC0415  the command's help comes fast

        account = account_of_stored(admission.report, report=str(admission.report.path))
        _say(render_text(account, terminal_style(self._colour, sys.stdout), quiet=True))

    def tell_end(self, result: "UploadResult") -> None:
        """Say how it ended."""
        from validator.cli.upload_words import ending, report_facts  # noqa: PLC0415  the command's help comes fast
        from validator.reporters import upload_text  # noqa: PLC0415  the command's help comes fast

        if result.planned is None:
            _say([upload_text.refusal(report_facts(result.admission), quiet=self._quiet)])
        elif not self._dry_run:
            lines = upload_text.quiet_ending_lines if self._quiet else upload_text.ending_lines
            _say(lines(ending(result)))


def _say(lines: Iterable[str], width: int | None = None) -> None:
    """Write lines, wrapped to the terminal; a width of 0, and a pipe, leave them as they are."""
    from validator.reporters.upload_text import wrapped  # noqa: PLC0415  the command's help comes fast

    narrow = sys.stdout.isatty() or "COLUMNS" in os.environ
    columns = width if width is not None else options.stdout_width() if narrow else 0
    waiting = iter(lines)
    # In pieces: the plan of two million files neither waits in memory nor makes a system call for each line.
    while piece := "".join(wrapped(line, columns) for line in islice(waiting, LINES_AT_ONCE)):
        say(piece)
