"""What botocore raises, as the few things that can be done about it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from validator.errors import CpgateError, CredentialsError, RemoteError

EXPIRED = frozenset({"ExpiredToken", "RequestExpired", "TokenRefreshRequired", "ExpiredTokenException"})
WRONG_KEYS = frozenset(
    {
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "InvalidClientTokenId",
        "AuthFailure",
        "InvalidToken",
        "InvalidSignatureException",
    }
)
NO_RIGHT = frozenset({"AccessDenied", "403", "Forbidden", "AllAccessDisabled", "AccountProblem"})
TAKEN = frozenset({"PreconditionFailed", "412"})
AT_ONCE = frozenset({"ConditionalRequestConflict", "OperationAborted"})
BUSY = frozenset({"SlowDown", "ServiceUnavailable", "RequestLimitExceeded", "Throttling", "503"})
MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
DAMAGED = frozenset({"BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch"})
ELSEWHERE = frozenset(
    {"PermanentRedirect", "301", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
)
CUSTOMER_KEY = ("stored using a form of server side encryption", "encryption with customer provided keys")
"""How S3 and Ceph say that an object is to be read with a key of its owner."""
DISGUISED_CLOCK = frozenset({"SignatureDoesNotMatch", "RequestExpired", "InvalidSignatureException"})
LARGEST_SKEW_SECONDS = 900.0
"""What S3 tolerates between its clock and the one that signed."""
LEAST_SKEW_SECONDS = 60.0
LONGEST_MESSAGE = 300
WRONG_KEYS_MEND = (
    "check the access key, the secret key and the session token, or the --profile they come from"
)
WRONG_KEYS_MENDS = {
    "InvalidAccessKeyId": "this access key does not exist (any more) there: keys of another store, a key that was replaced, "
    "or temporary keys (ASIA...) without their session token",
    "SignatureDoesNotMatch": "the secret key does not belong to the access key: copy both again, from the same pair and whole",
    "InvalidToken": "the session token does not belong to these keys, or is not whole: copy all three again",
}


class KeysExpired(CredentialsError):
    """The keys have ended: with new ones the same request goes through."""


class NoRight(CredentialsError):
    """The keys are good, but do not hold the right to do this here."""


class AlreadyThere(RemoteError):
    """A conditional write was refused: another object lies at the key (or not the one that was seen)."""


class ChangedAtOnce(RemoteError):
    """Another conditional write was under way (409): a multipart upload has to be begun afresh."""


class UploadGone(RemoteError):
    """The store does not know this multipart upload (any more)."""


class ObjectMissing(RemoteError):
    """There is no object at the key."""


class RequestRefused(RemoteError):
    """The store refused this very request (a 4xx answer): the next one may go through."""


class CustomerKeyMissing(RequestRefused):
    """The object is encrypted with a customer's own key (SSE-C): without it the store tells nothing of it."""


class BytesDamaged(RemoteError):
    """The store received other bytes than were sent."""


@contextmanager
def translated(bucket: str, key: str = "", doing: str = "reach") -> Iterator[None]:
    """Turn what botocore raises inside the block into this project's errors.

    Parameters
    ----------
    bucket, key
        What the request was about.
    doing
        The request in a word or two (``write``, ``list``).

    Raises
    ------
    CredentialsError
        If keys are missing, refused or expired, or lack a right.
    RemoteError
        Or one of its kinds in this module, for everything else.
    """
    with reading_failures(f"s3://{bucket}/{key}", doing):
        yield


