"""``cpgate multipart``: list and abort uploads that were begun and never ended."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from validator.cli.running_options import Duration
from validator.cli.s3_options import s3_options
from validator.cli.terminal import say
from validator.reporters.escape import shown
from validator.reporters.numbers import counted, duration, size
from validator.s3.settings import S3Settings

if TYPE_CHECKING:
    from validator.upload.unfinished import Unfinished
    from validator.workflows.multipart import UnfinishedUploads

Command = TypeVar("Command", bound=Callable[..., Any])
DAY = 86_400


@click.group(short_help="List or abort large uploads that were begun and never ended.")
def multipart() -> None:
    """List or abort multipart uploads that were begun and never ended: they are stored, and paid for, invisibly.

    Only those that this machine's journals know are meant, unless --others is said.
    """


def _selecting(command: Command) -> Command:
    for option in (
        click.option(
            "--state",
            type=click.Path(path_type=Path),
            envvar="CPGATE_STATE",
            metavar="DIR",
            help="Where uploads remember what was sent.",
        ),
        click.option("--others", is_flag=True, help="Also those that others, or other machines, began."),
        click.option(
            "--older-than",
            type=Duration(zero=True),
            metavar="TIME",
            help="Only what was begun so long ago: 7d.",
        ),
    ):
        command = option(command)
    return command


@multipart.command("list", short_help="Show them: key, age, bytes, who began them.")
@click.argument("place", metavar="s3://BUCKET/PREFIX")
@_selecting
@s3_options
def list_command(
    *, place: str, older_than: int | None, others: bool, state: Path | None, s3: S3Settings
) -> int:
    """Show unfinished uploads below s3://BUCKET/PREFIX, oldest first: age, bytes, parts, who, key."""
    from validator.workflows.multipart import MultipartRequest, list_unfinished  # noqa: PLC0415  help comes fast

    found = list_unfinished(MultipartRequest(place, s3, older_than, others, state))
    say("".join(f"{line}\n" for line in [*_listing(found, datetime.now(UTC)), *_notes(found)]))
    return 0


@multipart.command("abort", short_help="Throw them and their parts away.")
@click.argument("place", metavar="s3://BUCKET/PREFIX")
@_selecting
@s3_options
def abort_command(
    *, place: str, older_than: int | None, others: bool, state: Path | None, s3: S3Settings
) -> int:
    """Throw away unfinished uploads below s3://BUCKET/PREFIX and their parts.

    What is thrown away is sent again from its beginning the next time. Uploads that run on this machine are left
    alone. --others needs --older-than.
    """
    from validator.workflows.multipart import MultipartRequest, abort_listed  # noqa: PLC0415  help comes fast

    result = abort_listed(MultipartRequest(place, s3, older_than, others, state))
    kept = {upload.upload_id for upload, _ in result.problems}
    gone = [upload for upload in result.found.meant if upload.upload_id not in kept]
    lines = [_upload(upload, datetime.now(UTC)) for upload in gone]
    freed = sum(upload.size or 0 for upload in gone)
    lines.append(f"aborted {counted(len(gone), 'upload')} ({size(freed)})")
    lines += [f"failed   {shown(upload.key)}: {shown(problem.what)}" for upload, problem in result.problems]
    mends = {problem.mend for _, problem in result.problems if problem.mend}
    lines += [f"         {shown(mend)}" for mend in sorted(mends)]
    say("".join(f"{line}\n" for line in [*lines, *_notes(result.found)]))
    return int(result.exit_code)


def _listing(found: "UnfinishedUploads", now: datetime) -> Iterator[str]:
    total = sum(upload.size or 0 for upload in found.meant)
    many = counted(len(found.meant), "unfinished upload") if found.meant else "no unfinished uploads"
    yield f"{shown(found.place)}   {many}{f', {size(total)}' if total else ''}"
    for upload in found.meant:
        yield _upload(upload, now)


def _upload(upload: "Unfinished", now: datetime) -> str:
    age = "age unknown" if upload.began is None else _age((now - upload.began).total_seconds())
    held = (
        "bytes unknown"
        if upload.size is None
        else f"{size(upload.size)} in {counted(upload.parts or 0, 'part')}"
    )
    who = "this machine" if upload.folder is not None else (shown(upload.who) or "somebody else")
    return f"  {age:>12}   {held:<26} {who}   {shown(upload.key)}"


def _age(seconds: float) -> str:
    return f"{seconds // DAY:,.0f} d" if seconds >= 2 * DAY else duration(max(seconds, 0))


def _notes(found: "UnfinishedUploads") -> Iterator[str]:
    if not found.listed:
        yield (
            "these keys may not list the bucket's unfinished uploads (a contributor's usually may not): "
            "only those that journals of this machine know were looked for"
        )
    if found.younger:
        yield f"left out: {counted(found.younger, 'upload')}, younger or of unknown age"
    if found.of_others:
        yield f"left out: {counted(found.of_others, 'upload')} of others or of other machines (--others)"
