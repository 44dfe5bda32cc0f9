"""The two requests of the data path, and what their answers mean."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from validator.s3.objects import Condition, Written, bare_etag, md5_header, told_etag, told_version
from validator.s3.wire.answers import WireAnswer
from validator.s3.wire.bodies import Body

CRC64NVME = "x-amz-checksum-crc64nvme"
_CODE = re.compile(r"<Code>([^<]{1,200})</Code>")
_MESSAGE = re.compile(r"<Message>([^<]{1,2000})</Message>")


@dataclass(slots=True)
class WireRequest:
    """A PutObject or an UploadPart.

    Attributes
    ----------
    operation
        As S3 names it.
    key
        Of the object.
    query
        With its question mark, or empty.
    body
        What is sent.
    headers
        Those of this request alone.
    arguments
        Options that all requests of one kind share, as boto3 names them.
    """

    operation: str
    key: str
    body: Body
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)


def put_request(
    key: str, body: Body, md5: str, condition: Condition | None, arguments: Mapping[str, Any]
) -> WireRequest:
    """Write an object; the store refuses other bytes than those of the MD5 (hex)."""
    headers = {"Content-MD5": md5_header(md5)}
    if condition is not None:
        headers |= _condition_headers(condition)
    return WireRequest("PutObject", key, body, "", headers, arguments)


def part_request(key: str, upload_id: str, number: int, body: Body, md5: str) -> WireRequest:
    """Send a part of a multipart upload."""
    from urllib.parse import quote  # noqa: PLC0415  named where it is needed

    query = f"?partNumber={number}&uploadId={quote(upload_id, safe='-_.~')}"
    return WireRequest("UploadPart", key, body, query, {"Content-MD5": md5_header(md5)})


def _condition_headers(condition: Condition) -> dict[str, str]:
    if condition.replaces is None:
        return {"If-None-Match": "*"}
    return {"If-Match": bare_etag(condition.replaces)}


def written(answer: WireAnswer) -> Written:
    """What the store says it has written."""
    told = {
        "ETag": answer.headers["etag"],
        "ServerSideEncryption": answer.headers.get("x-amz-server-side-encryption", ""),
        "SSECustomerAlgorithm": answer.headers.get("x-amz-server-side-encryption-customer-algorithm", ""),
        "VersionId": answer.headers.get("x-amz-version-id"),
    }
    return Written(told_etag(told), told_version(told))


def error_code(answer: WireAnswer) -> tuple[str, str]:
    """Code and message of an answer that says no; the status where it says nothing else."""
    text = answer.body.decode("utf-8", "replace")
    code, message = _CODE.search(text), _MESSAGE.search(text)
    return (unescape(code[1]) if code else str(answer.status)), (unescape(message[1]) if message else "")


def crc64nvme_header(value: int) -> str:
    """A CRC64NVME as its header wants it."""
    return base64.b64encode(value.to_bytes(8, "big")).decode("ascii")
