"""A small store in memory that is as strict as S3: checksums, sizes and conditions of completions, ETags of KMS.

What is encrypted with KMS has an ETag that looks like an MD5 and is none, of the object and of each part.
"""

import base64
import hashlib
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from awscrt.checksums import crc64nvme

ALGORITHMS = ("crc64nvme", "sha256")
NAMES = {"crc64nvme": "CRC64NVME", "sha256": "SHA256"}
OWN_KEY = (
    "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve "
    "the object."
)
WHEN = "2026-11-20T14:05:33.000Z"


def checksum_of(algorithm: str, data: bytes) -> str:
    if algorithm == "sha256":
        return base64.b64encode(hashlib.sha256(data).digest()).decode()
    return base64.b64encode(crc64nvme(data).to_bytes(8, "big")).decode()


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str = ""):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


@dataclass
class Thing:
    """An object or a part."""

    data: bytes
    etag: str
    checksums: dict[str, str]
    encryption: str
    part_sizes: list[int] = field(default_factory=list)


@dataclass
class Upload:
    key: str
    algorithm: str
    encryption: str
    parts: dict[int, Thing] = field(default_factory=dict)


@dataclass
class StrictStore:
    """What the server holds, and how it behaves.

    Attributes
    ----------
    encryption
        What the bucket encrypts with by itself: ``AES256`` or ``aws:kms``.
    refuses
        Checksums that it does not know.
    damages
        How many of the next bodies arrive with another first byte.
    tells
        Whether answers to writes hold checksums.
    decrypts
        Whether the keys may ask for checksums of what is encrypted with KMS.
    adds
        Whether a checksum is made of what came without one, as AWS does.
    rule
        When a rule of the bucket throws unfinished uploads away, as a header says it.
    loses
        Requests of which the next is done without an answer: ``PUT object``, ``POST upload``.
    seen
        Method, operation and headers of every request.
    """

    encryption: str = "AES256"
    refuses: set[str] = field(default_factory=set)
    damages: int = 0
    tells: bool = True
    decrypts: bool = True
    adds: bool = True
    rule: str = ""
    loses: set[str] = field(default_factory=set)
    objects: dict[str, Thing] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def requests(self, name: str) -> list[dict[str, str]]:
        """Headers of every request of a name such as ``PUT part``."""
        return [headers for method, what, headers in self.seen if f"{method} {what}".strip() == name]

    def etag(self, md5: str, encryption: str) -> str:
        return secrets.token_hex(16) if encryption in {"aws:kms", "SSE-C"} else md5

    def check(self, data: bytes, headers: dict[str, str]) -> dict[str, str]:
        """Compare what came with what was said of it; the checksums that are kept."""
        md5 = headers.get("content-md5")
        if md5 and base64.b64decode(md5) != hashlib.md5(data).digest():
            raise Refused(400, "BadDigest")
        said = {
            name: headers[f"x-amz-checksum-{name}"]
            for name in ALGORITHMS
            if f"x-amz-checksum-{name}" in headers
        }
        if len(said) > 1 or self.refuses & set(said):
            raise Refused(400, "InvalidRequest")
        for name, value in said.items():
            if checksum_of(name, data) != value:
                raise Refused(400, "BadDigest")
        return said

    def require(self, key: str, headers: dict[str, str]) -> None:
        there = self.objects.get(key)
        if headers.get("if-none-match") == "*" and there is not None:
            raise Refused(412, "PreconditionFailed")
        wanted = headers.get("if-match", "").strip('"')
        if wanted and there is None:
            raise Refused(404, "NoSuchKey")
        if wanted and there is not None and there.etag != wanted:
            raise Refused(412, "PreconditionFailed")

    def put(self, key: str, data: bytes, headers: dict[str, str]) -> Thing:
        said = self.check(data, headers)
        self.require(key, headers)
        encryption = headers.get("x-amz-server-side-encryption", self.encryption)
        if not said and self.adds:
            said = {"crc64nvme": checksum_of("crc64nvme", data)}
        etag = self.etag(hashlib.md5(data).hexdigest(), encryption)
        self.objects[key] = Thing(data, etag, said, encryption)
        return self.objects[key]

    def begin(self, key: str, headers: dict[str, str]) -> str:
        algorithm = headers.get("x-amz-checksum-algorithm", "").lower()
        if algorithm in self.refuses:
            raise Refused(400, "InvalidRequest")
        if algorithm and headers.get("x-amz-checksum-type") != {"sha256": "COMPOSITE"}.get(
            algorithm, "FULL_OBJECT"
        ):
            raise Refused(400, "InvalidRequest")
        upload_id = secrets.token_urlsafe(20)
        encryption = headers.get("x-amz-server-side-encryption", self.encryption)
        self.uploads[upload_id] = Upload(key, algorithm, encryption)
        return upload_id

    def upload(self, upload_id: str) -> Upload:
        if upload_id not in self.uploads:
            raise Refused(404, "NoSuchUpload")
        return self.uploads[upload_id]

    def part(self, upload_id: str, number: int, data: bytes, headers: dict[str, str]) -> Thing:
        upload, said = self.upload(upload_id), self.check(data, headers)
        if set(said) != ({upload.algorithm} if upload.algorithm else set()):
            raise Refused(400, "InvalidRequest")
        etag = self.etag(hashlib.md5(data).hexdigest(), upload.encryption)
        upload.parts[number] = Thing(data, etag, said, upload.encryption)
        return upload.parts[number]

    def complete(self, upload_id: str, body: bytes, headers: dict[str, str]) -> tuple[str, Thing]:
        upload = self.upload(upload_id)
        named = [
            {child.tag.rpartition("}")[2]: child.text or "" for child in part}
            for part in ET.fromstring(body)
            if part.tag.endswith("Part")
        ]
        parts: list[Thing] = []
        for said in named:
            part = upload.parts.get(int(said["PartNumber"]))
            if part is None or said["ETag"].strip('"') != part.etag:
                raise Refused(400, "InvalidPart")
            told = said.get(f"Checksum{NAMES.get(upload.algorithm)}")
            if upload.algorithm == "sha256" and told is None:
                raise Refused(400, "InvalidRequest")
            if told is not None and told != part.checksums[upload.algorithm]:
                raise Refused(400, "InvalidPart")
            parts.append(part)
        data = b"".join(part.data for part in parts)
        if headers.get("x-amz-mp-object-size", str(len(data))) != str(len(data)):
            raise Refused(400, "InvalidRequest")
        whole = headers.get("x-amz-checksum-crc64nvme")
        if whole is not None and whole != checksum_of("crc64nvme", data):
            raise Refused(400, "BadDigest")
        self.require(upload.key, headers)
        md5s = b"".join(hashlib.md5(part.data).digest() for part in parts)
        etag = f"{self.etag(hashlib.md5(md5s).hexdigest(), upload.encryption)}-{len(parts)}"
        thing = Thing(
            data, etag, self._of_whole(upload, parts, data), upload.encryption, [len(p.data) for p in parts]
        )
        self.objects[upload.key] = thing
        del self.uploads[upload_id]
        return upload.key, thing

    def _of_whole(self, upload: Upload, parts: list[Thing], data: bytes) -> dict[str, str]:
        if upload.algorithm == "sha256":
            joined = b"".join(base64.b64decode(part.checksums["sha256"]) for part in parts)
            return {"sha256": f"{checksum_of('sha256', joined)}-{len(parts)}"}
        if upload.algorithm or self.adds:
            return {"crc64nvme": checksum_of("crc64nvme", data)}
        return {}


