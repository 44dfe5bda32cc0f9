"""``cpgate whoami``: whose keys these are, what is granted, and what they may do at a place."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from validator.cli.s3_options import s3_options
from validator.cli.terminal import say
from validator.reporters.escape import shown
from validator.reporters.numbers import duration
from validator.s3.settings import S3Settings

if TYPE_CHECKING:
    from validator.s3.identity import KeyFacts, Right
    from validator.workflows.whoami import WhoAmI

SOURCES = {
    "env": "the environment (AWS_ACCESS_KEY_ID)",
    "sso": "single sign-on",
    "login": "aws login",
    "assume-role": "a role that the profile assumes",
    "assume-role-with-web-identity": "a role of this cluster",
    "custom-process": "a program that the profile names",
    "iam-role": "the role of this machine",
    "container-role": "the role of this container",
    "anonymous": "nowhere: nothing is signed",
}
"""botocore's names of sources, in words; keys from files are told by their files."""


@click.command(short_help="Whose keys these are, what is granted, what they may do at a place.")
@click.argument("place", required=False, metavar="[s3://BUCKET/PREFIX]")
@s3_options
def whoami(*, place: str | None, s3: S3Settings) -> int:
    """Say whose AWS keys are used, what a grant covers and how long, and what may be done at s3://BUCKET/PREFIX.

    Nothing is written there: what cannot be tried without writing is not tried, and said. Ends with 5 if the
    keys are refused, or may neither list the place nor write to it.
    """
    from validator.workflows.whoami import whoami as ask  # noqa: PLC0415  the command's help comes fast

    answer = ask(place, s3)
    say("".join(f"{line}\n" for line in _lines(answer, s3, datetime.now(UTC))))
    return int(answer.exit_code)


def _lines(answer: "WhoAmI", s3: S3Settings, now: datetime) -> Iterator[str]:
    keys = answer.keys
    yield f"who      {shown(keys.arn) if keys.arn else f'not known ({shown(keys.why_unknown)})'}"
    ends = _until(keys.expires, now) if keys.expires else "no end known"
    yield f"keys     {shown(keys.access_key)} from {_source(keys, s3)} · {ends}"
    grant = answer.grant
    if grant is not None:
        yield (
            f"grant    {shown(grant.covers)} · {grant.permission} · {_until(grant.expires, now)}, renewed by itself"
        )
    if answer.place:
        yield f"place    {shown(answer.place)}"
        for right in answer.rights:
            yield _right(right)
        yield "         not tried: writing, replacing or deleting an object"


def _source(keys: "KeyFacts", s3: S3Settings) -> str:
    if keys.files:
        files = " or ".join(shown(str(path)) for path in keys.files)
        return f"{files}{f', profile {shown(s3.profile)}' if s3.profile else ''}"
    return SOURCES.get(keys.method, shown(keys.method))


def _until(moment: datetime, now: datetime) -> str:
    left = (moment - now).total_seconds()
    local = moment.astimezone()
    return (
        f"until {local:%Y-%m-%d %H:%M} ({duration(left)} left)"
        if left > 0
        else f"ended {local:%Y-%m-%d %H:%M}"
    )


def _right(right: "Right") -> str:
    note = f" · {shown(right.note)}" if right.note else ""
    return f"         {right.name:<14}{right.verdict.value}{note}"