@contextmanager
def reading_failures(where: str, doing: str) -> Iterator[None]:
    """Do the same for a request about something else than an object: a grant, say.

    Parameters
    ----------
    where
        What it was about, as an address.
    doing
        The request in a word or two.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  0.1 s that other commands do not pay
    from botocore.parsers import ResponseParserError  # noqa: PLC0415  see above

    try:
        yield
    except ClientError as error:
        details = error.response.get("Error", {})
        metadata = error.response.get("ResponseMetadata", {})
        status = metadata.get("HTTPStatusCode", 0)
        raise failure_of(
            str(details.get("Code", status)),
            str(details.get("Message", "")),
            status,
            where,
            doing,
            date=str(metadata.get("HTTPHeaders", {}).get("date", "")),
        ) from error
    except BotoCoreError as error:
        raise _from_botocore(error, where, doing) from error
    except (ResponseParserError, KeyError, RecursionError) as error:
        # A login page of the network, say: its 200 lacks what S3 tells, its 302 sends botocore in circles.
        raise RemoteError(
            f"what answered does not speak S3 (while trying to {doing} {where})",
            "check --endpoint-url, and whether a proxy or a login page stands between",
        ) from error


def failure_of(
    code: str, message: str, status: int, where: str, doing: str, *, date: str = ""
) -> CpgateError:
    """Make the error of a refusal.

    Parameters
    ----------
    code, message, status
        What the store answered; the status alone where an answer has no text (HEAD).
    where, doing
        What the request was about, as an address, and the request in a word or two.
    date
        The ``Date`` header of the answer: the store's clock.
    """
    return (
        _about_clock(code, date)
        or _about_credentials(code, where, doing)
        or _about_object(code, status, where)
        or _about_encryption(message, where)
        or _about_store(code, where, doing)
        or (RequestRefused if 400 <= status < 500 else RemoteError)(
            f"the store refused to {doing} {where}: {one_line(message) or code}",
            "run the same command again",
        )
    )


def _about_clock(code: str, date: str) -> RemoteError | None:
    """A clock that is wrong by more than a quarter of an hour makes every signature worthless.

    S3 says so (RequestTimeTooSkewed); others call it a wrong signature or an expired request.
    """
    skew = seconds_ahead(date)
    if code != "RequestTimeTooSkewed" and not (code in DISGUISED_CLOCK and abs(skew) > LARGEST_SKEW_SECONDS):
        return None
    how_much = (
        f"is {_duration(abs(skew))} {'ahead of' if skew > 0 else 'behind'}"
        if abs(skew) > LEAST_SKEW_SECONDS
        else "differs too much from"
    )
    return RemoteError(
        f"the clock of this machine {how_much} the store's",
        "set the clock (the store refuses what differs by more than 15 minutes), then run the same command again",
    )


def seconds_ahead(date: str) -> float:
    """How far this machine's clock is ahead of the one that wrote a ``Date`` header; 0 if it says nothing."""
    try:
        told = parsedate_to_datetime(date)
    except ValueError:
        return 0.0
    return (datetime.now(UTC) - (told if told.tzinfo else told.replace(tzinfo=UTC))).total_seconds()


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 48 * 3600 else f"{seconds / 86_400:,.0f} days"


def _about_credentials(code: str, where: str, doing: str) -> CredentialsError | None:
    if code in EXPIRED:
        return KeysExpired(
            f"the AWS credentials have expired (while trying to {doing} {where})",
            "get new ones and run the same command again: it goes on where it stopped",
        )
    if (
        code == "400"
    ):  # an answer without a text, to a HEAD: S3 says so of ended keys and of nothing usual else
        return KeysExpired(
            f"the store refuses the AWS credentials, which most likely have expired (while trying to {doing} {where})",
            "get new ones and run the same command again: it goes on where it stopped",
        )
    if code in WRONG_KEYS:
        return CredentialsError(
            f"the store does not accept these AWS credentials ({code})",
            WRONG_KEYS_MENDS.get(code, WRONG_KEYS_MEND),
        )
    if code in NO_RIGHT:
        return NoRight(
            f"these credentials may not {doing} {where}",
            "check that the prefix is the one that was granted, and that the region is the grant's"
            + _ask_whoami(where),
        )
    return None


def _ask_whoami(where: str) -> str:
    place = "/".join(where.split("/")[:5])
    return f"; `cpgate whoami {place}` says what they may do there" if where.startswith("s3://") else ""


def _about_object(code: str, status: int, where: str) -> RemoteError | None:
    if code in TAKEN or status == 412:
        return AlreadyThere(f"another object lies at {where}", "see --replace")
    if code in AT_ONCE:
        return ChangedAtOnce(
            f"another program changes {where} at this moment",
            "find out which, then run the same command again",
        )
    if code == "NoSuchUpload":
        return UploadGone(f"the store no longer knows the upload of {where}")
    if code in MISSING:
        return ObjectMissing(f"there is no object {where}")
    if code in DAMAGED:
        return BytesDamaged(f"bytes of {where} were damaged on their way", "run the same command again")
    return None


def _about_encryption(message: str, where: str) -> RemoteError | None:
    if not any(words in message.lower() for words in CUSTOMER_KEY):
        return None
    return CustomerKeyMissing(
        f"{where} is encrypted with a customer's own key (SSE-C): without that key nobody can tell what is in it",
        "ask whoever wrote it to store it again without a key of their own",
    )


