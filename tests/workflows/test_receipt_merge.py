from datetime import timedelta
from pathlib import Path

import pytest
from made_receipts import NOW, header, record

from validator.errors import CpgateError, UnreadableFile, UsageError
from validator.manifests.receipt import Receipt, write_receipt
from validator.models.finding import Level
from validator.models.receipt import ReceiptObject
from validator.workflows.receipt_diff import diff_receipts
from validator.workflows.receipt_merge import merge_receipts
from validator.workflows.receipt_split import split_by_batch


@pytest.fixture
def write(tmp_path):
    def make(name: str, *records: ReceiptObject, **values) -> Path:
        counts = {name: values.pop(name, 0) for name in ("conflicts", "failed")}
        return write_receipt(tmp_path / name, header(**values), records, **counts).path

    return make


def test_receipts_of_two_people_become_one(write, tmp_path):
    ann = write("ann.jsonl", record("a"), record("c"), datasets=["cpg0099-example/broad"], errors=1, failed=2)
    bob = write(
        "bob.parquet",
        record("b", entities={"batch": "Run1"}),
        record("d"),
        datasets=["cpg0099-example/lab"],
        destination="s3://staging/cpg0099-example",
        report="1" * 64,
        findings={Level.WARNING: 3},
        forced=True,
    )
    result = merge_receipts([ann, bob], tmp_path / "all.jsonl")
    receipt = Receipt(tmp_path / "all.jsonl")
    assert [r.key for r in receipt.objects()] == ["a", "b", "c", "d"]
    assert (result.exit_code, result.overlaps, result.left_out) == (0, 0, 2)
    said = receipt.header
    assert said.datasets == ["cpg0099-example/broad", "cpg0099-example/lab"]
    assert (said.project, said.destination, said.report) == (None, "s3://staging", "")
    assert (said.errors, said.findings, said.forced) == (1, {Level.WARNING: 3}, True)
    assert [part.file for part in said.merged] == ["ann.jsonl", "bob.parquet"]
    assert said.merged[0].header == Receipt(ann).header
    assert receipt.end is not None
    assert (receipt.end.failed, receipt.end.batches) == (2, ["Run1"])


def test_the_same_bytes_twice_are_fine_and_the_upload_that_sent_them_stays(write, tmp_path):
    later = NOW + timedelta(hours=1)
    one = write("one.jsonl", record("a", state="unchanged", sha256="1" * 64, sha2_256_chunked="A" * 43 + "="))
    two = write("two.jsonl", record("a", uploaded_at=later))
    three = write(
        "three.jsonl",
        record("a", etag="2" * 32 + "-2", part_size=6, parts=2, uploaded_at=later + timedelta(hours=1)),
    )
    result = merge_receipts([one, two, three], tmp_path / "all.jsonl")
    [merged] = Receipt(tmp_path / "all.jsonl").objects()
    assert result.overlaps == 1
    assert (merged.uploaded_at, merged.state, merged.part_size) == (later, "uploaded", None)
    assert merged.sha256 == "1" * 64


@pytest.mark.parametrize(
    "other",
    [
        record("a", 2),
        record("a", crc64nvme="B" * 11 + "="),
        record("a", etag="b" * 32),
        record("a", sha256="2" * 64),
    ],
)
def test_other_bytes_at_one_key_are_told_and_nothing_is_written(write, tmp_path, other):
    one = write("one.jsonl", record("a", sha256="1" * 64), record("b"))
    two = write("two.jsonl", other, record("c"))
    result = merge_receipts([one, two], tmp_path / "all.jsonl")
    assert (result.exit_code, result.clash_count, result.summary) == (1, 1, None)
    [clash] = result.clashes
    assert (clash.key, clash.files) == ("a", (one, two))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.jsonl", "two.jsonl"]


def test_what_cannot_be_joined(write, tmp_path):
    one = write("one.jsonl", record("a"))
    elsewhere = write("two.jsonl", record("b"), destination="s3://public")
    store = write("three.jsonl", record("b"), endpoint="http://127.0.0.1:9000")
    twice = write("twice.jsonl", record("a"), record("a"))
    backwards = write("backwards.jsonl", record("b"), record("a"))
    new = tmp_path / "all.jsonl"
    with pytest.raises(UsageError, match="one receipt only"):
        merge_receipts([one], new)
    for other, words in ((elsewhere, "s3://public"), (store, "127.0.0.1")):
        with pytest.raises(UsageError, match=words):
            merge_receipts([one, other], new)
    for other, words in ((twice, "stands twice"), (backwards, "out of order")):
        with pytest.raises(UnreadableFile, match=words):
            merge_receipts([one, other], new)
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(one.read_bytes()[:-80])
    with pytest.raises(UnreadableFile, match="not a whole receipt"):
        merge_receipts([one, cut], new)
    with pytest.raises(CpgateError, match="already"):
        merge_receipts([one, one], one)
    assert not new.exists()


def test_batches_apart_and_together_again(write, tmp_path):
    records = [
        record(f"k{n}", n, entities={"batch": f"Run {n % 2}"} if n % 3 else {}, version_id=str(n))
        for n in range(9)
    ]
    whole = write("whole.jsonl", *records)
    parts = split_by_batch(whole)
    assert [part.path.name for part in parts] == [
        "whole_no-batch.jsonl",
        "whole_Run_1.jsonl",
        "whole_Run_0.jsonl",
    ]
    merge_receipts([part.path for part in parts], tmp_path / "again.parquet")
    assert list(Receipt(tmp_path / "again.parquet").objects()) == records
    assert diff_receipts(whole, tmp_path / "again.parquet").exit_code == 0
    parts[0].path.unlink()
    with pytest.raises(UsageError, match=r"There is a file .*whole_Run_1\.jsonl already") as refused:
        split_by_batch(whole)
    assert "-o" in refused.value.mend
    assert not parts[0].path.exists()


def test_batches_whose_names_become_one_name(write):
    whole = write("whole.jsonl", *(record(name, entities={"batch": name}) for name in ("x y", "x,y", "x;y")))
    assert [part.path.name for part in split_by_batch(whole)] == [
        "whole_x_y.jsonl",
        "whole_x_y-2.jsonl",
        "whole_x_y-3.jsonl",
    ]
