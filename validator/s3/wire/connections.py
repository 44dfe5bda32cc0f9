"""Connections of one process to one bucket: kept open between requests, made anew where they broke."""

import socket
from collections.abc import Callable, Mapping
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from validator.errors import CpgateError, CredentialsError, RemoteError
from validator.s3.client import READ_SECONDS, S3Settings
from validator.s3.failures import translated
from validator.s3.throttle import Throttle
from validator.s3.wire.address import Template, ask_boto3
from validator.s3.wire.bodies import SENDFILE, MemoryBody
from validator.s3.wire.complaints import botocore_errors
from validator.s3.wire.forms import Keys
from validator.s3.wire.requests import WireRequest
from validator.s3.wire.retrying import RetryBudget
from validator.s3.wire.signing import signed_head
from validator.s3.wire.sockets import NoRoute, Route, connect, find_route, is_ready
from validator.s3.writing import ChecksumChoice

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FRESH_SECONDS = 0.5
"""No store closes a connection that fast; one that does is found out when it is used."""
_NOTHING = WireRequest("", MemoryBody(b""), "")
"""A request by which the way to the store is found."""
METHODS = {"PutObject": "put_object", "UploadPart": "upload_part"}


class Connections:
    """Open connections and what all requests over them share; safe to call from several threads.

    Parameters
    ----------
    client
        Says where the bucket is, and signs.
    settings
        How the client was made.
    bucket
        Its name.
    throttle
        Slows down what is sent.
    keys
        Gives the keys of the moment; ``None`` asks the client for them.

    Attributes
    ----------
    keys
        Gives the keys of the moment.
    templates
        What requests have in common, by kind.
    attempts, budget
        How often a request is tried, and how many second tries all requests have together.
    checksums
        Which checksums the store is sent beside MD5s, if any.
    patience
        Seconds without a byte after which a connection is given up.
    moves
        How often it was forgotten where the bucket is: connections from before lead elsewhere.
    """

    def __init__(
        self,
        client: "S3Client",
        settings: S3Settings,
        bucket: str,
        throttle: Throttle,
        keys: Callable[[], Keys] | None = None,
    ) -> None:
        self.client = client
        self.throttle = throttle
        self.bucket = bucket
        self.attempts = settings.attempts
        self.patience = float(READ_SECONDS)
        self.moves = 0
        self.budget = RetryBudget()
        self.checksums = ChecksumChoice(settings.writing.checksum)
        self.keys = keys or (lambda: keys_of(client))
        self.templates: dict[str, Template] = {}
        self._settings = settings
        self._lock = Lock()
        self._route: Route | None = None
        self._idle: list[tuple[socket.socket, float]] = []

    def template(self, request: WireRequest) -> Template:
        """Address and common headers of requests like this one."""
        name = f"{request.operation} {request.arguments}"
        template = self.templates.get(name)
        if template is None:
            arguments: dict[str, Any] = dict(request.arguments)
            if request.operation == "UploadPart":
                arguments |= {"UploadId": "none", "PartNumber": 1}
            template = ask_boto3(self.client, self.bucket, METHODS[request.operation], arguments)
            self.templates[name] = template
        return template

    def route(self, template: Template) -> Route:
        """The way to the store.

        Raises
        ------
        NoRoute
            If only boto3 can go there.
        """
        if self._route is None:
            self._route = find_route(template.address, self._settings)
        return self._route

    def take(self, route: Route, templates: Mapping[str, Template]) -> None:
        """Begin with what another process has found out."""
        self._route = route
        self.templates.update(templates)

    @property
    def sends_files(self) -> bool:
        """Whether the system sends files over these connections by itself: what is encrypted is read by this process."""
        return SENDFILE and (self._route is None or self._route.context is None)

    @property
    def endpoint(self) -> str:
        """Scheme, host and port of the store, for messages."""
        return self._route.endpoint if self._route else ""

    def look_elsewhere(self) -> None:
        """The bucket is in another region: let boto3 find it, which remembers, and ask again for the address."""
        try:
            with translated(self.bucket, "", "look at"):
                self.client.head_bucket(Bucket=self.bucket)
        except (RemoteError, CredentialsError):
            return  # the next try is told the same, and says it
        finally:
            self.close()

    def close(self) -> None:
        """Close all connections that wait for work, and forget where the bucket is."""
        with self._lock:
            self.moves += 1
            self.templates.clear()
            self._route = None
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            connection.close()

    def head(self, request: WireRequest, *, checksum: bool) -> bytes:
        """Make the signed head of a request, as of now, with its checksum or without."""
        template = self.template(request)
        route = self.route(template)
        target = template.address.target(request.key) + request.query
        return signed_head(
            self.keys(),
            template,
            target,
            request.body.length,
            request.headers(checksum=checksum),
            whole_url=route.whole_url,
            more=route.proxy_headers if route.whole_url else {},
        )

    def idle(self) -> socket.socket | None:
        """Return a connection that waits for work, or ``None``."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection, since = self._idle.pop()
            if monotonic() - since < FRESH_SECONDS or not is_ready(connection, write=False, seconds=0):
                return connection
            connection.close()  # the store has closed it, or says what nobody asked

    def fresh(self, request: WireRequest) -> socket.socket:
        """Open a new connection.

        Raises
        ------
        botocore.exceptions.HTTPClientError
            See `validator.s3.wire.sockets.connect`.
        """
        return connect(self._route or self.route(self.template(request)))

    def open_another(self) -> bool:
        """Open a connection that waits for work; whether one could be opened: the others tell what is wrong."""
        try:
            self.give_back(self.fresh(_NOTHING))
        except botocore_errors(CpgateError):
            return False
        return True

    def give_back(self, connection: socket.socket) -> None:
        """Keep a connection for the next request."""
        with self._lock:
            self._idle.append((connection, monotonic()))


def keys_of(client: "S3Client") -> Keys:
    """The keys with which a client signs at this moment, renewed if need be.

    Raises
    ------
    CredentialsError, RemoteError
        If there are none, or keys that have ended cannot be renewed.
    """
    from validator.s3.credentials import current_credentials  # noqa: PLC0415  boto3 takes 0.2 s

    found = current_credentials(client)
    if found is None or not found.access_key or not found.secret_key:
        raise CredentialsError(
            "no AWS credentials were found",
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name --profile or --credentials-file",
        )
    return Keys(found.access_key, found.secret_key, found.token)


def open_data_path(
    client: "S3Client", settings: S3Settings, bucket: str, throttle: Throttle | None = None
) -> Connections | None:
    """Return the data path to a bucket, or ``None`` where only boto3 can go.

    That is through a proxy that itself wants an encrypted connection, and to directory buckets
    (``name--zone--x-s3``), whose requests are signed with keys of their own.

    Raises
    ------
    CredentialsError
        If there are none, or they cannot be renewed.
    """
    if settings.anonymous or bucket.endswith("--x-s3"):
        return None
    connections = Connections(client, settings, bucket, throttle or Throttle())
    try:
        connections.route(connections.template(_NOTHING))
    except NoRoute:
        return None
    return connections
