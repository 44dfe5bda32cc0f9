"""What botocore raises, and what a user reads instead."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import botocore.exceptions as raised
import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from validator.errors import CredentialsError, ExitCode, RemoteError
from validator.s3.failures import (
    AlreadyThere,
    BytesDamaged,
    ChangedAtOnce,
    KeysExpired,
    NoRight,
    ObjectMissing,
    RequestRefused,
    UploadGone,
    seconds_ahead,
    translated,
)

SECRET = "wJalrXUtnFEMI-secret"
URL = f"http://user:{SECRET}@store.example:9000/bucket/key?X-Amz-Security-Token={SECRET}"


def answer(code: str, status: int = 400, message: str = "What the store says.") -> ClientError:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PutObject")


ANSWERS = {
    "ExpiredToken": (KeysExpired, "expired"),
    "RequestExpired": (KeysExpired, "expired"),
    "InvalidAccessKeyId": (CredentialsError, "does not accept"),
    "SignatureDoesNotMatch": (CredentialsError, "does not accept"),
    "InvalidToken": (CredentialsError, "does not accept"),
    "AccessDenied": (NoRight, "may not write s3://bucket/project/key"),
    "403": (NoRight, "may not write s3://bucket/project/key"),
    "AllAccessDisabled": (NoRight, "may not write"),
    "NoSuchBucket": (RemoteError, "there is no bucket bucket"),
    "PreconditionFailed": (AlreadyThere, "another object lies at s3://bucket/project/key"),
    "412": (AlreadyThere, "another object lies"),
    "ConditionalRequestConflict": (ChangedAtOnce, "at this moment"),
    "NoSuchUpload": (UploadGone, "no longer knows the upload"),
    "NoSuchKey": (ObjectMissing, "there is no object s3://bucket/project/key"),
    "404": (ObjectMissing, "there is no object"),
    "BadDigest": (BytesDamaged, "damaged on their way"),
    "PermanentRedirect": (RemoteError, "another region"),
    "AuthorizationHeaderMalformed": (RemoteError, "another region"),
    "RequestTimeTooSkewed": (RemoteError, "clock"),
    "SlowDown": (RemoteError, "too busy"),
    "503": (RemoteError, "too busy"),
    "InternalError": (RequestRefused, "refused to write s3://bucket/project/key: What the store says."),
    "EntityTooLarge": (RequestRefused, "What the store says."),
}

RAISED = {
    "no credentials": (raised.NoCredentialsError(), CredentialsError, "no complete AWS credentials"),
    "half of them": (
        raised.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        CredentialsError,
        "no complete AWS credentials",
    ),
    "a credential process": (
        raised.CredentialRetrievalError(provider="custom-process", error_msg=f"printed {SECRET}"),
        KeysExpired,
        "could not be renewed (custom-process)",
    ),
    "a token": (
        raised.TokenRetrievalError(provider="sso", error_msg=SECRET),
        KeysExpired,
        "could not be renewed (sso)",
    ),
    "single sign-on": (raised.UnauthorizedSSOTokenError(), KeysExpired, "could not be renewed"),
    "the instance": (
        raised.MetadataRetrievalError(error_msg=SECRET),
        KeysExpired,
        "could not be renewed",
    ),
    "nobody listens": (
        raised.EndpointConnectionError(endpoint_url=URL, error=SECRET),
        RemoteError,
        "cannot be reached (http://store.example:9000)",
    ),
    "no answer to connect": (
        raised.ConnectTimeoutError(endpoint_url=URL, error=SECRET),
        RemoteError,
        "cannot be reached (http://store.example:9000)",
    ),
    "the proxy": (
        raised.ProxyConnectionError(proxy_url=f"http://user:{SECRET}@proxy:3128", error=SECRET),
        RemoteError,
        "cannot be reached through the proxy http://proxy:3128",
    ),
    "no address": (raised.EndpointConnectionError(endpoint_url=""), RemoteError, "no address"),
    "a certificate": (
        raised.SSLError(endpoint_url=URL, error=SECRET),
        RemoteError,
        "no secure connection to the store (http://store.example:9000)",
    ),
    "no answer to read": (raised.ReadTimeoutError(endpoint_url=URL), RemoteError, "broke off"),
    "hung up": (raised.ConnectionClosedError(endpoint_url=URL), RemoteError, "broke off"),
    "anything else of the connection": (raised.HTTPClientError(error=SECRET), RemoteError, "broke off"),
    "a strange name": (
        raised.ParamValidationError(report="Invalid bucket name"),
        RemoteError,
        "is not a name that S3 accepts",
    ),
    "anything else": (raised.IncompleteReadError(actual_bytes=1, expected_bytes=2), RemoteError, "1 read"),
    "an answer that is no XML": (
        ResponseParserError(f"Unable to parse response, invalid XML received:\nb'<html>{SECRET}'"),
        RemoteError,
        "does not speak S3",
    ),
    "an answer that lacks a field": (KeyError("ETag"), RemoteError, "does not speak S3"),
}


def read_by_the_user(error: Exception):
    with (
        pytest.raises((RemoteError, CredentialsError)) as caught,
        translated("bucket", "project/key", "write"),
    ):
        raise error
    return caught.value


def assert_speaks_to_people(error):
    text = f"{error.what} {error.mend}"
    assert SECRET not in text
    assert "\n" not in text
    assert not re.search(
        r"[A-Z]\w+(Error|Exception)\b|Traceback|<class|b'", text.replace("InternalError", "")
    )
    assert error.what
    assert error.mend or isinstance(error, UploadGone | ObjectMissing)


@pytest.mark.parametrize(("code", "expected"), ANSWERS.items(), ids=ANSWERS)
def test_answers_of_the_store(code, expected):
    kind, text = expected
    original = answer(code)
    error = read_by_the_user(original)
    assert type(error) is kind
    assert text in error.what
    assert error.exit_code == (
        ExitCode.CREDENTIALS if issubclass(kind, CredentialsError) else ExitCode.FAILURE
    )
    assert error.__cause__ is original
    assert_speaks_to_people(error)


@pytest.mark.parametrize(("original", "kind", "text"), RAISED.values(), ids=RAISED)
def test_errors_on_the_way(original, kind, text):
    error = read_by_the_user(original)
    assert type(error) is kind
    assert text in error.what
    assert error.exit_code == (
        ExitCode.CREDENTIALS if issubclass(kind, CredentialsError) else ExitCode.FAILURE
    )
    assert_speaks_to_people(error)


@pytest.mark.parametrize(
    "code", ["SignatureDoesNotMatch", "InvalidAccessKeyId", "ExpiredToken", "AccessDenied"]
)
def test_what_the_store_says_about_keys_is_never_repeated(code):
    message = f"StringToSign AWS4-HMAC-SHA256 {SECRET} AKIAIOSFODNN7EXAMPLE"
    error = read_by_the_user(answer(code, 403, message))
    assert_speaks_to_people(error)
    assert "AKIA" not in error.what + error.mend


def clock(code: str, hours: float) -> ClientError:
    """A refusal by a store whose clock is so far behind this machine's."""
    refusal = answer(code, 403)
    told = format_datetime(datetime.now(UTC) - timedelta(hours=hours), usegmt=True)
    refusal.response["ResponseMetadata"]["HTTPHeaders"] = {"date": told}
    return refusal


