"""The keys that requests are signed with: from a file, AWS's own chain or a grant, as they are at each moment.

Imported where a client is made: boto3 takes 0.3 s.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol, cast

import boto3
import botocore.session
from botocore.credentials import CredentialProvider, CredentialResolver, Credentials, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ProfileNotFound

from validator.errors import CpgateError, CredentialsError, UsageError
from validator.s3.credentials_file import FileKeys, read_credentials_file
from validator.s3.failures import KeysExpired, reading_failures
from validator.s3.granted import GrantedCredentials
from validator.s3.service_models import open_botocore_session
from validator.s3.settings import S3Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LOOK_SECONDS = 1.0
"""How often a file with keys is looked at: it may lie on a network disk."""
_STATIC = frozenset({"shared-credentials-file", "config-file"})
"""What botocore reads once; all its other sources renew themselves, or cannot change (the environment)."""


class _HasSigner(Protocol):
    _request_signer: Any


class _FileCredentials(Credentials):
    """Keys of a file, for botocore."""

    def __init__(self, keys: FileKeys) -> None:
        super().__init__(keys.access_key, keys.secret_key, keys.token or None, method="credentials-file")
        self.expires = keys.expires


class CurrentCredentials:
    """Keys as they are at this moment: read anew when their file changes.

    botocore asks `get_frozen_credentials` for each signature, as it does of its own kinds.

    Parameters
    ----------
    load
        Reads the keys.
    watched
        Files whose change means other keys; only the keys of such files are read anew.
    first
        The keys to begin with.
    """

    def __init__(
        self,
        load: Callable[[], Credentials],
        watched: Callable[[Credentials], Sequence[Path]],
        first: Credentials,
    ) -> None:
        self._load = load
        self._lock = Lock()
        self._keys = first
        self._watched = tuple(watched(self._keys))
        self._seen = _states(self._watched)
        self._looked = monotonic()
        self._stale = False
        self.when_expired: Callable[[CpgateError], None] | None = None
        self.method = self._keys.method
        self.account_id = None

    @property
    def source(self) -> Credentials:
        """Botocore's own object behind these keys."""
        return self._keys

    @property
    def files(self) -> tuple[Path, ...]:
        """Files that are read again when they change; none if the keys come from elsewhere."""
        return self._watched

    @property
    def expires(self) -> datetime | None:
        """When the keys of this moment end (UTC), if that is known."""
        found = getattr(self._keys, "expires", None) or getattr(self._keys, "_expiry_time", None)
        return found.astimezone(UTC) if found else None

    @property
    def renewable(self) -> bool:
        """Whether other keys may come while the command runs; those of the environment stay what they are."""
        return bool(self._watched) or self.method not in {"env", "explicit"}

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """The keys for one signature.

        Raises
        ------
        KeysExpired
            If they cannot be renewed, or what renews them hands out keys that have expired already.
        """
        while True:
            try:
                return self._frozen()
            except KeysExpired as error:
                if self.when_expired is None:
                    raise
                self.when_expired(error)

    def _frozen(self) -> ReadOnlyCredentials:
        self._look()
        try:
            with reading_failures("the AWS credentials", "renew"):
                return self._keys.get_frozen_credentials()
        except KeysExpired:
            self._stale = True
            raise
        except RuntimeError as error:  # botocore's word for it
            self._stale = True
            raise KeysExpired(
                "the AWS credentials were renewed, but the new ones have expired already",
                "set the clock of this machine if it is wrong; else log in again",
            ) from error

    def get_deferred_property(self, property_name: str) -> Callable[[], Any]:
        """What botocore asks for the account of an endpoint."""
        return self._keys.get_deferred_property(property_name)

    def renew(self) -> None:
        """Look for other keys soon: the store says that these have expired."""
        self._stale = True

    def _look(self) -> None:
        if not (self._watched or self._stale) or monotonic() - self._looked < LOOK_SECONDS:
            return
        with self._lock:
            if monotonic() - self._looked < LOOK_SECONDS:
                return
            self._looked = monotonic()
            states = _states(self._watched)
            if states == self._seen and not self._stale:
                return
            try:
                self._keys = self._load()
            except (CpgateError, BotoCoreError, ValueError):
                return  # half written, perhaps: the old keys are good until the store refuses them
            self._seen, self._stale = states, False


