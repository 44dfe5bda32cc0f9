"""What an upload's receipt holds, and the receipts of single batches."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from validator.cli.main import run
from validator.errors import CpgateError, UsageError
from validator.manifests.receipt import Receipt
from validator.manifests.receipt_writing import write_receipt
from validator.models.progress import SilentProgress
from validator.s3.client import S3Settings
from validator.workflows.receipt_records import receipt_records
from validator.workflows.receipt_split import split_by_batch
from validator.workflows.upload import upload
from validator.workflows.upload_request import UploadRequest

HOME = "cpg0099-example/broad"


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture
def request_of(store, build_dataset, tmp_path):
    return UploadRequest(
        build_dataset(),
        f"s3://{store.bucket}",
        s3=S3Settings(store.endpoint),
        state=tmp_path / "state",
        force=True,
    )


@pytest.mark.usefixtures("here")
def test_it_holds_all_that_was_asked_for(request_of, store):
    store.client.put_bucket_versioning(Bucket=store.bucket, VersioningConfiguration={"Status": "Enabled"})
    result = upload(replace(request_of, notes={"contact": "me@lab.org"}, sha256=True, receipt_per_batch=True))
    assert result.receipt is not None
    receipt = Receipt(result.receipt.path)
    records = {record.key: record for record in receipt.objects()}
    header, end = receipt.header, receipt.end
    assert (header.project, header.source) == tuple(HOME.split("/"))
    assert (header.notes, header.policy_version) == ({"contact": "me@lab.org"}, "1.0")
    assert header.findings == result.admission.report.end.findings
    assert end is not None
    assert end.batches == sorted({r.entities["batch"] for r in records.values() if "batch" in r.entities})
    for key, record in records.items():
        content = (request_of.path / key.removeprefix(f"{HOME}/")).read_bytes()
        assert record.sha256 == hashlib.sha256(content).hexdigest()
        assert record.sha2_256_chunked
        there = store.client.head_object(Bucket=store.bucket, Key=key)
        assert record.version_id == there["VersionId"]
        assert record.entities["project"] == "cpg0099-example"
    load_data = next(r for key, r in records.items() if key.endswith("/load_data.csv"))
    assert load_data.kind == "workspace.load_data"
    assert set(load_data.entities) >= {"batch", "plate", "project", "source"}
    parts = [Receipt(summary.path) for summary in result.receipts_of_batches]
    assert sorted(r.key for part in parts for r in part.objects()) == sorted(records)
    assert {part.header.batch for part in parts} == {r.entities.get("batch") for r in records.values()}
    remote = [key for key in store.object_keys() if "/_cpgate/" in key]
    assert len(remote) == 1 + len(parts)
    again = upload(replace(request_of, notes={"contact": "me@lab.org"}, sha256=True, receipt_per_batch=True))
    assert again.receipt_held
    other = upload(request_of)
    assert not other.receipt_held
    assert other.receipt is not None
    unchanged = list(Receipt(other.receipt.path).objects())
    assert {r.version_id for r in unchanged} == {r.version_id for r in records.values()}
    assert {r.sha256 for r in unchanged} == {None}


def test_parquet(request_of, store, here):
    result = upload(replace(request_of, receipt=here / "receipt.parquet"))
    assert (here / "receipt.parquet").read_bytes()[:4] == b"PAR1"
    assert result.receipt_key.endswith(".parquet")
    assert store.read(result.receipt_key) == (here / "receipt.parquet").read_bytes()
    assert run(["verify", "receipt.parquet", "--endpoint-url", store.endpoint]) == 0


@pytest.mark.usefixtures("here")
def test_a_file_that_changed_behind_the_scenes_gets_no_sha256(request_of):
    """Same size and time, other bytes: they are not what lies in the bucket."""
    result = upload(request_of)
    outcome = next(result.outcomes())
    path = Path(outcome.item.entry.path)
    before = path.stat()
    path.write_bytes(bytes(before.st_size))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    layout = None  # never asked: the digest comes first
    progress = SilentProgress()
    with pytest.raises(CpgateError, match="other bytes than were sent"):
        list(receipt_records(result.ledger, layout, sha256=True, progress=progress))
    path.write_bytes(b"")
    with pytest.raises(CpgateError, match="changed after it was listed"):
        list(receipt_records(result.ledger, layout, sha256=True, progress=progress))
    path.unlink()
    with pytest.raises(CpgateError, match="cannot be read"):
        list(receipt_records(result.ledger, layout, sha256=True, progress=progress))


@pytest.mark.parametrize(
    "note", ["contact", "=x", "two words=x", "a=b\x1b[31m", "a=b\nc", f"a={'x' * 2_001}"]
)
def test_notes_that_cannot_be(note, tmp_path, capsys):
    assert run(["upload", str(tmp_path), "s3://bucket", "--note", note]) == 2
    assert "--note" in capsys.readouterr().err


def test_a_receipt_without_batches_is_not_split(request_of, here):
    result = upload(request_of)
    assert result.receipt is not None
    receipt = Receipt(result.receipt.path)

    bare = [r.model_copy(update={"entities": {}}) for r in receipt.objects()]
    write_receipt(here / "bare.jsonl", receipt.header, bare)
    with pytest.raises(UsageError, match="names no batch"):
        split_by_batch(here / "bare.jsonl")
    assert not list(here.glob("bare_*"))