@pytest.mark.parametrize(
    ("code", "hours", "text"),
    [
        ("RequestTimeTooSkewed", 0.75, "is 45 min ahead of the store's"),
        ("RequestTimeTooSkewed", -20, "is 20 h behind the store's"),
        ("RequestTimeTooSkewed", 24 * 400, "is 400 days ahead of the store's"),
        ("RequestTimeTooSkewed", 0, "differs too much from the store's"),
        ("SignatureDoesNotMatch", -1.5, "is 90 min behind the store's"),
        ("RequestExpired", 3, "is 3 h ahead of the store's"),
    ],
)
def test_a_wrong_clock_and_by_how_much(code, hours, text):
    error = read_by_the_user(clock(code, hours))
    assert text in error.what
    assert error.exit_code == ExitCode.FAILURE
    assert_speaks_to_people(error)


@pytest.mark.parametrize("date", ["", "yesterday", "Sat, 99 Nov 2026 03:12:22 GMT"])
def test_a_store_that_does_not_say_its_time(date):
    assert seconds_ahead(date) == 0


def test_wrong_keys_with_the_right_time_are_wrong_keys():
    assert "secret key does not belong" in read_by_the_user(clock("SignatureDoesNotMatch", 0.1)).mend
    assert "session token" in read_by_the_user(answer("InvalidAccessKeyId", 403)).mend


def test_a_status_without_a_code_counts():
    response = {"ResponseMetadata": {"HTTPStatusCode": 412}}
    assert type(read_by_the_user(ClientError(response, "PutObject"))) is AlreadyThere
    response = {"Error": {"Code": "Weird"}, "ResponseMetadata": {"HTTPStatusCode": 412}}
    assert type(read_by_the_user(ClientError(response, "PutObject"))) is AlreadyThere


def test_long_and_broken_messages_become_one_short_line():
    error = read_by_the_user(answer("Strange", message="no\n  such\tthing " * 500))
    assert "no such thing" in error.what
    assert len(error.what) < 500
    assert_speaks_to_people(error)
    assert "Strange" in read_by_the_user(answer("Strange", message="")).what


def test_other_errors_pass():
    with pytest.raises(ZeroDivisionError), translated("bucket"):
        raise ZeroDivisionError
