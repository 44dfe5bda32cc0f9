"""Requests of the data path: their headers, signed by botocore, or as botocore signed one of the same form before.

botocore takes 100 us to sign a request, most of it for finding out again what all requests of a form have in common:
which headers are signed, in which order, with which key. It signs the first request of every form; what differs in
those that follow (path, query, time, the headers of one request) is put into the same places. A form is only kept if
it gives, for the request that botocore signed, the very signature that botocore made.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from validator.s3.wire.address import Template

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.credentials import ReadOnlyCredentials
    from mypy_boto3_s3 import S3Client

METHOD = "PUT"
TIME = "X-Amz-Date"
_ALGORITHM = "AWS4-HMAC-SHA256"
_SERVICE = "s3"
_PAYLOAD = "X-Amz-Content-SHA256"
_MOST_FORMS = 64


@cache
def _unsigned_payload() -> "Config":
    """The body is not hashed again for the signature: Content-MD5, which is signed, guards it."""
    from botocore.config import Config  # noqa: PLC0415  0.1 s that other commands do not pay

    return Config(s3={"payload_signing_enabled": False})


def signed_by_botocore(
    keys: "ReadOnlyCredentials | None", template: Template, target: str, headers: Mapping[str, str]
) -> dict[str, str]:
    """All headers of a request but its length, in the order in which they are sent.

    Parameters
    ----------
    keys
        Sign it.
    template
        Address and common headers.
    target
        Path and query.
    headers
        Headers of this request alone.
    """
    from botocore.auth import S3SigV4Auth  # noqa: PLC0415  see above
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415  see above

    address = template.address
    url = f"{address.scheme}://{address.authority}{target}"
    request: Any = AWSRequest(METHOD, url, headers={"Host": address.authority, **template.headers, **headers})
    request.context["client_config"] = _unsigned_payload()
    signer: Any = S3SigV4Auth
    signer(keys, _SERVICE, address.region).add_auth(request)
    return dict(request.headers.items())


@dataclass(frozen=True, slots=True)
class _Form:
    """What requests have in common that differ in path, query, time and the values of their own headers.

    Attributes
    ----------
    keys
        Sign them.
    head, canonical
        The headers as they are sent and as they are signed; where something differs stands its name.
    scope, key
        Day, region and service for which the signing key is good.
    """

    keys: "ReadOnlyCredentials"
    head: str
    canonical: str
    scope: str
    key: bytes

    def headers(self, moment: str, target: str, own: Mapping[str, str]) -> str:
        """All headers of a request but its length."""
        path, _, query = target.partition("?")
        values = {"path": path, "query": query, TIME: moment, **own}
        digest = hashlib.sha256((self.canonical % values).encode()).hexdigest()
        text = f"{_ALGORITHM}\n{moment}\n{self.scope}\n{digest}"
        values["signature"] = hmac.digest(self.key, text.encode(), "sha256").hex()
        return self.head % values


def _learn(
    keys: "ReadOnlyCredentials",
    template: Template,
    target: str,
    own: Mapping[str, str],
    signed: Mapping[str, str],
) -> _Form | None:
    """Take apart what botocore has signed; ``None`` if it cannot be put together again just so."""
    before, _, signature = signed["Authorization"].rpartition(", Signature=")
    names = before.partition("SignedHeaders=")[2].split(";")
    moment, differing = signed.get(TIME, ""), {TIME, *own}
    held = {
        name: f"%({name})s" if name in differing else str(value).replace("%", "%%")
        for name, value in signed.items()
    }
    lower = {name.lower(): " ".join(value.split()) for name, value in held.items()}
    lines = "".join(f"{name}:{lower.get(name, '')}\n" for name in names)
    canonical = f"{METHOD}\n%(path)s\n%(query)s\n{lines}\n{';'.join(names)}\n{signed.get(_PAYLOAD, '')}"
    held["Authorization"] = f"{before.replace('%', '%%')}, Signature=%(signature)s"
    head = "".join(f"{name}: {value}\r\n" for name, value in held.items())
    scope = f"{moment[:8]}/{template.address.region}/{_SERVICE}/aws4_request"
    form = _Form(keys, head, canonical, scope, _signing_key(keys.secret_key, scope))
    whole = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    return form if signature and form.headers(moment, target, own) == whole else None


def _signing_key(secret: str, scope: str) -> bytes:
    """The key that is good for a day, region and service (SigV4, *Deriving the signing key*)."""
    key = f"AWS4{secret}".encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    return key


class Signer:
    """Makes the heads of requests; safe to call from several threads."""

    def __init__(self) -> None:
        # Of whom there is no form, botocore signs them all.
        self._forms: dict[tuple[Any, ...], tuple[Template, _Form | None]] = {}
        self._lock = Lock()
        self._moment = (0, "")

    def head(
        self,
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
        from validator.s3.credentials import current_credentials  # noqa: PLC0415  boto3 takes 0.2 s

        address = template.address
        where = f"{address.scheme}://{address.authority}{target}" if whole_url else target
        signed = self._signed(current_credentials(client), template, target, headers)
        others = "".join(f"{name}: {value}\r\n" for name, value in more.items())
        return f"{METHOD} {where} HTTP/1.1\r\n{signed}{others}Content-Length: {length}\r\n\r\n".encode(
            "latin-1"
        )

    def _signed(
        self, keys: "ReadOnlyCredentials | None", template: Template, target: str, own: Mapping[str, str]
    ) -> str:
        moment, name = self._now(), (id(template), *own)
        known, form = self._forms.get(name, (None, None))
        fits = form is not None and form.keys == keys and form.scope.startswith(moment[:8])
        if (
            form is not None and fits and " " not in "".join(own.values())
        ):  # what has spaces is signed without them
            return form.headers(moment, target, own)
        signed = signed_by_botocore(keys, template, target, own)
        if keys is not None and (form is not None or known is not template):
            with self._lock:
                if len(self._forms) >= _MOST_FORMS:
                    self._forms.clear()
                self._forms[name] = (template, _learn(keys, template, target, own, signed))
        return "".join(f"{name}: {value}\r\n" for name, value in signed.items())

    def _now(self) -> str:
        """The time of this moment as signatures want it; made once a second."""
        second = int(time.time())
        known, text = self._moment
        if second != known:
            text = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))
            self._moment = (second, text)
        return text
