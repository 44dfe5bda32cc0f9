"""What botocore does not try again by itself: answers that broke off in their head, and bytes damaged on their way.

`http.client` ends a head where the connection ends. What is left has the status of success and perhaps no body, which
botocore reads as "there is nothing": no objects, no parts, no unfinished uploads. Every answer of a store says where
it ends (RFC 9112, section 6.3): by its length, in chunks, or by announcing that the connection will be closed.
"""

from typing import TYPE_CHECKING, Any

from validator.s3.wire.retrying import DAMAGED, waiting_time

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


def _has_no_etag(status: int, headers: Any, event_name: str) -> bool:
    """Whether the head broke off after the length and before the end of the ETag."""
    if status != 200 or not event_name.endswith(WITH_ETAG):
        return False
    etag = headers.get("etag", "")
    return not etag or etag.startswith('"') != etag.endswith('"')


def ask_again(client: "S3Client", attempts: int) -> None:
    """Let a client ask again, so many times in all; then a broken answer fails like a lost connection."""

    def judge(
        response: tuple[Any, dict[str, Any]] | None,
        attempts: int,
        endpoint: Any,
        event_name: str,
        **_: object,
    ) -> float | None:
        """Answer botocore's question whether to try again, after so many seconds."""
        if response is None:
            return None
        status, headers = response[0].status_code, response[0].headers
        cut = is_cut(status, headers)
        damaged = response[1].get("Error", {}).get("Code") in DAMAGED
        if attempts < most and (cut or damaged or _has_no_etag(status, headers, event_name)):
            return waiting_time(attempts)
        if cut:
            from botocore.exceptions import ConnectionClosedError  # noqa: PLC0415  0.1 s that other commands do not pay

            raise ConnectionClosedError(endpoint_url=endpoint.host)
        return None

    most = attempts
    events: Any = client.meta.events  # its type knows no handlers that answer
    events.register_first("needs-retry.s3", judge)
