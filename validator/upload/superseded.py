"""Checkpoints of other journals that say nothing which a receipt does not say better."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from validator.errors import CredentialsError, RemoteError
from validator.recordlog.log import decode_line
from validator.s3.failures import UploadGone
from validator.s3.multipart import list_parts
from validator.s3.objects import RemoteObject, list_objects
from validator.upload.checkpoints import CHECKPOINTS_FOLDER, EVERY_SECONDS
from validator.upload.recovery import lines_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def superseded_checkpoints(
    client: "S3Client",
    bucket: str,
    prefix: str,
    own: str,
    in_receipt: Callable[[str], bool],
    now: datetime,
) -> list[str]:
    """Keys of the checkpoints of every journal of which nothing would be lost.

    Another lab's upload to the same prefix, or another part of the dataset, may rest on its checkpoints for days:
    they go only if each object that they name is in the receipt, each multipart upload has ended, and nobody was
    heard of for a while.

    Parameters
    ----------
    client, bucket, prefix
        Where receipts go.
    own
        Name of this journal.
    in_receipt
        Whether the receipt holds the object at a key.
    now
        The time (UTC).

    Raises
    ------
    RemoteError, CredentialsError
        If the place cannot be listed.
    """
    place = prefix + CHECKPOINTS_FOLDER
    found: list[str] = []

    def journal_of(remote: RemoteObject) -> str:
        return remote.key[len(place) :].partition("/")[0]

    for journal, group in groupby(list_objects(client, bucket, place), key=journal_of):
        objects = list(group)
        if journal != own and all(_adds_nothing(client, bucket, one, in_receipt, now) for one in objects):
            found += [remote.key for remote in objects]
    return found


def _adds_nothing(
    client: "S3Client", bucket: str, remote: RemoteObject, in_receipt: Callable[[str], bool], now: datetime
) -> bool:
    said = (decode_line(line) for line in lines_of(client, bucket, remote))
    alive = now - remote.modified < timedelta(seconds=2 * EVERY_SECONDS)
    try:
        return all(
            record is None or _is_settled(client, bucket, record, in_receipt, alive=alive) for record in said
        )
    except (RemoteError, CredentialsError):
        return False


def _is_settled(
    client: "S3Client",
    bucket: str,
    record: Mapping[str, Any],
    in_receipt: Callable[[str], bool],
    *,
    alive: bool,
) -> bool:
    key, upload_id = record.get("key"), record.get("upload_id")
    match record.get("t"):
        case "run":
            return not alive
        case "done":
            return isinstance(key, str) and in_receipt(key)
        case "begin":
            return (
                isinstance(key, str)
                and isinstance(upload_id, str)
                and upload_id.isascii()
                and in_receipt(key)
                and _has_ended(client, bucket, key, upload_id)
            )
        case _:
            return False


def _has_ended(client: "S3Client", bucket: str, key: str, upload_id: str) -> bool:
    try:
        list_parts(client, bucket, key, upload_id)
    except UploadGone:
        return True
    return False
