"""Requests of the data path: their headers, signed by botocore."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from validator.s3.wire.address import Template

if TYPE_CHECKING:
    from botocore.config import Config
    from mypy_boto3_s3 import S3Client

METHOD = "PUT"


@cache
def _unsigned_payload() -> "Config":
    """The body is not hashed again for the signature: Content-MD5, which is signed, guards it."""
    from botocore.config import Config  # noqa: PLC0415  0.1 s that other commands do not pay

    return Config(s3={"payload_signing_enabled": False})


def signed_head(
    client: "S3Client",
    template: Template,
    target: str,
    length: int,
    headers: Mapping[str, str],
    *,
    whole_url: bool = False,
    more: Mapping[str, str],
) -> bytes:
    """Everything of a request that comes before its body.

    Parameters
    ----------
    client
        Its credentials sign; they renew themselves when they can.
    template
        Address and common headers.
    target
        Path and query.
    length
        Bytes of the body.
    headers
        Headers of this request alone.
    whole_url
        Name the whole address in the first line, as a proxy for plain HTTP wants it.
    more
        Headers for that proxy, which are not signed.
    """
    from botocore.auth import S3SigV4Auth  # noqa: PLC0415  see above
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415  see above

    from validator.s3.credentials import current_credentials  # noqa: PLC0415  see above

    address = template.address
    url = f"{address.scheme}://{address.authority}{target}"
    request: Any = AWSRequest(METHOD, url, headers={"Host": address.authority, **template.headers, **headers})
    request.context["client_config"] = _unsigned_payload()
    keys: Any = current_credentials(client)
    S3SigV4Auth(keys, "s3", template.address.region).add_auth(request)
    lines = [f"{METHOD} {url if whole_url else target} HTTP/1.1"]
    lines.extend(f"{name}: {value}" for name, value in request.headers.items())
    lines.extend(f"{name}: {value}" for name, value in more.items())
    lines.append(f"Content-Length: {length}\r\n\r\n")
    return "\r\n".join(lines).encode("latin-1")
