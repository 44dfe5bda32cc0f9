"""Options about the store, shared by all commands that talk to one."""

import functools
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, cast

import click

from validator.errors import UsageError
from validator.s3.grant import grant_of
from validator.s3.limits import MAX_PART_SIZE, MIN_PART_SIZE
from validator.s3.settings import S3Settings
from validator.s3.writing import CHECKSUMS, ENCRYPTIONS, Writing

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
        click.option("--dual-stack", is_flag=True, help="Reach AWS over IPv6, too."),
        click.option(
            "--addressing",
            type=click.Choice(["auto", "path", "virtual"]),
            default="auto",
            show_default=True,
            help="Where the bucket's name stands in addresses.",
        ),
        click.option(
            "--request-payer",
            "requester_pays",
            is_flag=True,
            help="Pay for the requests, where the bucket's owner does not.",
        ),
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


_NAMES = (
    "endpoint_url",
    "profile",
    "region",
    "credentials_file",
    "access_grants",
    "grants",
    "requester_pays",
    "addressing",
    "dual_stack",
)


def _settings_of(
    endpoint_url: str | None,
    profile: str | None,
    region: str | None,
    *,
    credentials_file: str | None = None,
    access_grants: bool = False,
    grants: tuple[str, ...] = (),
    requester_pays: bool = False,
    addressing: str = "auto",
    dual_stack: bool = False,
) -> S3Settings:
    """Make settings of the options; ``--grant`` alone asks for a grant, too."""
    return S3Settings(
        endpoint_url=endpoint_url,
        profile=profile,
        region=region,
        credentials_file=credentials_file,
        grant=grant_of(grants) if access_grants or grants else None,
        addressing=addressing,
        dual_stack=dual_stack,
        writing=Writing(requester_pays=requester_pays),
    )


def writing_options(command: Command) -> Command:
    """Add the options about how objects are written, to a command that has those of `s3_options`, too."""

    @functools.wraps(command)
    def with_writing(*, s3: S3Settings, **values: Any) -> Any:
        taken = {name: values.pop(name) for name in _WRITING_NAMES}
        taken["metadata"] = tuple(_named_value(text) for text in taken["metadata"])
        return command(**values, s3=replace(s3, writing=replace(s3.writing, **taken)))

    wrapped: Any = with_writing
    for option in (
        click.option(
            "--metadata", multiple=True, metavar="NAME=VALUE", help="Kept with every object; several times."
        ),
        click.option(
            "--sse-c",
            "--sse-c-key",
            "customer_key",
            is_flag=False,
            flag_value="AES256",
            expose_value=False,
            hidden=True,
            callback=_refuse_customer_key,
        ),
        click.option(
            "--sse-kms-key-id",
            "kms_key_id",
            metavar="ID",
            help="With --sse aws:kms: the key to encrypt with; by default the bucket's, or that of AWS.",
        ),
        click.option(
            "--sse",
            "encryption",
            type=click.Choice(ENCRYPTIONS),
            help="Encrypt with keys of S3 (SSE-S3) or of KMS (SSE-KMS); by default the bucket decides.",
        ),
        click.option("--acl", metavar="NAME", help="Access list, such as bucket-owner-full-control."),
        click.option("--storage-class", metavar="NAME", help="Such as STANDARD_IA or INTELLIGENT_TIERING."),
        click.option(
            "--checksum",
            type=click.Choice(CHECKSUMS),
            default="auto",
            show_default=True,
            help="What the store checks beside the MD5; auto (CRC64NVME) and sha256 do without where it refuses.",
        ),
    ):
        wrapped = option(wrapped)
    return cast("Command", wrapped)


_WRITING_NAMES = (
    "checksum",
    "storage_class",
    "acl",
    "encryption",
    "kms_key_id",
    "metadata",
)


def _refuse_customer_key(context: click.Context, parameter: click.Parameter, value: str | None) -> None:  # noqa: ARG001  click's
    """What is encrypted with a key of one's own (SSE-C) can be proven by nobody who does not hold it."""
    if value is not None:
        raise UsageError(
            "cpgate does not send objects with encryption keys of your own (SSE-C): nobody could read or verify them "
            "without the key",
            "encrypt with keys of S3 (--sse AES256) or of KMS (--sse aws:kms)",
        )


def _named_value(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"{text} is not NAME=VALUE", param_hint="--metadata")
    return name.strip(), value.strip()
