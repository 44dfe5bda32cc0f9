"""An S3 Access Grant as its holder names it: whose, for which place, to do what, for how long."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from validator.errors import UsageError

GALLERY_ACCOUNT = "309624411020"
"""The AWS account of the Gallery's Access Grants instance."""
GALLERY_REGION = "us-east-1"
"""Where that instance lives: it answers in no other region."""
READ, WRITE, READWRITE = "READ", "WRITE", "READWRITE"
SHORTEST_SECONDS = 900
LONGEST_SECONDS = 43_200
"""Limits of GetDataAccess (Amazon S3 API reference, *DurationSeconds*)."""

_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d")
_DURATION = re.compile(r"(\d+)\s*(s|m|min|h)?", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600}
_NAMES = ("account", "target", "permission", "region", "duration")


@dataclass(frozen=True, slots=True)
class AccessGrant:
    """What to ask of GetDataAccess; holds no secret.

    Attributes
    ----------
    account
        AWS account of the Access Grants instance; the Gallery's.
    target
        What the keys are for, ``s3://bucket/prefix/*``; ``None`` until the command knows its place.
    permission
        ``READ``, ``WRITE`` or ``READWRITE``; ``None`` for what the command needs.
    region
        Region of the instance.
    seconds
        How long the keys live, 900 to 43,200; they are renewed before that.
    """

    account: str = GALLERY_ACCOUNT
    target: str | None = None
    permission: str | None = None
    region: str = GALLERY_REGION
    seconds: int = LONGEST_SECONDS

    def __post_init__(self) -> None:
        """Refuse what GetDataAccess would refuse, in words that say how to write it."""
        if not _ACCOUNT.fullmatch(self.account):
            raise UsageError(
                f"{self.account} is not an AWS account",
                f"write its 12 digits; the Gallery's is {GALLERY_ACCOUNT}",
            )
        if self.target is not None and not self.target.startswith("s3://"):
            raise UsageError(
                f"{self.target} is not the target of a grant",
                "write it as s3://bucket/project/source/*, the prefix that was assigned",
            )
        if self.permission not in {None, READ, WRITE, READWRITE}:
            raise UsageError(
                f"{self.permission} is not a permission of a grant", "write READ, WRITE or READWRITE"
            )
        if not _REGION.fullmatch(self.region):
            raise UsageError(f"{self.region} is not a region of AWS", f"the Gallery's is {GALLERY_REGION}")
        if not SHORTEST_SECONDS <= self.seconds <= LONGEST_SECONDS:
            raise UsageError(
                f"keys of a grant cannot live for {self.seconds:,} s",
                "between 15 minutes and 12 hours are possible",
            )

    def at(self, bucket: str, prefix: str, permission: str) -> "AccessGrant":
        """The same for a place and what is to be done there, as far as nothing else was named."""
        folder = prefix.strip("/")
        place = f"s3://{bucket}/{folder}/*" if folder else f"s3://{bucket}/*"
        return replace(self, target=self.target or place, permission=self.permission or permission)


def grant_of(settings: Iterable[str]) -> AccessGrant:
    """Read settings such as ``account=123456789012`` and ``target=s3://bucket/prefix/*``; the rest is the Gallery's.

    Raises
    ------
    UsageError
        If a setting has no such name, or a value that cannot be.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or name not in _NAMES:
            raise UsageError(
                f"--grant {setting} is not understood",
                "write --grant NAME=VALUE; the names are account, target, permission, region and duration",
            )
        if name == "duration":
            values["seconds"] = _seconds(value)
        else:
            values[name] = value.upper() if name == "permission" else value
    return AccessGrant(**values)


def grant_from(message: Mapping[str, Any] | None) -> AccessGrant | None:
    """Read what another process sent."""
    return None if message is None else AccessGrant(**message)


def _seconds(text: str) -> int:
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{text} is not a duration", "write it as 12h, 90min or 900s")
    return int(match[1]) * _SECONDS[(match[2] or "s").lower()]
