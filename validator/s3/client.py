"""One boto3 client, made the same way everywhere."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from validator import __version__
from validator.errors import CredentialsError, UsageError
from validator.s3.asking_again import ask_again
from validator.s3.settings import S3Settings
from validator.s3.standing_options import add_standing_options

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = ["S3Settings", "endpoint_of", "make_client"]

CONNECT_SECONDS = 10
READ_SECONDS = 90


def make_client(settings: S3Settings, connections: int = 10) -> "S3Client":
    """Make a client for so many connections at once.

    Raises
    ------
    CredentialsError
        If the profile does not exist or no credentials can be found.
    UsageError
        If the endpoint is not an address, or the region not a name.
    """
    from botocore import UNSIGNED  # noqa: PLC0415  0.3 s that commands without S3 do not pay
    from botocore.config import Config  # noqa: PLC0415  see above
    from botocore.exceptions import BotoCoreError, InvalidRegionError, ProfileNotFound  # noqa: PLC0415  see above

    from validator.s3.credentials import open_session  # noqa: PLC0415  see above
    from validator.s3.lean_listing import read_leanly  # noqa: PLC0415  see above

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
        s3=_places(settings),
        tcp_keepalive=True,
    )
    no_address = UsageError(
        f"{settings.endpoint_url} is not an address of a store",
        "write --endpoint-url as http://host:port or https://host",
    )
    if settings.endpoint_url and urlsplit(settings.endpoint_url).scheme not in {"http", "https"}:
        raise no_address
    try:
        session = open_session(settings)
        region = settings.region or session.region_name or "us-east-1"
        client = session.client("s3", region_name=region, endpoint_url=settings.endpoint_url, config=config)
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
        raise no_address from error
    except BotoCoreError as error:
        raise CredentialsError(
            "the AWS configuration cannot be used", "check ~/.aws/config and the profile"
        ) from error
    add_standing_options(client, settings.writing)
    ask_again(client, settings.attempts)
    read_leanly(client)
    return client


def _places(settings: S3Settings) -> Any:
    """Where botocore is to look for buckets: stores that are not AWS have no name for each of them."""
    style = settings.addressing
    if style == "auto" and settings.endpoint_url:
        style = "path"
    return {"addressing_style": style} | ({"use_dualstack_endpoint": True} if settings.dual_stack else {})


def endpoint_of(client: "S3Client") -> str | None:
    """Address of a client's store, also where the environment or a profile set it; ``None`` for AWS."""
    address = client.meta.endpoint_url
    host = urlsplit(address).hostname or ""
    return None if host.endswith((".amazonaws.com", ".amazonaws.com.cn")) else address
