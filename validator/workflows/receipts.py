"""Where receipts go: a file for the lab, and an immutable copy in the bucket."""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from validator import __version__
from validator.checks.dataset import Dataset
from validator.errors import CpgateError
from validator.manifests.receipt import Receipt, ReceiptSummary, write_receipt
from validator.manifests.receipt_digest import ObjectLine
from validator.models.progress import Progress
from validator.models.receipt import ReceiptHeader
from validator.rulebook.locate import rulebook_version
from validator.s3.failures import AlreadyThere
from validator.s3.objects import Condition, head_object, is_sealed, put_object
from validator.upload.destination import Destination, granted_prefix
from validator.upload.ledger import Ledger, Present
from validator.upload.sending import PRESENT, State
from validator.workflows.admission import Admission
from validator.workflows.receipt_place import set_aside
from validator.workflows.receipt_records import receipt_records
from validator.workflows.receipt_split import split_by_batch
from validator.workflows.upload_request import UploadRequest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RECEIPTS_FOLDER = "_cpgate"
LAST_RECEIPTS = "last-receipts.json"
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
    key = f"{prefix}{RECEIPTS_FOLDER}/{moment}_{receipt.end.digest[:DIGEST_DIGITS]}{receipt.path.suffix or '.jsonl'}"
    with receipt.path.open("rb") as stream:
        md5 = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        try:
            put_object(client, bucket, key, stream, md5, Condition())
        except AlreadyThere:
            # The answer to an earlier try may have been lost: then it is this very receipt.
            there = head_object(client, bucket, key)
            # Of an encrypted one the ETag says nothing, but its name holds the digest.
            if there is None or there.size != size or not (there.etag == md5 or is_sealed(there.etag)):
                raise
    return key


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """The receipt of a run: on disk, its key in the bucket, whether an earlier run wrote it, those of its batches."""

    summary: ReceiptSummary | None
    key: str = ""
    held: bool = False
    of_batches: tuple[ReceiptSummary, ...] = ()


def keep_receipt(
    client: "S3Client",
    request: UploadRequest,
    destination: Destination,
    state: Path,
    dataset: Dataset,
    admission: Admission,
    ledger: Ledger,
    progress: Progress,
    unsent: int = 0,
) -> KeptReceipt:
    """Write the receipt of a run, on disk and last of all in the bucket.

    A run that sent nothing keeps the receipt of an earlier one that says the same. One that left files out
    writes no copy into the bucket: there a receipt stands for everything that was selected.

    Parameters
    ----------
    client, destination
        Where the copy goes.
    request
        What was asked for.
    state
        State folder of the destination, which remembers the last receipts.
    dataset
        What was listed: its names, the layout that places its files, the policy.
    admission
        The report that let the upload pass.
    ledger
        What became of each selected file.
    progress
        Where the reading for SHA-256 is shown.
    unsent
        How many things that were selected could not even be listed; they count as failed.
    """
    names, states = dataset.names, ledger.states
    failed = states[State.FAILED] + unsent
    incomplete = bool(states[State.CONFLICT] or failed)
    if not any(states[state] for state in PRESENT):
        return KeptReceipt(None)
    sent = states[State.UPLOADED] + states[State.RESUMED]
    earlier = None
    if not sent and request.receipt is None:
        would_say = _Identity(request, destination, ledger, failed)
        for present in ledger.present():
            would_say.add(present.entry.key, present.digest.size, present.digest.etag_there)
        earlier = _earlier(state, would_say.hexdigest())
    if earlier is not None and (earlier.key or incomplete or not request.remote_receipt):
        return earlier
    now = datetime.now(UTC)
    path = request.receipt or receipt_path(names, request.selection.batches, now, request.path, state)
    set_aside(path)
    says = _Identity(request, destination, ledger, failed)
    summary = write_receipt(
        path,
        _header(request, destination, dataset, admission, now),
        says.passing(receipt_records(ledger, dataset.layout, sha256=request.sha256, progress=progress)),
        conflicts=states[State.CONFLICT],
        failed=failed,
        mend="name another place with --receipt; the upload itself is safe, the same command writes the receipt",
    )
    of_batches = tuple(split_by_batch(summary.path)) if request.receipt_per_batch else ()
    key = ""
    if request.remote_receipt and not incomplete:
        prefix = granted_prefix(destination, names)
        key = put_receipt(client, destination.bucket, prefix, summary)
        for of_batch in of_batches:
            put_receipt(client, destination.bucket, prefix, of_batch)
    if key or incomplete:
        _remember(state, says.hexdigest(), summary.path, key)
    return KeptReceipt(summary, key, of_batches=of_batches)


def _header(
    request: UploadRequest,
    destination: Destination,
    dataset: Dataset,
    admission: Admission,
    moment: datetime,
) -> ReceiptHeader:
    selection, names = request.selection, dataset.names
    project, _, source = names[0].partition("/") if len(names) == 1 else ("", "", "")
    return ReceiptHeader(
        datasets=list(names),
        project=project or None,
        source=source or None,
        batches=list(selection.batches),
        plates=list(selection.plates),
        include=list(selection.include),
        exclude=list(selection.exclude),
        destination=str(destination),
        endpoint=request.s3.endpoint_url,
        tool=__version__,
        rulebook=rulebook_version(),
        policy=admission.report.header.policy,
        policy_version=dataset.policy.version,
        report=admission.report.end.digest,
        errors=admission.errors,
        findings=admission.report.end.findings,
        forced=bool(admission.errors),
        created=moment,
        notes=dict(request.notes),
    )


class _Identity:
    """Digest of what a receipt says, times apart; objects are added in the order of their keys."""

    def __init__(self, request: UploadRequest, destination: Destination, ledger: Ledger, failed: int) -> None:
        selection, states = request.selection, ledger.states
        said = [
            str(destination),
            *selection.batches,
            *selection.plates,
            *selection.include,
            *selection.exclude,
        ]
        asked = [sorted(request.notes.items()), request.sha256, request.receipt_per_batch]
        self._sha256 = hashlib.sha256(json.dumps([said, asked, states[State.CONFLICT], failed]).encode())
        self.hexdigest = self._sha256.hexdigest

    def add(self, key: str, size: int, etag: str) -> None:
        """An object, with the ETag that it has in the store."""
        self._sha256.update(f"{key}\0{size}\0{etag}\n".encode("utf-8", "surrogatepass"))

    def passing(self, records: Iterable[tuple[Present, ObjectLine]]) -> Iterator[ObjectLine]:
        """Add objects while their lines go by."""
        for present, line in records:
            self.add(present.entry.key, present.digest.size, present.digest.etag_there)
            yield line


def _remember(state: Path, identity: str, path: Path, key: str) -> None:
    known = _remembered(state)
    known[identity] = {"path": str(path.resolve()), "key": key}
    (state / LAST_RECEIPTS).write_text(json.dumps(known, indent=1))


def _remembered(state: Path) -> dict[str, dict[str, str]]:
    try:
        known = json.loads((state / LAST_RECEIPTS).read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _earlier(state: Path, identity: str) -> KeptReceipt | None:
    """The receipt that an earlier run wrote about the same objects, if it is still there and whole."""
    known = _remembered(state).get(identity)
    if known is None:
        return None
    try:
        receipt = Receipt(Path(known["path"]))
        for _ in receipt.objects():
            pass
    except (CpgateError, KeyError):
        return None
    if receipt.end is None:
        return None
    return KeptReceipt(
        ReceiptSummary(path=receipt.path, header=receipt.header, end=receipt.end), known["key"], held=True
    )
