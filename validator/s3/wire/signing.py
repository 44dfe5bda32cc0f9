"""Requests of the data path: their headers, signed by botocore, or as botocore signed one of the same form before.

botocore takes 100 us to sign a request, most of it for finding out again what all requests of a form have in common:
which headers are signed, in which order, with which key. It signs the first request of every form; what differs in
those that follow (path, query, time, the headers of one request) is put into the same places. A form is only kept if
it gives, for the request that botocore signed, the very headers that botocore made.
"""

import time
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from validator.s3.wire.address import Template
from validator.s3.wire.forms import METHOD, TIME, Form, Keys, signing_key

if TYPE_CHECKING:
    from botocore.config import Config

_SERVICE = "s3"
_PAYLOAD = "X-Amz-Content-SHA256"


@lru_cache
def _unsigned_payload() -> "Config":
    """The body is not hashed again for the signature: Content-MD5, which is signed, guards it."""
    from botocore.config import Config  # noqa: PLC0415  0.1 s that other commands do not pay

    return Config(s3={"payload_signing_enabled": False})


def signed_by_botocore(keys: Keys, template: Template, target: str, own: Mapping[str, str]) -> dict[str, str]:
    """All headers of a request but its length, in the order in which they are sent.

    Parameters
    ----------
    keys
        Sign it.
    template
        Address and common headers.
    target
        Path and query.
    own
        Headers of this request alone.
    """
    from botocore.auth import S3SigV4Auth  # noqa: PLC0415  see above
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415  see above
    from botocore.credentials import Credentials  # noqa: PLC0415  see above

    address = template.address
    url = f"{address.scheme}://{address.authority}{target}"
    request: Any = AWSRequest(METHOD, url, headers={"Host": address.authority, **template.headers, **own})
    request.context["client_config"] = _unsigned_payload()
    S3SigV4Auth(Credentials(*keys), _SERVICE, address.region).add_auth(request)
    return dict(request.headers.items())


def _learn(
    keys: Keys, template: Template, target: str, own: Mapping[str, str], signed: Mapping[str, str]
) -> Form | None:
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
    form = Form(keys, head, canonical, scope, signing_key(keys.secret, scope))
    return form if signature and form.headers(moment, target, own) == _text(signed) else None


def _text(headers: Mapping[str, str]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


def signed_head(
    keys: Keys,
    template: Template,
    target: str,
    length: int,
    own: Mapping[str, str],
    *,
    whole_url: bool = False,
    more: Mapping[str, str],
) -> bytes:
    """Everything of a request that comes before its body.

    Parameters
    ----------
    keys
        As they are at this moment.
    template
        Address and common headers.
    target
        Path and query.
    length
        Bytes of the body.
    own
        Headers of this request alone.
    whole_url
        Name the whole address in the first line, as a proxy for plain HTTP wants it.
    more
        Headers for that proxy, which are not signed.
    """
    address = template.address
    where = f"{address.scheme}://{address.authority}{target}" if whole_url else target
    head = f"{METHOD} {where} HTTP/1.1\r\n{_signed(keys, template, target, own)}{_text(more)}"
    return f"{head}Content-Length: {length}\r\n\r\n".encode("latin-1")


def _signed(keys: Keys, template: Template, target: str, own: Mapping[str, str]) -> str:
    moment, names = _moment(int(time.time())), tuple(own)
    form = template.forms.get(names)
    # The values of headers are signed without double spaces: that is left to botocore.
    if form is not None and form.is_good(keys, moment) and " " not in "".join(own.values()):
        return form.headers(moment, target, own)
    signed = signed_by_botocore(keys, template, target, own)
    if form is not None or names not in template.forms:
        template.forms[names] = _learn(keys, template, target, own, signed)
    return _text(signed)


@lru_cache(1)
def _moment(second: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))
