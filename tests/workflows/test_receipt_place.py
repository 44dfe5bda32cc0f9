"""A receipt is never written over, and the same command goes on."""

import pytest

from validator.cli.main import run
from validator.manifests.receipt import Receipt


@pytest.fixture
def upload(store, build_dataset, tmp_path):
    dataset, receipt = build_dataset(), tmp_path / "receipt.jsonl"

    def again(destination=""):
        where = ["--endpoint-url", store.endpoint, "--state", str(tmp_path / "state")]
        to = destination or f"s3://{store.bucket}"
        return run(["upload", str(dataset), to, *where, "--receipt", str(receipt)])

    again.receipt = receipt
    return again


def test_an_incomplete_upload_is_completed_by_the_same_command(upload, store):
    key = "cpg0099-example/broad/workspace/pipelines/2024_03_05_Run1/analysis.cppipe"
    store.put(key, b"of somebody else")
    assert upload() == 1
    first = upload.receipt.read_bytes()
    store.client.delete_object(Bucket=store.bucket, Key=key)
    assert upload() == 0
    assert upload.receipt.with_name("receipt.1.jsonl").read_bytes() == first
    assert key in {record.key for record in Receipt(upload.receipt).objects()}


def test_a_file_that_is_no_receipt_stays(upload, capsys):
    upload.receipt.write_text("notes of a summer")
    assert upload() == 2
    assert "nothing is ever written over" in capsys.readouterr().err
    assert upload.receipt.read_text() == "notes of a summer"


def test_a_receipt_of_another_place_stays(upload, store):
    assert upload() == 0
    there = upload.receipt.read_bytes()
    assert upload(f"s3://{store.fresh_bucket().bucket}") == 2
    assert upload.receipt.read_bytes() == there
