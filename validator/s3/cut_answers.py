"""Answers that broke off in their head: boto3's HTTP library takes them for whole, and a listing for empty.

`http.client` ends a head where the connection ends. What is left has the status of success and perhaps no body, which
botocore reads as "there is nothing": no objects, no parts, no unfinished uploads. Every answer of a store says where
it ends (RFC 9112, section 6.3): by its length, in chunks, or by announcing that the connection will be closed.
"""

from typing import TYPE_CHECKING, Any

from validator.s3.wire.retrying import waiting_time

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WITH_ETAG = (".HeadObject", ".PutObject", ".UploadPart")
"""Requests whose answers hold an ETag in their head."""
WITHOUT_BODY = frozenset({204, 304})


def is_cut(status: int, headers: Any) -> bool:
    """Whether an answer does not say where it ends, so that its head must have broken off.

    Parameters
    ----------
    status
        Of the answer.
    headers
        A mapping that does not care for upper and lower case.
    """
    if status in WITHOUT_BODY or "content-length" in headers or "transfer-encoding" in headers:
        return False
    return "close" not in headers.get("connection", "").lower()


def _without_etag(response: tuple[Any, Any] | None, event_name: str, attempts: int) -> float | None:
    """Ask again, too, where the head broke off after the length and before the end of the ETag."""
    if response is None or response[0].status_code != 200 or not event_name.endswith(WITH_ETAG):
        return None
    etag = response[0].headers.get("etag", "")
    whole = etag and etag.startswith('"') == etag.endswith('"')
    return None if whole else waiting_time(attempts)


def refuse_cut_answers(client: "S3Client", attempts: int) -> None:
    """Let a client ask again, so many times in all, when an answer broke off; then it fails like a lost connection."""

    def judge(
        response: tuple[Any, Any] | None, attempts: int, endpoint: Any, event_name: str, **_: object
    ) -> float | None:
        if response is None or not is_cut(response[0].status_code, response[0].headers):
            return _without_etag(response, event_name, attempts) if attempts < most else None
        if attempts < most:
            return waiting_time(attempts)
        from botocore.exceptions import ConnectionClosedError  # noqa: PLC0415  0.1 s that other commands do not pay

        raise ConnectionClosedError(endpoint_url=endpoint.host)

    most = attempts
    events: Any = client.meta.events  # its type knows no handlers that answer
    events.register_first("needs-retry.s3", judge)
