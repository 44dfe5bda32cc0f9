"""Who one is, what a grant covers, and what the keys may do at a place."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from validator.errors import CredentialsError, ExitCode
from validator.s3.client import make_client
from validator.s3.failures import NoRight
from validator.s3.grant import READ, READWRITE, AccessGrant
from validator.s3.identity import KeyFacts, Right, Verdict, key_facts, rights_at
from validator.s3.settings import S3Settings
from validator.upload.destination import parse_destination

ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class GrantFacts:
    """What a grant gives.

    Attributes
    ----------
    covers
        ``s3://bucket/prefix/*``, as GetDataAccess answered.
    permission
        What was asked for and given.
    expires
        When its keys end (UTC); they are renewed before that.
    """

    covers: str
    permission: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """Who one is at a place.

    Attributes
    ----------
    place
        ``s3://bucket/prefix``; empty if none was named.
    keys
        One's own keys.
    grant
        Of an S3 Access Grant, if keys were asked for.
    rights
        What was tried at the place.
    """

    place: str
    keys: KeyFacts
    grant: GrantFacts | None = None
    rights: Sequence[Right] = ()

    @property
    def exit_code(self) -> ExitCode:
        """0, or 5 if the keys may neither list the place nor write to it."""
        verdicts = {right.name: right.verdict for right in self.rights}
        nothing = verdicts.get("list") is Verdict.NO and verdicts.get("put") is Verdict.NO
        return ExitCode.CREDENTIALS if nothing else ExitCode.CLEAN


def whoami(place: str | None, s3: S3Settings) -> WhoAmI:
    """Ask who one is, what is granted, and what may be done at a place; nothing is written.

    Parameters
    ----------
    place
        ``s3://bucket`` or ``s3://bucket/prefix``; ``None`` asks only who one is.
    s3
        Where keys come from.

    Raises
    ------
    UsageError
        If the place is no address of a bucket.
    CredentialsError
        If there are no keys, they are wrong, have expired, or nothing is granted.
    RemoteError
        If there is no such bucket, or nobody answers.
    """
    s3 = replace(s3, attempts=ATTEMPTS)
    if place is None:
        return WhoAmI("", key_facts(s3))
    destination = parse_destination(place)
    keys = key_facts(s3)
    facts = None
    if s3.grant is not None:
        s3, facts = _granted(s3, s3.grant.at(destination.bucket, destination.prefix, READWRITE))
    rights = rights_at(make_client(s3), destination.bucket, destination.prefix)
    return WhoAmI(str(destination), keys, facts, rights)


def _granted(s3: S3Settings, grant: AccessGrant) -> tuple[S3Settings, GrantFacts]:
    """Keys of a grant that writes, else of one that only reads."""
    said = s3.grant is not None and s3.grant.permission is not None
    try:
        return _ask(s3, grant)
    except NoRight as refused:
        if said:
            raise
        try:
            return _ask(s3, replace(grant, permission=READ))
        except NoRight:
            raise refused from None


def _ask(s3: S3Settings, grant: AccessGrant) -> tuple[S3Settings, GrantFacts]:
    from validator.s3.credentials import credentials_of  # noqa: PLC0415  boto3 takes 0.3 s
    from validator.s3.granted import GrantedCredentials  # noqa: PLC0415  see above

    s3 = replace(s3, grant=grant)
    found = credentials_of(make_client(s3))
    if not isinstance(found, GrantedCredentials):
        raise CredentialsError("keys of a grant need keys of one's own", "leave --anonymous out")
    found.get_frozen_credentials()
    if found.expires is None:
        raise CredentialsError("the grant gave no keys", "run the same command again")
    return s3, GrantFacts(found.matched, grant.permission or READWRITE, found.expires)
