"""Where receipts go: a file for the lab, and an immutable copy in the bucket."""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from validator.manifests.receipt import ReceiptSummary
from validator.s3.failures import AlreadyThere
from validator.s3.objects import Condition, head_object, put_object

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RECEIPTS_FOLDER = "_cpgate"
DIGEST_DIGITS = 16
TIME_FORMAT = "%Y%m%dT%H%M%SZ"


def receipt_path(
    names: Sequence[str], batches: Sequence[str], moment: datetime, dataset_root: Path, state_folder: Path
) -> Path:
    """Choose a name in the current folder, or in the state folder when that lies inside the dataset.

    ``cpg0051-heart_broad_2024_03_06_Rep2_20261120T140533Z.jsonl``
    """
    subject = names[0] if len(names) == 1 else names[0].split("/")[0]
    parts = [subject.replace("/", "_"), *batches[:1], moment.astimezone(UTC).strftime(TIME_FORMAT)]
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", "_".join(parts))
    here = Path.cwd()
    folder = state_folder if here.resolve().is_relative_to(dataset_root.resolve()) else here
    path = folder / f"{stem}.jsonl"
    number = 2
    while path.exists():
        path = folder / f"{stem}-{number}.jsonl"
        number += 1
    return path


def put_receipt(client: "S3Client", bucket: str, prefix: str, receipt: ReceiptSummary) -> str:
    """Put a copy at ``<prefix>_cpgate/<UTC time>_<digest>.jsonl`` and return its key; never over another.

    Raises
    ------
    RemoteError, CredentialsError
        If the store refuses; the upload itself is complete then.
    """
    moment = receipt.header.created.astimezone(UTC).strftime(TIME_FORMAT)
    key = f"{prefix}{RECEIPTS_FOLDER}/{moment}_{receipt.end.digest[:DIGEST_DIGITS]}.jsonl"
    data = receipt.path.read_bytes()
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    try:
        put_object(client, bucket, key, data, md5, Condition())
    except AlreadyThere:
        # The answer to an earlier try may have been lost: then it is this very receipt.
        there = head_object(client, bucket, key)
        if there is None or (there.size, there.etag) != (len(data), md5):
            raise
    return key
