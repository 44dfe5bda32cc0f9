"""What a process that sends files is told so that it can begin at once, without boto3.

Importing boto3 and making a client takes half a second of processor time, in every worker. Whoever starts the workers
has done that already: it knows the keys of this moment, the way to the store, and how requests are signed. A worker
makes a client of its own when it needs one (for what is not PutObject or UploadPart, or to get other keys), and after
a minute at the latest: then it looks after its keys by itself.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self, cast

from validator.s3.late_client import LateClient
from validator.s3.objects import Condition
from validator.s3.settings import S3Settings
from validator.s3.throttle import Throttle
from validator.s3.wire.address import Address, Template
from validator.s3.wire.bodies import MemoryBody
from validator.s3.wire.connections import Connections, keys_of, open_data_path
from validator.s3.wire.forms import Form, Keys
from validator.s3.wire.requests import WireRequest
from validator.s3.wire.sockets import Route, context_like, context_values

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

GOOD_SECONDS = 60.0
"""How long the keys of another process are used, at most, and for half of what is left of their life where they end."""
_EXAMPLE = "0" * 32


@dataclass(frozen=True, slots=True)
class HeadStart:
    """All that the data path needs to begin; holds keys, so it goes from process to process and nowhere else.

    Attributes
    ----------
    keys
        Of this moment.
    route
        The way to the store.
    templates
        Addresses, headers and how they are signed, by kind of request.
    good_seconds
        How long the keys are used.
    """

    keys: Keys = field(repr=False)
    route: Route = field(repr=False)
    templates: Mapping[str, Template] = field(repr=False)
    good_seconds: float = GOOD_SECONDS

    def to_message(self) -> dict[str, Any]:
        """As plain values."""
        route = {name: getattr(self.route, name) for name in Route.__slots__ if name != "context"}
        return {
            "keys": self.keys,
            "route": route,
            "secure": context_values(self.route.context) if self.route.context is not None else None,
            "templates": {name: _template_values(template) for name, template in self.templates.items()},
            "good_seconds": self.good_seconds,
        }

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> Self:
        """From plain values."""
        values = dict(message["route"])
        secure = message["secure"]
        context = context_like(secure, values["certificates"]) if secure is not None else None
        values["tunnel"] = tuple(values["tunnel"]) if values["tunnel"] else None
        templates = {name: _template(values) for name, values in message["templates"].items()}
        route = Route(**values, context=context)
        return cls(Keys(*message["keys"]), route, templates, message["good_seconds"])


def _template_values(template: Template) -> dict[str, Any]:
    forms = [
        [names, form and [form.keys, form.head, form.canonical, form.scope, form.key.hex()]]
        for names, form in template.forms.items()
    ]
    return {"address": asdict(template.address), "headers": dict(template.headers), "forms": forms}


def _template(values: Mapping[str, Any]) -> Template:
    forms = {tuple(names): form and _form(*form) for names, form in values["forms"]}
    return Template(Address(**values["address"]), values["headers"], forms)


def _form(keys: list[str], head: str, canonical: str, scope: str, key: str) -> Form:
    return Form(Keys(*keys), head, canonical, scope, bytes.fromhex(key))


def make_head_start(
    client: "S3Client",
    settings: S3Settings,
    bucket: str,
    objects: Iterable[Mapping[str, Any]],
    parts: Mapping[str, Any],
) -> HeadStart | None:
    """Find out what workers need to know; ``None`` where only boto3 can go.

    Parameters
    ----------
    client, settings, bucket
        Where objects go.
    objects
        Options of the objects that will be written, as boto3 names them; one for each kind.
    parts
        Options of their parts.

    Raises
    ------
    CredentialsError
        If there are no keys, or they cannot be renewed.
    """
    connections = open_data_path(client, settings, bucket)
    if connections is None:
        return None
    body, checksum = MemoryBody(b""), _EXAMPLE[:12]
    requests = [WireRequest("a", body, _EXAMPLE, checksum, Condition(), arguments=each) for each in objects]
    requests.append(WireRequest("a", body, _EXAMPLE, checksum, upload_id="a", number=1, arguments=parts))
    for request in requests:
        connections.head(request, checksum=connections.checksums.sent)
    template = connections.template(requests[0])
    keys = connections.keys()
    return HeadStart(keys, connections.route(template), connections.templates, _good_seconds(client))


def _good_seconds(client: "S3Client") -> float:
    from validator.s3.credentials import credentials_of  # noqa: PLC0415  boto3 takes 0.2 s

    found = credentials_of(client)
    if found is None or found.expires is None:
        return GOOD_SECONDS
    return min(GOOD_SECONDS, (found.expires - datetime.now(UTC)).total_seconds() / 2)


def begin_ahead(
    client: LateClient, settings: S3Settings, bucket: str, throttle: Throttle, start: HeadStart
) -> Connections:
    """The data path of a process that was told how to begin, with a client that may be made later."""
    stand_in = cast("S3Client", client)
    end = time.monotonic() + start.good_seconds

    def keys() -> Keys:
        if client.is_made or time.monotonic() > end:
            return keys_of(stand_in)
        return start.keys

    connections = Connections(stand_in, settings, bucket, throttle, keys)
    connections.take(start.route, start.templates)
    return connections
