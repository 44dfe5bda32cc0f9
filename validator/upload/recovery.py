"""What the bucket remembers of earlier uploads, for a journal that was lost or a second machine."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from validator.digests.files import FileState
from validator.digests.parts import ObjectDigest, encode_sha256, parts_of_etag
from validator.errors import CredentialsError, RemoteError
from validator.models.receipt import ReceiptObject
from validator.recordlog.log import decode_line
from validator.s3.limits import MAX_PART_SIZE, MAX_PARTS, MIN_PART_SIZE, part_count
from validator.s3.objects import RemoteObject, list_objects
from validator.s3.reading import LARGEST_RANGE, open_object
from validator.upload.checkpoints import CHECKPOINTS_FOLDER, EVERY_SECONDS, NOW_NAME
from validator.upload.journal import DoneRecord, UploadRecord
from validator.upload.journal_reading import done_record, upload_record

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FOLDER = "_cpgate/"
LONGEST_LINE = 1 << 16
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STORED = re.compile(r"[!-~]{0,256}")
_SHA256 = re.compile(r"[A-Za-z0-9+/]{43}=(-[1-9][0-9]{0,4})?")
_CRC = re.compile(r"[A-Za-z0-9+/]{11}=")
_NUMBERS = ("size", "mtime_ns", "parts")
_TEXTS = ("key", "etag", "crc", "at")


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Another upload to the same place: its process, its machine, when it began and when it was heard of last."""

    pid: int
    host: str
    since: datetime
    heard: datetime

    def is_alive(self, now: datetime) -> bool:
        """Whether it should have been heard of again by now if it had ended."""
        return timedelta(0) <= now - self.heard < timedelta(seconds=2 * EVERY_SECONDS)


@dataclass(slots=True)
class Remains:
    """What lies below ``_cpgate/`` at the place of the receipts.

    Attributes
    ----------
    receipts, checkpoints
        Objects with records of what was verified, newest first.
    uploads
        Multipart uploads that other journals had begun when they were heard of last.
    heartbeats
        Who wrote these journals, and did not say that the run had ended.
    journals
        Keys of all objects of other journals.
    """

    receipts: list[RemoteObject] = field(default_factory=list)
    checkpoints: list[RemoteObject] = field(default_factory=list)
    uploads: list[UploadRecord] = field(default_factory=list)
    heartbeats: list[Heartbeat] = field(default_factory=list)
    journals: list[str] = field(default_factory=list)


def find_remains(client: "S3Client", bucket: str, prefix: str, own: str) -> Remains:
    """Look below ``_cpgate/``; what cannot be read is passed over.

    Parameters
    ----------
    client, bucket, prefix
        Where receipts go.
    own
        Name of this journal: of its checkpoints nothing is new.

    Raises
    ------
    RemoteError, CredentialsError
        If the place cannot be listed.
    """
    remains = Remains()
    ours = f"{prefix}{CHECKPOINTS_FOLDER}{own}/"
    for remote in list_objects(client, bucket, prefix + FOLDER):
        if remote.key.startswith(prefix + CHECKPOINTS_FOLDER):
            if not remote.key.startswith(ours) and remote.key.endswith(".journal"):
                remains.journals.append(remote.key)
                if remote.key.endswith(f"/{NOW_NAME}"):
                    _read_now(client, bucket, remote, remains)
                else:
                    remains.checkpoints.append(remote)
        elif remote.key.endswith(".jsonl") and remote.key.count("/") == prefix.count("/") + 1:
            remains.receipts.append(remote)
    remains.receipts.sort(key=lambda remote: remote.modified, reverse=True)
    remains.checkpoints.sort(key=lambda remote: remote.modified, reverse=True)
    return remains


def _read_now(client: "S3Client", bucket: str, remote: RemoteObject, remains: Remains) -> None:
    for line in lines_of(client, bucket, remote):
        record = decode_line(line)
        if record is None:
            continue
        try:
            if record.get("t") == "run" and record.get("ended") is not True:
                since = EPOCH + timedelta(seconds=float(record["since"]))
                heartbeat = Heartbeat(int(record["pid"]), str(record["host"]), since, remote.modified)
                remains.heartbeats.append(heartbeat)
            elif record.get("t") == "begin" and _is_begin(record):
                remains.uploads.append(upload_record(record))
        except (KeyError, TypeError, ValueError, OverflowError):
            continue