def _about_store(code: str, where: str, doing: str) -> RemoteError | None:
    if code == "NoSuchBucket":
        return RemoteError(
            f"there is no bucket {where.split('/')[2]}",
            "check its name, and --endpoint-url if the store is not AWS",
        )
    if code in ELSEWHERE:
        return RemoteError(f"the bucket of {where} is in another region", "name it with --region")
    if code in BUSY:
        return RemoteError(
            f"the store is too busy to {doing} {where}", "run the same command again, with fewer --jobs"
        )
    return None


def _from_botocore(error: Exception, where: str, doing: str) -> CpgateError:
    from botocore import exceptions as known  # noqa: PLC0415  see above

    if isinstance(error, known.NoCredentialsError | known.PartialCredentialsError):
        return CredentialsError(
            "no complete AWS credentials were found",
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile",
        )
    if isinstance(error, _renewal_errors()):
        # What the provider of the credentials said may hold what it should not: it is left out.
        provider = str(getattr(error, "kwargs", {}).get("provider", ""))
        return KeysExpired(
            f"the AWS credentials could not be renewed{f' ({provider})' if provider else ''}", "log in again"
        )
    if isinstance(error, known.ProxyConnectionError):
        return _about_proxy(error)
    if isinstance(error, known.EndpointConnectionError | known.ConnectTimeoutError):
        return RemoteError(
            f"the store cannot be reached ({_endpoint(error)})",
            "check the network, the proxy settings and --endpoint-url, then run the same command again",
        )
    if isinstance(error, known.SSLError):
        return _about_certificates(error) or RemoteError(
            f"no secure connection to the store ({_endpoint(error)})",
            "if a proxy of the institute stands between, name its certificate in AWS_CA_BUNDLE",
        )
    if isinstance(error, known.HTTPClientError):
        return RemoteError(
            f"the store broke off the connection (while trying to {doing} {where})",
            "run the same command again: it goes on where it stopped",
        )
    if isinstance(error, known.ParamValidationError):
        return RemoteError(
            f"{where} is not a name that S3 accepts", "check the name of the bucket and the key"
        )
    return RemoteError(
        f"the store could not {doing} {where}: {one_line(str(error))}", "run the same command again"
    )


def _about_proxy(error: Exception) -> RemoteError:
    reason = str(
        getattr(error, "kwargs", {}).get("error")
    )  # it may hold what it should not: it is only looked at
    if "407" in reason:
        return RemoteError(
            f"the proxy {_endpoint(error)} wants to know a name and a password, or other ones",
            "write them into HTTPS_PROXY as http://name:password@host:port, then run the same command again",
        )
    return RemoteError(
        f"the store cannot be reached through the proxy {_endpoint(error)}",
        "check HTTPS_PROXY (and NO_PROXY, for hosts that need none) and the network, then run the same command again",
    )


def _about_certificates(error: Exception) -> RemoteError | None:
    """Say of a file of certificates that it is none; ``None`` when it is the store's certificate that is refused."""
    reason = str(getattr(error, "kwargs", {}).get("error"))
    if "No such file" not in reason and "NO_CERTIFICATE" not in reason:
        return None
    path = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")
    return RemoteError(
        f"there are no certificates in {path}, which AWS_CA_BUNDLE names"
        if path
        else "there are no certificates in the file that the AWS configuration names (ca_bundle)",
        "name a file of certificates in PEM form there, or nothing",
    )


def _renewal_errors() -> tuple[type[Exception], ...]:
    from botocore import exceptions as known  # noqa: PLC0415  see above

    names = (
        "CredentialRetrievalError",
        "LoginError",
        "MetadataRetrievalError",
        "NoAuthTokenError",
        "RefreshWithMFAUnsupportedError",
        "SSOError",
        "TokenRetrievalError",
    )
    # Not every supported version of botocore has all of them.
    return tuple(getattr(known, name) for name in names if hasattr(known, name))


def _endpoint(error: Exception) -> str:
    """Scheme, host and port of an address: the rest is long and may hold a password."""
    values = getattr(error, "kwargs", {})
    address = urlsplit(str(values.get("endpoint_url") or values.get("proxy_url") or ""))
    host = address.netloc.rpartition("@")[2]
    return f"{address.scheme}://{host}" if host else "no address"


def one_line(text: str) -> str:
    """What a store says, as one short line."""
    words = " ".join(text.split())
    return words if len(words) <= LONGEST_MESSAGE else f"{words[:LONGEST_MESSAGE]}…"
