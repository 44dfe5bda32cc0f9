"""Keys of an S3 Access Grant, asked for with a lab's own keys and renewed before they end.

Imported where a client is made: boto3 takes 0.3 s.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from botocore.config import Config
from botocore.credentials import DeferredRefreshableCredentials, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError

from validator.errors import CpgateError, CredentialsError
from validator.s3.failures import KeysExpired, NoRight, RequestRefused, one_line, reading_failures
from validator.s3.grant import READWRITE, AccessGrant

if TYPE_CHECKING:
    import boto3

RENEWED_BEFORE_SECONDS = 900.0
"""So long before their end keys are renewed beside the work, as botocore does it; less for short-lived keys."""
WAITED_FOR_BEFORE_SECONDS = 600.0
"""So long before their end nothing is signed with the old keys any more."""
ATTEMPTS = 6


class OwnKeys(Protocol):
    """What is asked of a lab's own keys, beside signatures."""

    @property
    def renewable(self) -> bool:
        """Whether other keys may come while the command runs."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Files that are read again when they change."""

    def renew(self) -> None:
        """Look for other keys soon."""


class GrantedCredentials(DeferredRefreshableCredentials):
    """Keys of a grant for botocore; several threads may sign with them while one of them renews.

    Parameters
    ----------
    grant
        What to ask for; its target is known.
    session
        Signs the question with the lab's own keys.
    own
        These keys.

    Attributes
    ----------
    matched
        What the grant covers, as GetDataAccess answered; empty before the first signature.
    expires
        When the keys end (UTC); ``None`` before the first signature.
    """

    def __init__(self, grant: AccessGrant, session: "boto3.Session", own: OwnKeys) -> None:
        super().__init__(refresh_using=self._ask, method="access-grants")
        self.grant = replace(grant, permission=grant.permission or READWRITE)
        self.matched = ""
        self.expires: datetime | None = None
        self.when_expired: Callable[[CpgateError], None] | None = None
        self.own = own
        # One of AWS's own environment variables (AWS_ENDPOINT_URL_S3_CONTROL) names another endpoint.
        self._control = session.client(
            "s3control",
            region_name=grant.region,
            config=Config(retries={"mode": "standard", "total_max_attempts": ATTEMPTS}, connect_timeout=10),
        )

    @property
    def renewable(self) -> bool:
        """Whether other keys may come while the command runs: the lab's own keys decide."""
        return self.own.renewable

    @property
    def files(self) -> tuple[Path, ...]:
        """Files with the lab's own keys that are read again when they change."""
        return self.own.files

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """The keys for one signature, renewed if they end soon.

        Raises
        ------
        KeysExpired
            If the lab's own keys have expired.
        CredentialsError
            If nothing is granted (any more).
        RemoteError
            If nobody answers.
        """
        while True:
            try:
                frozen: ReadOnlyCredentials = super().get_frozen_credentials()
            except KeysExpired as error:
                self.own.renew()
                if self.when_expired is None:
                    raise
                self.when_expired(error)
            else:
                return frozen

    def renew(self) -> None:
        """Ask for other keys at the next signature: the store says that these have expired."""
        self._expiry_time = datetime.now(UTC)

    def _ask(self) -> dict[str, Any]:
        grant = self.grant
        with asking(grant):
            answer = self._control.get_data_access(
                AccountId=grant.account,
                Target=grant.target or "",
                Permission=grant.permission or READWRITE,
                DurationSeconds=grant.seconds,
            )
        keys = answer["Credentials"]
        expires = keys["Expiration"].astimezone(UTC)
        lifetime = (expires - datetime.now(UTC)).total_seconds()
        if lifetime <= 0:
            raise KeysExpired(
                "the keys of the grant have expired by the clock of this machine before they were used",
                "set the clock, then run the same command again",
            )
        # Keys of 15 minutes would be renewed for each signature otherwise.
        self._advisory_refresh_timeout = min(RENEWED_BEFORE_SECONDS, lifetime / 4)
        self._mandatory_refresh_timeout = min(WAITED_FOR_BEFORE_SECONDS, lifetime / 8)
        self.matched = str(answer.get("MatchedGrantTarget", ""))
        self.expires = expires
        return {
            "access_key": keys["AccessKeyId"],
            "secret_key": keys["SecretAccessKey"],
            "token": keys["SessionToken"],
            "expiry_time": expires.isoformat(),
        }


@contextmanager
def asking(grant: AccessGrant) -> Iterator[None]:
    """Say what is wrong when keys of a grant are not given.

    Raises
    ------
    CredentialsError
        If nothing is granted, or the lab's own keys are wrong or have expired (`KeysExpired`).
    RemoteError
        If nobody answers.
    """
    target = grant.target or "s3://"
    doing = f"get keys of the Access Grants of account {grant.account} for"
    try:
        yield
    except ClientError as error:
        try:
            with reading_failures(target, doing):
                raise
        except NoRight as refused:
            raise NoRight(
                f"no grant of account {grant.account} in {grant.region} gives these keys {grant.permission} on {target}",
                "ask which prefix was assigned and name it with --grant target=s3://bucket/prefix/*; "
                "permission, account and region are said the same way",
            ) from refused
        except RequestRefused as refused:
            said = str(error.response.get("Error", {}).get("Message", ""))
            raise CredentialsError(
                f"no keys were granted for {target}: {one_line(said) or refused.what}",
                "check --grant: account, target, permission, region and duration",
            ) from refused
    except (BotoCoreError, KeyError) as error:
        with reading_failures(target, doing):
            raise error from None
