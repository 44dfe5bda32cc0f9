"""Who one is for AWS, and what the keys may do at a place: asked without writing anything."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from validator.errors import CpgateError, CredentialsError
from validator.s3.failures import KeysExpired, NoRight, UploadGone, reading_failures
from validator.s3.multipart import abort_upload, list_parts, list_uploads, upload_part
from validator.s3.objects import head_object, list_objects
from validator.s3.settings import S3Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NO_SUCH_UPLOAD = "cpgate-asks-whether-this-may-be-done"
"""Id of no upload: a request about it changes nothing, and is refused in different words to those who may and may not."""
MD5_OF_NOTHING = "d41d8cd98f00b204e9800998ecf8427e"


class Verdict(StrEnum):
    """What an attempt showed."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Right:
    """Whether the keys may do something at a place.

    Attributes
    ----------
    name
        What, in a word or two.
    verdict
        What the attempt showed.
    note
        How it was tried, or why it is not known.
    """

    name: str
    verdict: Verdict
    note: str = ""


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """Where keys come from.

    Attributes
    ----------
    access_key
        Its first and last four letters: enough to tell pairs apart.
    method
        botocore's name of the source.
    files
        Files that hold them.
    expires
        When they end (UTC), if that is known.
    arn
        Who one is with them (STS GetCallerIdentity); empty where nobody tells.
    why_unknown
        Why not.
    """

    access_key: str
    method: str
    files: tuple[Path, ...]
    expires: datetime | None
    arn: str = ""
    why_unknown: str = ""


def key_facts(settings: S3Settings) -> KeyFacts:
    """Say where the own keys come from (not those of a grant) and whose they are.

    Raises
    ------
    CredentialsError
        If there are none, or AWS does not accept them.
    """
    from botocore.config import Config  # noqa: PLC0415  0.3 s that other commands do not pay
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  see above

    from validator.s3.client import make_client  # noqa: PLC0415  see above
    from validator.s3.credentials import CurrentCredentials, credentials_of, open_session  # noqa: PLC0415  see above

    own = replace(settings, grant=None)
    found = credentials_of(make_client(own))
    if not isinstance(found, CurrentCredentials):
        return KeyFacts("", "anonymous", (), None, "", "nobody in particular")
    frozen = found.get_frozen_credentials()
    name = frozen.access_key or ""
    shown = f"{name[:4]}…{name[-4:]}"
    facts = KeyFacts(shown, found.method, found.files, found.expires)
    # A store of its own may know STS at the same address (Ceph, MinIO); its keys are nothing to AWS.
    named = os.environ.get("AWS_ENDPOINT_URL_STS") or os.environ.get("AWS_ENDPOINT_URL")
    session = open_session(own)
    try:
        sts = session.client(
            "sts",
            region_name=settings.region or session.region_name or "us-east-1",
            endpoint_url=None if named else settings.endpoint_url,
            config=Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2}),
        )
        with reading_failures("who one is", "ask"):
            return replace(facts, arn=str(sts.get_caller_identity()["Arn"]))
    except (BotoCoreError, ClientError, ValueError):
        return replace(facts, why_unknown="STS cannot be asked")
    except CpgateError as error:
        if isinstance(error, CredentialsError) and settings.endpoint_url is None:
            raise
        return replace(facts, why_unknown=f"STS does not tell: {error.what}")


def rights_at(client: "S3Client", bucket: str, prefix: str) -> list[Right]:
    """Try what an upload needs, as far as that changes nothing.

    Parameters
    ----------
    client
        Signs with the keys in question.
    bucket, prefix
        The place; the prefix is empty or ends with ``/``.

    Raises
    ------
    CredentialsError
        If the keys are wrong or have expired.
    RemoteError
        If there is no such bucket or nobody answers.
    """
    probe = f"{prefix}_cpgate/whoami"
    asked = "asked about an upload that does not exist: nothing was written"
    try:
        first = next(list_objects(client, bucket, prefix, page_size=1), None)
        listed = Right("list", Verdict.YES, "something is there" if first else "nothing is there yet")
        if first is None:
            read = Right("read", Verdict.UNKNOWN, "not tried: there is nothing to read")
        else:
            read = _attempt(
                "read", lambda: head_object(client, bucket, first.key), "one object was looked at"
            )
    except NoRight:
        listed = Right("list", Verdict.NO)
        read = Right("read", Verdict.UNKNOWN, "not tried: without a listing no object is known")
    return [
        listed,
        read,
        _attempt(
            "put",
            lambda: upload_part(client, bucket, probe, NO_SUCH_UPLOAD, 1, b"", MD5_OF_NOTHING),
            asked,
        ),
        _attempt("resume", lambda: list_parts(client, bucket, probe, NO_SUCH_UPLOAD), asked),
        _attempt("abort", lambda: abort_upload(client, bucket, probe, NO_SUCH_UPLOAD), asked),
        _attempt(
            "find uploads",
            lambda: next(list_uploads(client, bucket, prefix), None),
            "unfinished uploads, also those of others",
        ),
    ]


def _attempt(name: str, request: Callable[[], object], note: str) -> Right:
    try:
        request()
    except UploadGone:
        return Right(name, Verdict.YES, note)
    except NoRight:
        return Right(name, Verdict.NO)
    except KeysExpired:
        raise
    except CpgateError as error:
        return Right(name, Verdict.UNKNOWN, f"the store's answer does not say: {error.what}")
    return Right(name, Verdict.YES, note)
