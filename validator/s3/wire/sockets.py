"""Connected sockets to a store: through the proxy that the environment names, trusted by the certificates it names.

Proxies (``HTTPS_PROXY``, ``HTTP_PROXY``, ``NO_PROXY``, names and passwords in them) and certificates
(``AWS_CA_BUNDLE``, ``ca_bundle`` of a profile) are found by botocore's own functions: every request of a run
takes the same way.
"""

import contextlib
import selectors
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from validator.s3.client import CONNECT_SECONDS, S3Settings
from validator.s3.wire.address import Address

_CORK: int | None = getattr(socket, "TCP_CORK", None)


class NoRoute(Exception):
    """The way to the store is one that only boto3 can go."""


@dataclass(frozen=True, slots=True)
class Route:
    """How connections to a store are made.

    Attributes
    ----------
    host, port
        What is connected to: the store or the proxy.
    tunnel
        Host and port that a proxy is asked for; ``None`` without a proxy, and for plain HTTP through one.
    proxy_headers
        What proves to the proxy who one is.
    context
        How certificates are verified; ``None`` for plain HTTP.
    certificates
        File with the authorities that are trusted.
    server
        Name that the certificate must hold.
    endpoint
        Scheme, host and port of the store for messages.
    """

    host: str
    port: int
    server: str
    endpoint: str
    tunnel: tuple[str, int] | None = None
    proxy: str = ""
    proxy_headers: Mapping[str, str] = field(default_factory=dict)
    context: ssl.SSLContext | None = None
    certificates: str = ""

    @property
    def whole_url(self) -> bool:
        """Whether requests name the whole address: plain HTTP through a proxy."""
        return bool(self.proxy) and self.tunnel is None


def find_route(address: Address, settings: S3Settings) -> Route:
    """Find the way to a store.

    Raises
    ------
    NoRoute
        If the proxy itself wants an encrypted connection.
    """
    from botocore.httpsession import ProxyConfiguration  # noqa: PLC0415  see signing
    from botocore.utils import get_environ_proxies  # noqa: PLC0415  see signing

    url = f"{address.scheme}://{address.authority}/"
    endpoint = url.rstrip("/")
    certificates, context = "", None
    if address.scheme == "https":
        certificates = _certificates(settings)
        context = secure_context(certificates)
    proxies = ProxyConfiguration(get_environ_proxies(url))
    proxy = proxies.proxy_url_for(url)
    if not proxy:
        return Route(
            address.host, address.port, address.host, endpoint, context=context, certificates=certificates
        )
    from urllib3.util import parse_url  # noqa: PLC0415  see signing

    parts = parse_url(proxy)
    if parts.scheme != "http" or not parts.host:
        raise NoRoute
    return Route(
        host=parts.host.strip("[]"),
        port=parts.port or 80,
        server=address.host,
        endpoint=endpoint,
        tunnel=(address.host, address.port) if context else None,
        proxy=f"http://{parts.netloc}",
        proxy_headers=proxies.proxy_headers_for(proxy),
        context=context,
        certificates=certificates,
    )


def secure_context(certificates: str) -> ssl.SSLContext:
    """How certificates are verified, by the authorities in a file."""
    from botocore.httpsession import create_urllib3_context  # noqa: PLC0415  see signing

    context: ssl.SSLContext = create_urllib3_context()
    context.check_hostname = True
    context.load_verify_locations(cafile=certificates)
    return context


def context_values(context: ssl.SSLContext) -> list[int]:
    """What tells a context of `secure_context` from others, besides the authorities."""
    return [int(context.options), int(context.verify_flags), int(context.minimum_version)]


def context_like(values: Sequence[int], certificates: str) -> ssl.SSLContext:
    """Make a context that verifies as that of another process does, without botocore: importing it takes 0.1 s."""
    options, verify_flags, minimum_version = values
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.options = ssl.Options(options)
    context.verify_flags = ssl.VerifyFlags(verify_flags)
    context.minimum_version = ssl.TLSVersion(minimum_version)
    context.load_verify_locations(cafile=certificates)
    return context


def _certificates(settings: S3Settings) -> str:
    from botocore.httpsession import get_cert_path  # noqa: PLC0415  see signing
    from botocore.session import Session  # noqa: PLC0415  see signing

    named = Session(profile=settings.profile, include_builtin_handlers=False).get_config_variable("ca_bundle")
    return str(get_cert_path(named or True))


def connect(route: Route) -> socket.socket:
    """Open a connection; it does not block afterwards.

    Raises
    ------
    botocore.exceptions.HTTPClientError
        One of its kinds: nobody answers, the proxy refuses, the certificate is not trusted.
    """
    with _as_botocore_says(route):
        try:
            raw = socket.create_connection((route.host, route.port), CONNECT_SECONDS)
        except TimeoutError:
            raise
        except OSError as error:
            raise _Unreachable from error
        with contextlib.ExitStack() as unless_connected:
            unless_connected.callback(raw.close)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if route.tunnel:
                _ask_proxy(raw, route)
            connection = raw
            if route.context is not None:
                connection = route.context.wrap_socket(raw, server_hostname=route.server)
            connection.setblocking(False)
            unless_connected.pop_all()
        return connection


def gather(connection: socket.socket, *, on: bool) -> None:
    """Let what does not fill a packet wait for what follows, or go at once; only where the system can (Linux).

    TLS hands the system 16 KiB at a time, and each would go, come and wake the other side by itself: a twentieth of all.
    """
    if _CORK is not None:
        with contextlib.suppress(OSError):  # it is broken: the next byte says so
            connection.setsockopt(socket.IPPROTO_TCP, _CORK, int(on))


class _Unreachable(Exception):
    """Nobody answers at the address."""


class _ProxyRefuses(Exception):
    """The proxy does not let the connection through."""


def _ask_proxy(raw: socket.socket, route: Route) -> None:
    """Let the proxy open a tunnel (RFC 9110, *CONNECT*)."""
    host, port = route.tunnel or ("", 0)
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    lines += [f"{name}: {value}" for name, value in route.proxy_headers.items()]
    raw.sendall("\r\n".join([*lines, "\r\n"]).encode("latin-1"))
    # Byte by byte: what follows the empty line belongs to the store.
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        byte = raw.recv(1)
        if not byte or len(head) > 64 * 1024:
            raise _ProxyRefuses("no answer")
        head += byte
    words = bytes(head).split(b"\r\n", 1)[0].split(b" ", 2)
    if len(words) < 2 or words[1] != b"200":
        raise _ProxyRefuses(b" ".join(words[1:]).decode("latin-1"))


@contextlib.contextmanager
def _as_botocore_says(route: Route) -> Iterator[None]:
    try:
        yield
    except (_Unreachable, _ProxyRefuses, OSError) as error:
        raise _told(route, error) from error


def _told(route: Route, error: Exception) -> Exception:
    from botocore import exceptions as known  # noqa: PLC0415  see signing

    at = route.endpoint
    if isinstance(error, ssl.SSLError):
        return known.SSLError(endpoint_url=at, error=error)
    if isinstance(error, TimeoutError):
        return known.ConnectTimeoutError(endpoint_url=at, error=error)
    if isinstance(error, _ProxyRefuses) or route.proxy:
        return known.ProxyConnectionError(proxy_url=route.proxy, error=error)
    return known.EndpointConnectionError(endpoint_url=at, error=error)


def is_ready(connection: socket.socket, *, write: bool, seconds: float) -> bool:
    """Wait until there is something to read, or room to write; whether there is."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ | (selectors.EVENT_WRITE if write else 0))
        return bool(selector.select(seconds))
