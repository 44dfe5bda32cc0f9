"""Options about the bucket that an upload reads from."""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, cast

import click

from validator.errors import UsageError
from validator.s3.settings import S3Settings

Command = TypeVar("Command", bound=Callable[..., Any])

_NAMES = (
    "source_endpoint_url",
    "source_region",
    "source_profile",
    "source_credentials_file",
    "source_no_sign_request",
)


def source_options(command: Command) -> Command:
    """Add ``--source-...``; the command receives them as ``source``, which makes settings of the destination's."""

    @functools.wraps(command)
    def with_source(**values: Any) -> Any:
        said = {name.removeprefix("source_"): values.pop(name) for name in _NAMES}
        return command(**values, source=SourceKeys(**said))

    wrapped: Any = with_source
    for option in (
        click.option(
            "--copy",
            "copy_way",
            type=click.Choice(["auto", "store", "through-here"]),
            default="auto",
            show_default=True,
            help="From a bucket: let the store copy by itself, or fetch and send; auto asks whether the keys of "
            "DESTINATION may read the source.",
        ),
        click.option(
            "--source-no-sign-request", is_flag=True, help="Read a public source bucket without credentials."
        ),
        click.option(
            "--source-credentials-file",
            metavar="FILE",
            help="File with the keys that read the source bucket.",
        ),
        click.option("--source-profile", metavar="NAME", help="Profile whose keys read the source bucket."),
        click.option("--source-region", metavar="NAME", help="AWS region of the source bucket."),
        click.option("--source-endpoint-url", metavar="URL", help="Address of the source bucket's store."),
    ):
        wrapped = option(wrapped)
    return cast("Command", wrapped)


class SourceKeys:
    """What was said of the source bucket.

    Parameters
    ----------
    endpoint_url, region, profile, credentials_file, no_sign_request
        The options.
    """

    def __init__(
        self,
        *,
        endpoint_url: str | None,
        region: str | None,
        profile: str | None,
        credentials_file: str | None,
        no_sign_request: bool,
    ) -> None:
        self._place: dict[str, Any] = {"endpoint_url": endpoint_url, "region": region}
        self._keys: dict[str, Any] = {
            "profile": profile,
            "credentials_file": credentials_file,
            "anonymous": no_sign_request or None,
        }

    def settings(self, destination: S3Settings, *, in_bucket: bool) -> S3Settings:
        """How to reach the source; what was not said is as for the destination.

        A grant is for the destination alone: without other keys the source is read with those of the environment.

        Raises
        ------
        UsageError
            If something was said and the source is no bucket.
        """
        said = {name: value for name, value in (self._place | self._keys).items() if value}
        if said and not in_bucket:
            option = next(iter(said)).replace("_", "-").replace("anonymous", "no-sign-request")
            raise UsageError(
                f"--source-{option} is for a source that is a bucket",
                "Leave it out, or name s3://bucket/prefix",
            )
        base = replace(destination, grant=None)
        if any(self._keys.values()):
            base = replace(base, profile=None, credentials_file=None, anonymous=False)
        if said.get("anonymous"):
            base = replace(
                base, writing=replace(base.writing, requester_pays=False)
            )  # nobody is nobody's payer
        return replace(base, **said)
