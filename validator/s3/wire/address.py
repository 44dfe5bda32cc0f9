"""Where a bucket answers and which headers its options need: asked of boto3, so that its rules hold here too."""

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from validator.s3.failures import translated
from validator.s3.wire.forms import Form

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from mypy_boto3_s3 import S3Client

PER_REQUEST = frozenset(
    {
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "authorization",
        "content-length",
        "content-md5",
        "expect",
        "host",
        "transfer-encoding",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
    }
)
"""Headers that belong to one request and are made anew for each."""
_PLAIN = re.compile(r"[A-Za-z0-9_.~/-]*").fullmatch
"""Keys that percent-encoding leaves as they are: nearly all, and looking is ten times as fast as encoding."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where objects of a bucket are written.

    Attributes
    ----------
    scheme, host, port
        Of the server; ``http`` or ``https``.
    authority
        As the Host header says it.
    path
        What comes before the key, with a slash at its end.
    region
        Region for which requests are signed.
    """

    scheme: str
    host: str
    port: int
    authority: str
    path: str
    region: str

    def target(self, key: str) -> str:
        """Path of an object, percent-encoded as S3 signs it."""
        return self.path + (key if _PLAIN(key) else quote(key, safe="/~"))


@dataclass(frozen=True, slots=True)
class Template:
    """Address and headers that all requests of one kind share.

    Attributes
    ----------
    address, headers
        Where they go, and what they say.
    forms
        How they are signed, by the names of the headers that each has for itself; ``None`` where only botocore can.
    """

    address: Address
    headers: Mapping[str, str]
    forms: dict[tuple[str, ...], Form | None] = field(default_factory=dict, compare=False)


class _NoAnswer:
    """The body of an answer that nobody sent."""

    @staticmethod
    def stream(**_: object) -> Iterator[bytes]:
        return iter(())


def ask_boto3(client: "S3Client", bucket: str, method: str, arguments: Mapping[str, Any]) -> Template:
    """Let boto3 prepare a request and keep it from being sent.

    Parameters
    ----------
    client, bucket
        Where to.
    method
        ``put_object`` or ``upload_part``.
    arguments
        Options of the request, as boto3 names them.

    Raises
    ------
    CredentialsError
        If there are none, or they cannot be renewed.
    RemoteError
        If an argument is not one that S3 knows.
    """
    from botocore.awsrequest import AWSResponse, HeadersDict  # noqa: PLC0415  0.1 s that other commands do not pay

    probe, seen = f"cpgate-{uuid.uuid4().hex}", []

    def keep(request: "AWSPreparedRequest", **_: object) -> Any:
        if probe not in request.url:
            return None  # another thread's request
        seen.append(request)
        headers: Any = HeadersDict({"ETag": '"none"', "Content-Length": "0"})
        return AWSResponse(request.url, 200, headers, _NoAnswer())

    operation = client.meta.method_to_api_mapping[method]
    event = f"before-send.s3.{operation}"
    client.meta.events.register_first(event, keep, unique_id=probe)
    try:
        with translated(bucket, "", "write"):
            getattr(client, method)(Bucket=bucket, Key=probe, Body=b"", **arguments)
    finally:
        client.meta.events.unregister(event, keep, unique_id=probe)
    headers = {name: _text(value) for name, value in seen[0].headers.items()}
    kept = {name: value for name, value in headers.items() if name.lower() not in PER_REQUEST}
    return Template(_address(seen[0].url, probe, headers.get("Authorization", "")), kept)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _address(url: str, probe: str, authorization: str) -> Address:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    # Credential=KEY/20261120/us-east-1/s3/aws4_request
    scope = authorization.partition("Credential=")[2].partition(",")[0].split("/")
    return Address(
        scheme=parts.scheme,
        host=parts.hostname or "",
        port=parts.port or (443 if secure else 80),
        authority=parts.netloc.rpartition("@")[2],
        path=parts.path.partition(probe)[0],
        region=scope[-3] if len(scope) >= 5 else "us-east-1",
    )
