"""How to reach a store."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self
from urllib.parse import urlsplit

from validator.errors import UsageError
from validator.s3.grant import AccessGrant, grant_from
from validator.s3.writing import Writing

ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class S3Settings:
    """How to reach a store; holds no secret, so it may be passed to other processes and be logged.

    Attributes
    ----------
    endpoint_url
        Address of an S3-compatible store; ``None`` for AWS.
    profile
        Name of a profile in the user's AWS configuration, or in ``credentials_file``.
    region
        AWS region; the profile's, or us-east-1 where the Gallery lives.
    attempts
        How often a request is tried in all.
    anonymous
        Ask without credentials, as everybody may read the Gallery.
    credentials_file
        A file with keys, read again when it changes; see `validator.s3.credentials_file`.
    grant
        Sign with keys of this S3 Access Grant, asked for with the keys that the rest names.
    addressing
        Where the bucket's name stands: ``path``, ``virtual`` (in the host's name), or ``auto``.
    dual_stack
        Reach AWS over IPv6, too.
    writing
        How objects are written, and who pays for requests.
    """

    endpoint_url: str | None = None
    profile: str | None = None
    region: str | None = None
    attempts: int = ATTEMPTS
    anonymous: bool = False
    credentials_file: str | None = None
    grant: AccessGrant | None = None
    addressing: str = "auto"
    dual_stack: bool = False
    writing: Writing = field(default_factory=Writing)

    def __post_init__(self) -> None:
        """Refuse an address that holds a secret: it would end in receipts and messages."""
        try:
            address = urlsplit(self.endpoint_url or "")
        except ValueError as error:
            raise UsageError(
                "--endpoint-url is not an address", "write it as http://host:port or https://host"
            ) from error
        if "@" in address.netloc or address.query or address.fragment:
            raise UsageError(
                "--endpoint-url holds more than an address (a name, a password, a query)",
                "write it as http://host:port or https://host; keys come from the environment or a profile",
            )

    def at(self, bucket: str, prefix: str, permission: str) -> Self:
        """The same for a place and what is to be done there: what is asked of a grant unless it was named."""
        return self if self.grant is None else replace(self, grant=self.grant.at(bucket, prefix, permission))

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for a message to another process."""
        return asdict(self)

    @classmethod
    def from_dict(cls, message: Mapping[str, Any]) -> Self:
        """From a message."""
        return cls(
            **{
                **message,
                "grant": grant_from(message.get("grant")),
                "writing": Writing.from_dict(message["writing"]),
            }
        )
