"""Options about the store, shared by all commands that talk to one."""

import functools
import re
from collections.abc import Callable
from typing import Any, TypeVar, cast

import click

from validator.s3.grant import grant_of
from validator.s3.limits import MAX_PART_SIZE, MIN_PART_SIZE
from validator.s3.settings import S3Settings

Command = TypeVar("Command", bound=Callable[..., Any])

_SIZE = re.compile(r"(\d+)\s*([kmg]?)(i?)b?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3}


class PartSize(click.ParamType[int]):
    """A number of bytes within S3's limits for parts, such as ``64MiB`` or ``100MB``."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Turn text into bytes."""
        if isinstance(value, int):
            return value
        match = _SIZE.fullmatch(str(value).strip())
        if match is None:
            self.fail(f"{value} is not a size; write it as 64MiB", param, ctx)
        size: int = int(match[1]) * (1024 if match[3] else 1000) ** _POWERS[match[2].lower()]
        if not MIN_PART_SIZE <= size <= MAX_PART_SIZE:
            self.fail(f"{value} is not between 5MiB and 5GiB, S3's limits for parts", param, ctx)
        return size


PART_SIZE = PartSize()


def s3_options(command: Command) -> Command:
    """Add the options about the store and its keys; the command receives them as one ``s3``, an `S3Settings`."""

    @functools.wraps(command)
    def with_settings(**values: Any) -> Any:
        taken = {name: values.pop(name) for name in _NAMES}
        return command(**values, s3=_settings_of(**taken))

    wrapped: Any = with_settings
    for option in (
        click.option(
            "--grant",
            "grants",
            multiple=True,
            metavar="NAME=VALUE",
            help="Another grant: account, target (s3://bucket/prefix/*), permission, region, duration.",
        ),
        click.option(
            "--access-grants",
            is_flag=True,
            help="Get keys for this prefix from the Gallery's S3 Access Grants, renewed by themselves.",
        ),
        click.option(
            "--credentials-file",
            metavar="FILE",
            help="Take keys from this file, as AWS gave them; read again when it changes.",
        ),
        click.option("--region", metavar="NAME", help="AWS region; us-east-1 if nothing says otherwise."),
        click.option("--profile", metavar="NAME", help="Profile of the AWS configuration to take keys from."),
        click.option("--endpoint-url", metavar="URL", help="Address of a store that is not AWS."),
    ):
        wrapped = option(wrapped)
    return cast("Command", wrapped)


_NAMES = ("endpoint_url", "profile", "region", "credentials_file", "access_grants", "grants")


def _settings_of(
    endpoint_url: str | None,
    profile: str | None,
    region: str | None,
    *,
    credentials_file: str | None = None,
    access_grants: bool = False,
    grants: tuple[str, ...] = (),
) -> S3Settings:
    """Make settings of the options; ``--grant`` alone asks for a grant, too."""
    return S3Settings(
        endpoint_url=endpoint_url,
        profile=profile,
        region=region,
        credentials_file=credentials_file,
        grant=grant_of(grants) if access_grants or grants else None,
    )