def _is_begin(record: Mapping[str, Any]) -> bool:
    numbers = [record["part_size"], record["size"], record["mtime_ns"]]
    texts = [record["key"], record["upload_id"]]
    return (
        all(type(number) is int for number in numbers)
        and all(isinstance(text, str) and text for text in texts)
        # What no header or address can hold, and no store accept, would end every later run.
        and record["upload_id"].isascii()
        and record["upload_id"].isprintable()
        and 0 < record["part_size"] <= MAX_PART_SIZE
        and 0 < part_count(record["size"], record["part_size"]) <= MAX_PARTS
        and (record["part_size"] >= MIN_PART_SIZE or record["size"] <= record["part_size"])
    )


def checkpoint_records(client: "S3Client", bucket: str, remote: RemoteObject) -> Iterator[DoneRecord]:
    """Objects that a checkpoint says were verified."""
    for line in lines_of(client, bucket, remote):
        record = decode_line(line)
        if record is not None and _is_done(record):
            yield done_record(record)


def _is_done(record: Mapping[str, Any]) -> bool:
    part_size, version = record.get("part_size"), record.get("version")
    return (
        record.get("t") == "done"
        and all(type(record.get(name)) is int for name in _NUMBERS)
        and all(isinstance(record.get(name), str) for name in _TEXTS)
        and (part_size is None or (type(part_size) is int and part_size > 0))
        and record["size"] >= 0
        and record["parts"] == part_count(record["size"], part_size)
        and isinstance(record.get("stored_as", ""), str)
        and _STORED.fullmatch(record.get("stored_as", "")) is not None
        and _is_sha256(record.get("sha256", ""), part_size)
        and (version is None or isinstance(version, str))
        and parts_of_etag(record["etag"]) is not None
        and _CRC.fullmatch(record["crc"]) is not None
    )


def _is_sha256(text: object, part_size: int | None) -> bool:
    """Whether it is the SHA-256 of an object, or of the parts of one that was sent in parts; or nothing."""
    if not isinstance(text, str):
        return False
    return not text or (_SHA256.fullmatch(text) is not None and ("-" in text) is (part_size is not None))


def receipt_records(client: "S3Client", bucket: str, remote: RemoteObject) -> Iterator[DoneRecord]:
    """Objects that a receipt names; times of files are whole microseconds there."""
    for line in lines_of(client, bucket, remote):
        if not line.startswith(b'{"record":"object"'):
            continue
        try:
            known = ReceiptObject.model_validate_json(line)
        except ValidationError:
            continue
        mtime_ns = (known.mtime - EPOCH) // timedelta(microseconds=1) * 1000
        digest = digest_of_receipt(known)
        at = known.uploaded_at.isoformat()
        yield DoneRecord(known.key, FileState(known.size, mtime_ns), digest, at, known.version_id)


def digest_of_receipt(known: ReceiptObject) -> ObjectDigest:
    """Digests that a receipt states."""
    sha256 = known.sha256_parts or ""
    if known.part_size is None and known.sha256 is not None:
        sha256 = encode_sha256(bytes.fromhex(known.sha256))
    return ObjectDigest(
        known.size,
        known.etag,
        known.part_size,
        known.parts,
        known.crc64nvme,
        sha256,
        known.etag_stored or "",
    )


def lines_of(client: "S3Client", bucket: str, remote: RemoteObject) -> Iterator[bytes]:
    """Lines of an object; where it cannot be read, or holds no lines, it ends."""
    try:
        with open_object(client, bucket, remote.key, remote.size, first=LARGEST_RANGE) as stream:
            while line := stream.readline(LONGEST_LINE):
                yield line
    except OSError:
        return


def recall_digests(
    client: "S3Client",
    bucket: str,
    remains: Remains,
    know: Callable[[DoneRecord], bool],
    missing: Callable[[], int],
) -> int:
    """Tell what checkpoints and receipts say of objects, newest first, until nothing is missing; how many were of use.

    Parameters
    ----------
    client, bucket, remains
        Where, and what is there.
    know
        Is told; answers whether it was of use.
    missing
        How many files still have to be read to be compared.
    """
    used = 0
    sources = [(remote, checkpoint_records) for remote in remains.checkpoints]
    sources += [(remote, receipt_records) for remote in remains.receipts]
    for remote, read in sources:
        if not missing():
            break
        try:
            used += sum(know(record) for record in read(client, bucket, remote))
        except (RemoteError, CredentialsError):
            continue
    return used


def same_moment(one_ns: int, other_ns: int) -> bool:
    """Whether two times of a file are the same, as far as the coarser of two file systems tells.

    Windows shares keep 100 ns, receipts a microsecond, exFAT 10 ms, old file servers a second, FAT two seconds.
    """
    if one_ns == other_ns:
        return True
    for unit in (100, 1_000, 1_000_000, 10_000_000, 1_000_000_000, 2_000_000_000):
        whole = one_ns % unit == 0 or other_ns % unit == 0
        if whole and one_ns // unit == other_ns // unit:
            return True
    return False
