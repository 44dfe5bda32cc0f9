"""What stands between a contributor and the bucket: the Gallery's Access Grants, and a role that holds little.

`access_gate` is one server that answers GetDataAccess, issues short-lived keys, and stands before a store as a front:
it checks the signature of every request against the keys that it knows, refuses what the role does not hold
(s3:ListBucketMultipartUploads, settings of the bucket, everything outside of the granted prefix) and hands on the rest,
signed anew with the store's own keys.
"""

import hashlib
import http.client
import http.server
import secrets
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from servers import CREDENTIALS

ACCOUNT = "309624411020"
LAB_KEY, LAB_SECRET = "AKIALABSOWNKEY000001", "lab-secret-RECOGNISABLE-0001"
UNSIGNED = "UNSIGNED-PAYLOAD"
DATA_ACCESS = "/v20180820/accessgrantsinstance/dataaccess"


@dataclass
class Key:
    """A pair of keys that the gate knows: for the question about a grant, or for the bucket until it expires."""

    secret: str
    token: str = ""
    prefix: str = ""  # bucket/prefix/ that it is for; empty: it may ask for grants only
    permission: str = "READWRITE"
    expires: float = float("inf")


@dataclass
class Gate:
    """What the gate knows and what it saw; tests change it while it runs."""

    store: str
    granted: str  # bucket/prefix/ of the one grant
    lifetime: float = 3600
    keys: dict[str, Key] = field(default_factory=lambda: {LAB_KEY: Key(LAB_SECRET)})
    asked: list[dict[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    passed: list[tuple[str, str]] = field(default_factory=list)  # access key, what
    clock_off: float = 0.0
    address: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def issue(self, lifetime: float | None = None, *, prefix: str = "", permission: str = "READWRITE"):
        """Make keys for a prefix (the granted one if none is named)."""
        with self.lock:
            name = f"ASIAGRANTED{len(self.keys):09d}"
            key = Key(
                f"granted-secret-RECOGNISABLE-{secrets.token_hex(8)}",
                f"granted-token-RECOGNISABLE-{secrets.token_hex(16)}",
                prefix or self.granted,
                permission,
                time.time() + (self.lifetime if lifetime is None else lifetime),
            )
            self.keys[name] = key
            return name, key

    def expire_all(self) -> None:
        with self.lock:
            for key in self.keys.values():
                if key.prefix:
                    key.expires = 0

    def secrets(self) -> list[str]:
        return [value for key in self.keys.values() for value in (key.secret, key.token) if value]

    def environment(self) -> dict[str, str]:
        """Of a lab that holds its own pair of keys; GetDataAccess goes to the gate, as through a proxy."""
        return {
            "AWS_ACCESS_KEY_ID": LAB_KEY,
            "AWS_SECRET_ACCESS_KEY": LAB_SECRET,
            "AWS_ENDPOINT_URL_S3_CONTROL": "http://grants.test",
            "http_proxy": self.address,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message or f"{code} says the gate"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gate: Gate

    def log_message(self, *_):
        pass

    def handle_any(self):
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        address = urlsplit(self.path)
        try:
            name, key = self._key(body)
            if b"Action=GetCallerIdentity" in body and address.path == "/":
                self._tell_who(name)
            elif address.path == DATA_ACCESS:
                self._grant(key, dict(parse_qsl(address.query)))
            else:
                action, what = self._action(address)
                self._hold(key, action, what)
                self.gate.passed.append((name, f"{action} {what}"))
                self._hand_on(body, address)
        except Refused as refused:
            self.gate.refused.append(f"{refused.code} {self.command} {self.path}")
            text = f"<Error><Code>{refused.code}</Code><Message>{refused.message}</Message></Error>"
            self._answer(refused.status, {"content-type": "application/xml"}, text.encode())

    def date_time_string(self, timestamp=None):  # noqa: ARG002  the base class's signature
        return format_datetime(datetime.now(UTC) + timedelta(seconds=self.gate.clock_off), usegmt=True)

    def _key(self, body) -> tuple[str, Key]:
        """The keys of a request whose signature, hour and end are good."""
        fields = dict(
            part.strip().split("=", 1)
            for part in self.headers.get("authorization", "").removeprefix("AWS4-HMAC-SHA256 ").split(",")
            if "=" in part
        )
        if not fields:
            raise Refused(403, "AccessDenied")
        name, _, region, service, _ = fields["Credential"].split("/")
        key = self.gate.keys.get(name)
        if key is None:
            raise Refused(403, "InvalidAccessKeyId")
        if service == "s3" and abs(self.gate.clock_off) > 900:
            raise Refused(403, "RequestTimeTooSkewed", "The difference is too large.")
        if key.token and self.headers.get("x-amz-security-token") != key.token:
            raise Refused(400, "InvalidToken")
        url = self.path if "://" in self.path else f"http://{self.headers['host']}{self.path}"
        signed = {
            n: self.headers[n] for n in fields["SignedHeaders"].split(";") if self.headers[n] is not None
        }
        request = AWSRequest(self.command, url, headers=signed, data=body)
        request.context["timestamp"] = self.headers["x-amz-date"]
        told = self.headers.get("x-amz-content-sha256")
        if told and told != UNSIGNED and told != hashlib.sha256(body).hexdigest():
            raise Refused(400, "XAmzContentSHA256Mismatch")
        signer = _Verifier(ReadOnlyCredentials(name, key.secret, None), service, region)
        if signer.signature_of(request, told or hashlib.sha256(body).hexdigest()) != fields["Signature"]:
            raise Refused(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
        if key.expires < time.time():
            raise Refused(400, "ExpiredToken", "The provided token has expired.")
        return name, key

    def _grant(self, key: Key, asked: dict[str, str]) -> None:
        gate = self.gate
        gate.asked.append(asked | {"account": self.headers["host"].split(".")[0]})
        target = asked["target"].removeprefix("s3://").removesuffix("*")
        if key.prefix or not target.startswith(gate.granted):
            raise Refused(403, "AccessDenied", "No matching grant found")
        name, made = gate.issue(prefix=target, permission=asked["permission"])
        ends = datetime.fromtimestamp(made.expires, UTC).isoformat().replace("+00:00", "Z")
        self._answer(
            200,
            {"content-type": "application/xml"},
            (
                "<GetDataAccessResult><Credentials>"
                f"<AccessKeyId>{name}</AccessKeyId><SecretAccessKey>{made.secret}</SecretAccessKey>"
                f"<SessionToken>{made.token}</SessionToken><Expiration>{ends}</Expiration>"
                f"</Credentials><MatchedGrantTarget>s3://{gate.granted}*</MatchedGrantTarget></GetDataAccessResult>"
            ).encode(),
        )

    def _tell_who(self, name: str) -> None:
        self._answer(
            200,
            {"content-type": "text/xml"},
            (
                '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
                f"<Arn>arn:aws:iam::123456789012:user/{name.lower()}</Arn><UserId>AIDA</UserId><Account>123456789012</Account>"
                "</GetCallerIdentityResult></GetCallerIdentityResponse>"
            ).encode(),
        )

    def _action(self, address) -> tuple[str, str]:
        """The right that a request needs, and bucket/key (or bucket/prefix) it is about."""
        query = parse_qs(address.query, keep_blank_values=True)
        bucket, _, name = unquote(address.path).lstrip("/").partition("/")
        method = self.command
        if not name:
            if method == "GET" and "list-type" in query:
                return "ListBucket", f"{bucket}/{query.get('prefix', [''])[0]}"
            if "uploads" in query:
                return "ListBucketMultipartUploads", f"{bucket}/{query.get('prefix', [''])[0]}"
            return "BucketSettings", f"{bucket}/"
        if "attributes" in query:
            return "GetObjectAttributes", f"{bucket}/{name}"
        if "uploadId" in query and method in {"GET", "DELETE"}:
            return (
                "ListMultipartUploadParts" if method == "GET" else "AbortMultipartUpload"
            ), f"{bucket}/{name}"
        actions = {"GET": "GetObject", "HEAD": "GetObject", "DELETE": "DeleteObject"}
        return actions.get(method, "PutObject"), f"{bucket}/{name}"

    def _hold(self, key: Key, action: str, what: str) -> None:
        reads = {"GetObject", "ListBucket", "ListMultipartUploadParts"}
        writes = {"PutObject", "DeleteObject", "AbortMultipartUpload"}
        held = (reads if "READ" in key.permission else set()) | (
            writes if "WRITE" in key.permission else set()
        )
        if not key.prefix or action not in held or not what.startswith(key.prefix):
            raise Refused(403, "AccessDenied", f"not authorized to perform s3:{action} on {what}")

    def _hand_on(self, body: bytes, address) -> None:
        """Ask the store the same with its own keys; what the payload's signature proved is not asked for again."""
        store = urlsplit(self.gate.store)
        kept = {
            name: value
            for name, value in self.headers.items()
            if name.lower().startswith(("x-amz-", "content-", "if-", "range"))
            and name.lower() not in {"x-amz-security-token", "x-amz-date", "content-length"}
        }
        url = f"{self.gate.store}{address.path}" + (f"?{address.query}" if address.query else "")
        request = AWSRequest(self.command, url, headers=kept | {"host": store.netloc}, data=body)
        own = ReadOnlyCredentials(
            CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"], None
        )
        S3SigV4Auth(own, "s3", "us-east-1").add_auth(request)
        connection = http.client.HTTPConnection(store.netloc, timeout=60)
        try:
            target = address.path + (f"?{address.query}" if address.query else "")
            connection.request(self.command, target, body, dict(request.headers.items()))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        headers = {
            n: v
            for n, v in answer.getheaders()
            if n.lower() not in {"connection", "transfer-encoding", "date"}
        }
        self._answer(answer.status, headers, content)

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "server"}:
                self.send_header(name, value)
        length = (
            headers.get("Content-Length", str(len(content))) if self.command == "HEAD" else str(len(content))
        )
        self.send_header("content-length", length if status != 204 else "0")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


for _method in ("GET", "PUT", "POST", "HEAD", "DELETE"):
    setattr(_Handler, f"do_{_method}", _Handler.handle_any)


class _Verifier(S3SigV4Auth):
    """Computes a signature from the headers that the client says it signed."""

    def signature_of(self, request: AWSRequest, payload: str) -> str:
        self._told = payload
        canonical = self.canonical_request(request)
        return self.signature(self.string_to_sign(request, canonical), request)

    def payload(self, request):  # noqa: ARG002  botocore's signature
        return self._told

    def headers_to_sign(self, request):
        headers = http.client.HTTPMessage()
        for name, value in request.headers.items():
            headers[name.lower()] = value
        return headers


@contextmanager
def access_gate(store: str, granted: str, lifetime: float = 3600):
    """Run a gate before a store; ``granted`` is ``bucket/prefix/``."""
    gate = Gate(store, granted, lifetime)
    handler = type("Handler", (_Handler,), {"gate": gate})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        gate.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield gate
        finally:
            server.shutdown()
            thread.join()
