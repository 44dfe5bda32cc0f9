"""Options about the store, shared by all commands that talk to one."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from validator.s3.client import S3Settings
from validator.s3.limits import MAX_PART_SIZE, MIN_PART_SIZE

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
    """Add ``--endpoint-url``, ``--profile`` and ``--region``."""
    for option in (
        click.option("--region", metavar="NAME", help="AWS region; us-east-1 if nothing says otherwise."),
        click.option("--profile", metavar="NAME", help="Profile of the AWS configuration to take keys from."),
        click.option("--endpoint-url", metavar="URL", help="Address of a store that is not AWS."),
    ):
        command = option(command)
    return command


def settings_of(
    endpoint_url: str | None, profile: str | None, region: str | None, *, anonymous: bool = False
) -> S3Settings:
    """Make settings of the options."""
    return S3Settings(endpoint_url=endpoint_url, profile=profile, region=region, anonymous=anonymous)