def told(thing: Thing, *, checksums: bool) -> dict[str, str]:
    """Headers about an object or a part."""
    headers = {"ETag": f'"{thing.etag}"', "x-amz-server-side-encryption": thing.encryption}
    if thing.encryption == "aws:kms":
        headers["x-amz-server-side-encryption-aws-kms-key-id"] = "arn:aws:kms:us-east-1:000000000000:key/test"
    if checksums:
        headers |= {f"x-amz-checksum-{name}": value for name, value in thing.checksums.items()}
        composite = any("-" in value for value in thing.checksums.values())
        headers["x-amz-checksum-type"] = "COMPOSITE" if composite else "FULL_OBJECT"
    return headers


def _document(name: str, *children: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name}>{"".join(children)}</{name}>'.encode()


def _tag(name: str, value: object) -> str:
    return f"<{name}>{escape(str(value))}</{name}>"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: StrictStore
    bucket: str

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _serve(self) -> None:
        address = urlsplit(self.path)
        self.query = {
            name: values[0] for name, values in parse_qs(address.query, keep_blank_values=True).items()
        }
        self.key = unquote(address.path).lstrip("/").partition("/")[2]
        self.said = {name.lower(): value for name, value in self.headers.items()}
        data = self.rfile.read(int(self.said.get("content-length", 0)))
        what = "upload" if "uploadId" in self.query else "uploads" if "uploads" in self.query else ""
        if "partNumber" in self.query and self.command == "PUT":
            what = "part"
        what = what or ("object" if self.key else "bucket")
        with self.store.lock:
            self.store.seen.append((self.command, what, self.said))
            if data and self.store.damages and self.command == "PUT":
                self.store.damages -= 1
                data = bytes([data[0] ^ 1]) + data[1:]
            try:
                getattr(self, f"_{self.command.lower()}_{what}")(data)
            except Refused as refused:
                said = _tag("Code", refused.code) + _tag("Message", refused.message)
                body = b"" if self.command == "HEAD" else _document("Error", said)
                self._answer(refused.status, body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve  # noqa: N815  as the base class wants them

    def _lost(self, request: str) -> bool:
        if request not in self.store.loses:
            return False
        self.store.loses.discard(request)
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)
        return True

    def _put_bucket(self, _: bytes) -> None:
        self._answer(200)

    def _head_bucket(self, _: bytes) -> None:
        """What boto3 asks when a HEAD was refused without a word: in which region the bucket is."""
        self._answer(200, headers={"x-amz-bucket-region": "us-east-1"})

    def _copied(self) -> bytes:
        """Bytes that a request names instead of bringing them."""
        source = unquote(self.said["x-amz-copy-source"]).lstrip("/").partition("/")[2]
        thing = self.store.objects[source]
        if self.said.get("x-amz-copy-source-if-match", thing.etag).strip('"') != thing.etag:
            raise Refused(412, "PreconditionFailed")
        if "x-amz-copy-source-range" not in self.said:
            return thing.data
        first, last = self.said["x-amz-copy-source-range"].removeprefix("bytes=").split("-")
        return thing.data[int(first) : int(last) + 1]

    def _copy(self, name: str, thing: Thing) -> None:
        told_there = [_tag(f"Checksum{NAMES[kind]}", value) for kind, value in thing.checksums.items()]
        body = _document(name, _tag("ETag", f'"{thing.etag}"'), _tag("LastModified", WHEN), *told_there)
        headers = told(thing, checksums=False)
        del headers["ETag"]
        self._answer(200, body, headers)

    def _put_object(self, data: bytes) -> None:
        if "x-amz-copy-source" in self.said:
            self._copy("CopyObjectResult", self.store.put(self.key, self._copied(), self.said))
            return
        thing = self.store.put(self.key, data, self.said)
        if not self._lost("PUT object"):
            self._answer(200, headers=told(thing, checksums=self.store.tells))

    def _put_part(self, data: bytes) -> None:
        where = self.query["uploadId"], int(self.query["partNumber"])
        if "x-amz-copy-source" in self.said:
            data = self._copied()
            kind = self.store.upload(where[0]).algorithm
            more = {f"x-amz-checksum-{kind}": checksum_of(kind, data)} if kind else {}
            self._copy("CopyPartResult", self.store.part(*where, data, self.said | more))
            return
        part = self.store.part(*where, data, self.said)
        self._answer(200, headers=told(part, checksums=self.store.tells))

    def _found(self) -> Thing:
        if self.key not in self.store.objects:
            raise Refused(404, "NoSuchKey")
        if self.store.objects[self.key].encryption == "SSE-C":
            raise Refused(400, "InvalidRequest", OWN_KEY)
        return self.store.objects[self.key]

    def _head_object(self, _: bytes) -> None:
        thing, length = self._found(), 0
        asked = self.said.get("x-amz-checksum-mode") == "ENABLED"
        if asked and thing.encryption == "aws:kms" and not self.store.decrypts:
            raise Refused(403, "AccessDenied")
        headers = told(thing, checksums=asked) | {"Last-Modified": formatdate(1_795_000_000, usegmt=True)}
        length = len(thing.data)
        if "partNumber" in self.query and thing.part_sizes:
            length = thing.part_sizes[int(self.query["partNumber"]) - 1]
            headers["x-amz-mp-parts-count"] = str(len(thing.part_sizes))
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _get_object(self, _: bytes) -> None:
        thing, data, status = self._found(), self._found().data, 200
        if "range" in self.said:
            start, end = self.said["range"].removeprefix("bytes=").split("-")
            data, status = data[int(start) : int(end) + 1], 206
        headers = told(thing, checksums=False) | {"Last-Modified": formatdate(1_795_000_000, usegmt=True)}
        self._answer(status, data, headers)

    def _delete_object(self, _: bytes) -> None:
        self.store.objects.pop(self.key, None)
        self._answer(204)

    def _get_bucket(self, _: bytes) -> None:
        prefix, delimiter = self.query.get("prefix", ""), self.query.get("delimiter", "")
        inside: list[str] = []
        folders: set[str] = set()
        for key in sorted(self.store.objects):
            if key.startswith(prefix):
                head, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
                if found:
                    folders.add(f"{prefix}{head}{delimiter}")
                else:
                    inside.append(key)
        contents = [
            "<Contents>"
            + _tag("Key", quote(key))
            + _tag("LastModified", WHEN)
            + _tag("ETag", f'"{self.store.objects[key].etag}"')
            + _tag("Size", len(self.store.objects[key].data))
            + "</Contents>"
            for key in inside
        ]
        common = [
            f"<CommonPrefixes>{_tag('Prefix', quote(folder))}</CommonPrefixes>" for folder in sorted(folders)
        ]
        outer = [_tag("Name", self.bucket), _tag("Prefix", quote(prefix)), _tag("KeyCount", len(contents))]
        outer += [_tag("MaxKeys", 1000), _tag("EncodingType", "url"), _tag("IsTruncated", "false")]
        self._answer(200, _document("ListBucketResult", *outer, *contents, *common))

    def _get_uploads(self, _: bytes) -> None:
        prefix = self.query.get("prefix", "")
        uploads = [
            f"<Upload>{_tag('Key', upload.key)}{_tag('UploadId', name)}{_tag('Initiated', WHEN)}</Upload>"
            for name, upload in self.store.uploads.items()
            if upload.key.startswith(prefix)
        ]
        self._answer(200, _document("ListMultipartUploadsResult", _tag("IsTruncated", "false"), *uploads))

    def _post_uploads(self, _: bytes) -> None:
        upload_id = self.store.begin(self.key, self.said)
        body = _document("InitiateMultipartUploadResult", _tag("Key", self.key), _tag("UploadId", upload_id))
        self._answer(200, body, self._rule())

    def _rule(self) -> dict[str, str]:
        """A lifecycle rule of the bucket throws uploads away."""
        rule = self.store.rule
        return {"x-amz-abort-date": rule, "x-amz-abort-rule-id": "tidy"} if rule else {}

    def _get_upload(self, _: bytes) -> None:
        upload = self.store.upload(self.query["uploadId"])
        parts = [
            "<Part>"
            + _tag("PartNumber", number)
            + _tag("LastModified", WHEN)
            + _tag("ETag", f'"{part.etag}"')
            + _tag("Size", len(part.data))
            + "".join(_tag(f"Checksum{NAMES[name]}", value) for name, value in part.checksums.items())
            + "</Part>"
            for number, part in sorted(upload.parts.items())
        ]
        body = _document("ListPartsResult", _tag("IsTruncated", "false"), *parts)
        self._answer(200, body, self._rule())

    def _post_upload(self, data: bytes) -> None:
        key, thing = self.store.complete(self.query["uploadId"], data, self.said)
        if self._lost("POST upload"):
            return
        told_there = [_tag(f"Checksum{NAMES[name]}", value) for name, value in thing.checksums.items()]
        kind = "COMPOSITE" if any("-" in value for value in thing.checksums.values()) else "FULL_OBJECT"
        body = _document(
            "CompleteMultipartUploadResult",
            _tag("Key", key),
            _tag("ETag", f'"{thing.etag}"'),
            *([*told_there, _tag("ChecksumType", kind)] if self.store.tells else []),
        )
        headers = told(thing, checksums=False)
        del headers["ETag"]
        self._answer(200, body, headers)

    def _delete_upload(self, _: bytes) -> None:
        self.store.upload(self.query["uploadId"])
        del self.store.uploads[self.query["uploadId"]]
        self._answer(204)


@contextmanager
def strict_store(bucket: str = "strict") -> Iterator[tuple[str, StrictStore]]:
    """Start it; yields its address and what it holds."""
    store = StrictStore()
    handler = type("Handler", (_Handler,), {"store": store, "bucket": bucket})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", store
    finally:
        server.shutdown()
        server.server_close()