class _Provider(CredentialProvider):
    """Hands out one object; what botocore's chain of sources is replaced with."""

    METHOD = "cpgate"
    CANONICAL_NAME = "cpgate"

    def __init__(self, found: "CurrentCredentials | GrantedCredentials") -> None:
        super().__init__()
        self._found = found

    def load(self) -> Credentials:
        return cast("Credentials", self._found)  # it has what botocore asks of one


def open_session(settings: S3Settings) -> boto3.Session:
    """Make a session whose clients sign with the keys of the settings, as they are at each moment.

    Raises
    ------
    CredentialsError
        If there are no keys, or the file with them cannot be read.
    UsageError
        If keys of a grant are wanted for a place that is not known.
    botocore.exceptions.BotoCoreError
        If the AWS configuration is broken or the profile does not exist.
    """
    core = open_botocore_session()
    # Before the session has a region: that of a store may be none that AWS has, and some keys come from AWS's own services.
    first = None if settings.anonymous else _load(settings, core)
    # A file of one's own has its own profiles.
    profile = None if settings.credentials_file else settings.profile
    session = boto3.Session(botocore_session=core, profile_name=profile, region_name=settings.region)
    if first is None:
        return session
    own = CurrentCredentials(lambda: _load(settings), lambda keys: _files_of(keys, settings, core), first)
    core.register_component("credential_provider", CredentialResolver([_Provider(own)]))
    if settings.grant is None:
        return session
    if settings.grant.target is None:
        raise UsageError(
            "it is not known what the keys of the grant are for",
            "name the prefix: --grant target=s3://bucket/project/source/*",
        )
    granted = GrantedCredentials(settings.grant, session, own)
    core = open_botocore_session()
    core.register_component("credential_provider", CredentialResolver([_Provider(granted)]))
    region = settings.region or settings.grant.region
    return boto3.Session(botocore_session=core, profile_name=profile, region_name=region)


def credentials_of(client: "S3Client") -> "CurrentCredentials | GrantedCredentials | None":
    """What a client signs with; ``None`` if it asks without keys."""
    signer = cast("_HasSigner", client)._request_signer  # noqa: SLF001  botocore has no public way to it
    return cast("CurrentCredentials | GrantedCredentials | None", signer._credentials)  # noqa: SLF001  see above


def current_credentials(client: "S3Client") -> ReadOnlyCredentials | None:
    """The keys for one signature, renewed if need be; ``None`` for a client without keys.

    Whoever signs requests without boto3 calls this for each of them and never keeps the answer.

    Raises
    ------
    CredentialsError, RemoteError
        If keys that have ended cannot be renewed.
    """
    found = credentials_of(client)
    return None if found is None else found.get_frozen_credentials()


def renew_credentials(client: "S3Client") -> None:
    """Sign the next request with other keys if there are any: the store says that these have expired."""
    found = credentials_of(client)
    if found is not None:
        found.renew()


def _load(settings: S3Settings, fresh: botocore.session.Session | None = None) -> Credentials:
    """The keys of this moment.

    Parameters
    ----------
    settings
        Where they are.
    fresh
        A session that has not been asked for any; later ones are made anew, since a session reads files once.
    """
    if settings.credentials_file is not None:
        keys = read_credentials_file(Path(settings.credentials_file), settings.profile)
        return _FileCredentials(keys)
    session = fresh or open_botocore_session()
    if settings.profile is not None:
        session.set_config_variable("profile", settings.profile)
    try:
        # What a program that hands out keys says is never repeated.
        found: Credentials | None = session.get_component("credential_provider").load_credentials()
    except ProfileNotFound:
        raise
    except (BotoCoreError, ValueError) as error:
        raise CredentialsError(
            "the AWS credentials cannot be had: they are incomplete, or the program that hands them out failed",
            "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (both are needed), or the profile in ~/.aws/config",
        ) from error
    if found is None:
        raise CredentialsError(
            "no AWS credentials were found",
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name --profile or --credentials-file",
        )
    return found


def _files_of(keys: Credentials, settings: S3Settings, core: botocore.session.Session) -> Sequence[Path]:
    if settings.credentials_file is not None:
        return [Path(settings.credentials_file).expanduser()]
    if keys.method not in _STATIC:
        return []
    names = (core.get_config_variable(name) for name in ("credentials_file", "config_file"))
    return [Path(name).expanduser() for name in names if name]


def _states(paths: Sequence[Path]) -> list[tuple[int, int, int] | None]:
    """What tells a file from itself after a change, also where an editor put another in its place."""
    states: list[tuple[int, int, int] | None] = []
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            states.append(None)
        else:
            states.append((status.st_mtime_ns, status.st_size, status.st_ino))
    return states
