"""The two requests of the data path, and what their answers mean."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from validator.s3.multipart import upload_part
from validator.s3.objects import (
    Condition,
    Written,
    bare_etag,
    is_sealed,
    listed_etag,
    md5_header,
    put_object,
    told_etag,
    told_version,
)
from validator.s3.wire.answers import WireAnswer
from validator.s3.wire.bodies import Body

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CODE = re.compile(r"<Code>([^<]{1,200})</Code>")
_MESSAGE = re.compile(r"<Message>([^<]{1,2000})</Message>")


@dataclass(slots=True)
class WireRequest:
    """A PutObject or an UploadPart.

    Attributes
    ----------
    key
        Of the object.
    body
        What is sent.
    md5
        Of the body, in hex: the store refuses other bytes.
    crc64nvme
        Of the body, base64; the store checks it if it knows it.
    condition
        What must be true at the key (PutObject).
    upload_id, number
        Of the multipart upload and the part; empty and 0 for a PutObject.
    arguments
        Options that many requests share, as boto3 names them.
    sha256
        Of the body, base64: goes in place of the CRC64NVME.
    """

    key: str
    body: Body
    md5: str
    crc64nvme: str = ""
    condition: Condition | None = None
    upload_id: str = ""
    number: int = 0
    arguments: Mapping[str, Any] = field(default_factory=dict)
    sha256: str = ""

    @property
    def operation(self) -> str:
        """As S3 names it."""
        return "UploadPart" if self.upload_id else "PutObject"

    @property
    def query(self) -> str:
        """What follows the path, with its question mark."""
        if not self.upload_id:
            return ""
        return f"?partNumber={self.number}&uploadId={quote(self.upload_id, safe='-_.~')}"

    @property
    def summed(self) -> bool:
        """Whether it has a checksum beside the MD5."""
        return bool(self.crc64nvme or self.sha256)

    def headers(self, *, checksum: bool) -> dict[str, str]:
        """Headers of this request alone, with its checksum (S3 takes one, not two) or without."""
        headers = {"Content-MD5": md5_header(self.md5)}
        if checksum and self.sha256:
            headers["x-amz-checksum-sha256"] = self.sha256
        elif checksum and self.crc64nvme:
            headers["x-amz-checksum-crc64nvme"] = self.crc64nvme
        if self.condition is not None:
            etag = self.condition.replaces
            headers |= {"If-None-Match": "*"} if etag is None else {"If-Match": bare_etag(listed_etag(etag))}
        return headers


def send_with_boto3(
    client: "S3Client", bucket: str, request: WireRequest, *, checksum: bool = True
) -> Written:
    """Send a request to a store that only boto3 reaches, with its checksum or without.

    Raises
    ------
    RemoteError, CredentialsError
        See `validator.s3.objects.put_object` and `validator.s3.multipart.upload_part`.
    """
    key, body, md5 = request.key, request.body, request.md5
    more = dict(request.arguments)
    if checksum and request.summed:
        name = "ChecksumSHA256" if request.sha256 else "ChecksumCRC64NVME"
        more[name] = request.sha256 or request.crc64nvme
    if request.upload_id:
        return upload_part(client, bucket, key, request.upload_id, request.number, body, md5, more)
    return put_object(client, bucket, key, body, md5, request.condition, more)


def written(answer: WireAnswer) -> Written:
    """What the store says it has written."""
    told = {
        "ETag": answer.headers["etag"],
        "ServerSideEncryption": answer.headers.get("x-amz-server-side-encryption", ""),
        "SSECustomerAlgorithm": answer.headers.get("x-amz-server-side-encryption-customer-algorithm", ""),
        "VersionId": answer.headers.get("x-amz-version-id"),
    }
    etag = told_etag(told)
    if not is_sealed(etag):
        return Written(etag, told_version(told))
    told["ChecksumCRC64NVME"] = answer.headers.get("x-amz-checksum-crc64nvme")
    told["ChecksumSHA256"] = answer.headers.get("x-amz-checksum-sha256")
    return Written.told(told)


def error_code(answer: WireAnswer) -> tuple[str, str]:
    """Code and message of an answer that says no; the status where it says nothing else."""
    text = answer.body.decode("utf-8", "replace")
    code, message = _CODE.search(text), _MESSAGE.search(text)
    return (unescape(code[1]) if code else str(answer.status)), (unescape(message[1]) if message else "")
