"""One boto3 client, made the same way everywhere."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from validator import __version__
from validator.errors import CredentialsError, UsageError

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_s3 import S3Client

CONNECT_SECONDS = 10
READ_SECONDS = 90
ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class S3Settings:
    """How to reach a store; holds no secret, so it may be passed to other processes and be logged.

    Attributes
    ----------
    endpoint_url
        Address of an S3-compatible store; ``None`` for AWS.
    profile
        Name of a profile in the user's AWS configuration.
    region
        AWS region; the profile's, or us-east-1 where the Gallery lives.
    attempts
        How often a request is tried in all.
    anonymous
        Ask without credentials, as everybody may read the Gallery.
    """

    endpoint_url: str | None = None
    profile: str | None = None
    region: str | None = None
    attempts: int = ATTEMPTS
    anonymous: bool = False

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

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for a message to another process."""
        return asdict(self)


def make_client(settings: S3Settings, connections: int = 10) -> "S3Client":
    """Make a client for so many connections at once.

    Raises
    ------
    CredentialsError
        If the profile does not exist or no credentials can be found.
    UsageError
        If the endpoint is not an address, or the region not a name.
    """
    import boto3  # noqa: PLC0415  0.3 s that commands without S3 do not pay
    from botocore import UNSIGNED  # noqa: PLC0415  see above
    from botocore.config import Config  # noqa: PLC0415  see above
    from botocore.exceptions import BotoCoreError, InvalidRegionError, ProfileNotFound  # noqa: PLC0415  see above

    config = Config(
        signature_version=UNSIGNED if settings.anonymous else None,
        user_agent_extra=f"cpgate/{__version__}",
        max_pool_connections=connections,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": settings.attempts},
        # Stores other than AWS refuse the checksums that boto3 adds by itself; what is sent is set per request.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path" if settings.endpoint_url else "auto"},
        tcp_keepalive=True,
    )
    try:
        session = boto3.Session(profile_name=settings.profile, region_name=settings.region)
        region = settings.region or session.region_name or "us-east-1"
        if not settings.anonymous:
            _require_credentials(session)
        return session.client("s3", region_name=region, endpoint_url=settings.endpoint_url, config=config)
    except ProfileNotFound as error:
        raise CredentialsError(
            f"there is no AWS profile named {settings.profile}",
            "list the profiles with `aws configure list-profiles`, or leave --profile out",
        ) from error
    except InvalidRegionError as error:
        raise UsageError(
            f"{region} is not a region of AWS", "the Gallery lives in us-east-1; leave --region out"
        ) from error
    except ValueError as error:
        raise UsageError(
            f"{settings.endpoint_url} is not an address of a store",
            "write --endpoint-url as http://host:port or https://host",
        ) from error
    except BotoCoreError as error:
        raise CredentialsError(
            "the AWS configuration cannot be used", "check ~/.aws/config and the profile"
        ) from error


def _require_credentials(session: "boto3.Session") -> None:
    """Make sure that there are keys; what a program that hands them out says is never repeated."""
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415  see make_client

    try:
        found = session.get_credentials()
    except (BotoCoreError, ValueError) as error:
        raise CredentialsError(
            "the AWS credentials cannot be had: they are incomplete, or the program that hands them out failed",
            "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (both are needed), or the profile in ~/.aws/config",
        ) from error
    if found is None:
        raise CredentialsError(
            "no AWS credentials were found",
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile",
        )


def endpoint_of(client: "S3Client") -> str | None:
    """Address of a client's store, also where the environment or a profile set it; ``None`` for AWS."""
    address = client.meta.endpoint_url
    host = urlsplit(address).hostname or ""
    return None if host.endswith((".amazonaws.com", ".amazonaws.com.cn")) else address
