"""A receipt against a bucket and against a disk: every difference is named, and nothing else is."""

import json
import os
from datetime import UTC, datetime

import pytest

from validator.digests.files import FileState, digest_file
from validator.errors import CpgateError, ExitCode, RemoteError, UnreadableFile, UsageError
from validator.manifests.receipt import Receipt, write_receipt
from validator.models.receipt import ReceiptHeader, ReceiptObject
from validator.s3.client import S3Settings
from validator.workflows.verify import findings_file, verify_local, verify_remote

HOME = "cpg0099-example/broad"
PART = 5 * 1024 * 1024
FILES = {
    "README.md": (b"read me", None),
    "images/2024_03_05_Run1/images/BR01/r01c01f01p01-ch1sk1fk1fl1.tiff": (b"DNA", None),
    "images/2024_03_05_Run1/images/BR01/r01c01f01p01-ch2sk1fk1fl1.tiff": (b"", None),
    "workspace/backend/2024_03_05_Run1/BR01/BR01.sqlite": (b"s" * PART + b"qlite", PART),
}
IMAGE, EMPTY, LARGE = (f"{HOME}/{name}" for name in list(FILES)[1:])
NOW = datetime(2026, 11, 20, tzinfo=UTC)


class Case:
    """A dataset on disk and in a bucket, with its receipt; they agree until a test changes one of them."""

    def __init__(self, folder, store):
        self.store = store
        self.root = folder / "cpg0099-example" / "broad"
        self.receipt = folder / "receipt.jsonl"
        objects = []
        for name, (data, part_size) in FILES.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            status = path.stat()
            digest = digest_file(str(path), FileState(status.st_size, status.st_mtime_ns), part_size)
            objects.append(
                ReceiptObject(
                    key=f"{HOME}/{name}",
                    size=digest.size,
                    etag=digest.etag,
                    part_size=digest.part_size,
                    parts=digest.parts,
                    crc64nvme=digest.crc64nvme,
                    mtime=NOW,
                    uploaded_at=NOW,
                    state="uploaded",
                )
            )
            self.put(f"{HOME}/{name}", data, part_size)
        self.write(objects)

    def write(self, objects) -> None:
        self.receipt.unlink(missing_ok=True)
        header = ReceiptHeader(
            datasets=[HOME],
            destination=f"s3://{self.store.bucket}/{HOME}",
            endpoint=self.store.endpoint,
            tool="0.1.0",
            rulebook="1.0",
            policy="contribution",
            report="0" * 64,
            errors=0,
            forced=False,
            created=NOW,
        )
        write_receipt(self.receipt, header, objects)

    def put(self, key: str, data: bytes, part_size: int | None, bucket: str = "") -> None:
        where = {"Bucket": bucket or self.store.bucket, "Key": key}
        if part_size is None:
            self.store.client.put_object(**where, Body=data)
            return
        upload = self.store.client.create_multipart_upload(**where)["UploadId"]
        parts = []
        for start in range(0, len(data), part_size):
            answer = self.store.client.upload_part(
                **where, UploadId=upload, PartNumber=len(parts) + 1, Body=data[start : start + part_size]
            )
            parts.append({"PartNumber": len(parts) + 1, "ETag": answer["ETag"]})
        self.store.client.complete_multipart_upload(
            **where, UploadId=upload, MultipartUpload={"Parts": parts}
        )

    def path(self, key: str):
        return self.root.parents[1] / key

    def remote(self, **more):
        return verify_remote(self.receipt, S3Settings(self.store.endpoint, attempts=1), **more)

    def local(self, **more):
        return verify_local(self.receipt, self.root, **more)


@pytest.fixture
def case(tmp_path, store):
    return Case(tmp_path, store)


def told(result) -> list[tuple[str, str]]:
    return [(finding.rule, finding.key) for finding in result.findings]


def test_all_is_as_it_was(case):
    for result in (case.remote(), case.local(), case.local(jobs=1), case.local(jobs=8)):
        assert result.findings == []
        assert (result.objects, result.agreeing) == (4, 4)
        assert result.size == sum(len(data) for data, _ in FILES.values())
        assert result.exit_code is ExitCode.CLEAN
    assert case.remote().where == f"s3://{case.store.bucket} at {case.store.endpoint}"
    assert case.local().where == str(case.root)


def test_an_object_that_is_gone(case):
    case.store.client.delete_object(Bucket=case.store.bucket, Key=IMAGE)
    result = case.remote()
    assert told(result) == [("CPG701", IMAGE)]
    assert (result.exit_code, result.agreeing) == (ExitCode.FINDINGS, 3)
    assert case.local().findings == []


@pytest.mark.parametrize("other", [b"dna", b"DNA and more", b""])
def test_an_object_with_other_bytes(case, other):
    case.store.put(IMAGE, other)
    result = case.remote()
    assert told(result) == [("CPG702", IMAGE)]
    assert f"{len(other):,} bytes" in result.findings[0].actual
    assert "3 bytes" in result.findings[0].expected


def test_an_object_that_was_sent_again_in_other_parts(case):
    data = FILES["workspace/backend/2024_03_05_Run1/BR01/BR01.sqlite"][0]
    case.put(LARGE, data, PART + 1)
    assert told(case.remote()) == [("CPG702", LARGE)]


def test_objects_that_the_receipt_does_not_name_do_not_matter(case):
    case.store.put(f"{HOME}/images/later.tiff", b"x")
    case.store.put(f"{IMAGE}.backup", b"x")
    assert case.remote().exit_code is ExitCode.CLEAN


def test_another_bucket_where_the_data_moved_to(case):
    case.store.client.create_bucket(Bucket=f"{case.store.bucket}-public")
    assert len(case.remote(bucket=f"s3://{case.store.bucket}-public").findings) == 4
    for name, (data, part_size) in FILES.items():
        case.put(f"{HOME}/{name}", data, part_size, f"{case.store.bucket}-public")
    result = case.remote(bucket=f"s3://{case.store.bucket}-public")
    assert result.findings == []
    assert result.where == f"s3://{case.store.bucket}-public at {case.store.endpoint}"


def test_a_bucket_that_does_not_exist(case):
    with pytest.raises(RemoteError, match="there is no bucket nowhere-at-all"):
        case.remote(bucket="s3://nowhere-at-all")
    with pytest.raises(UsageError, match="is not a bucket"):
        case.remote(bucket="nowhere")


def test_a_store_that_is_named_counts_more_than_the_receipts(case):
    with pytest.raises(RemoteError, match=r"cannot be reached .http://127\.0\.0\.1:9"):
        verify_remote(case.receipt, S3Settings("http://127.0.0.1:9", attempts=1))


def test_a_file_that_is_gone(case):
    case.path(IMAGE).unlink()
    assert told(case.local()) == [("CPG703", IMAGE)]
    assert case.remote().findings == []


def test_a_file_of_another_size(case):
    case.path(EMPTY).write_bytes(b"x")
    result = case.local()
    assert told(result) == [("CPG704", EMPTY)]
    assert result.findings[0].actual == "1 byte"


@pytest.mark.parametrize("key", [IMAGE, LARGE])
def test_one_changed_bit_with_the_same_time(case, key):
    path = case.path(key)
    status, data = path.stat(), bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert told(case.local()) == [("CPG704", key)]


def test_an_etag_alone_proves_nothing(case):
    """A receipt whose ETag fits but whose checksum does not is told as well."""
    lines = case.receipt.read_text().splitlines()
    objects = [ReceiptObject.model_validate_json(line) for line in lines[1:-1]]
    objects[1].crc64nvme = "AAAAAAAAAAA="
    case.write(objects)
    assert told(case.local()) == [("CPG704", objects[1].key)]


def test_findings_come_in_the_order_of_keys(case):
    for name in FILES:
        case.path(f"{HOME}/{name}").unlink()
        case.store.client.delete_object(Bucket=case.store.bucket, Key=f"{HOME}/{name}")
    case.path(f"{HOME}/images/other.tiff").write_bytes(b"x")
    for result in (case.local(jobs=4), case.remote()):
        keys = [finding.key for finding in result.findings]
        assert keys == sorted(f"{HOME}/{name}" for name in FILES)
        assert result.agreeing == 0


def test_more_files_than_are_read_at_once(case):
    case.path(LARGE).unlink()
    assert told(case.local(jobs=2)) == [("CPG703", LARGE)]


def test_a_receipt_of_nothing_is_not_success(case):
    case.write([])
    for result in (case.local(), case.remote()):
        assert (result.objects, result.findings) == (0, [])
        assert result.exit_code is ExitCode.NOTHING_CHECKED


def test_half_a_receipt_proves_nothing(case):
    case.receipt.write_bytes(case.receipt.read_bytes()[:-20])
    for verify in (case.local, case.remote):
        with pytest.raises(UnreadableFile, match="line 6"):
            verify()


def test_a_folder_that_does_not_exist(case, tmp_path):
    with pytest.raises(CpgateError):
        verify_local(case.receipt, tmp_path / "nowhere")


def test_a_folder_whose_names_do_not_say_what_it_is(case, tmp_path):
    moved = tmp_path / "moved"
    case.root.rename(moved)
    assert verify_local(case.receipt, moved, HOME).findings == []


def test_a_file_that_cannot_be_read_is_told_from_one_that_is_not_there(case):
    case.path(IMAGE).unlink()
    case.path(IMAGE).mkdir()
    (found,) = case.local().findings
    assert (found.rule, found.message) == ("CPG703", "The file cannot be read: it is not a file")
    assert found.hint.startswith("see to it that you may read the file")


def test_what_differs_is_written_down(case, tmp_path):
    case.path(IMAGE).unlink()
    case.path(EMPTY).write_bytes(b"x")
    with findings_file(tmp_path / "differs.jsonl") as record:
        case.local(record=record)
    lines = [json.loads(line) for line in (tmp_path / "differs.jsonl").read_text().splitlines()]
    assert [(line["rule"], line["key"]) for line in lines] == [("CPG703", IMAGE), ("CPG704", EMPTY)]
    assert all(line["message"] for line in lines)


def test_the_receipt_does_not_choose_the_server(case):
    """It may come from anybody: nobody's credentials are shown to a server that a file names."""
    with pytest.raises(UsageError, match=case.store.endpoint):
        verify_remote(case.receipt, S3Settings(attempts=1))


def test_a_receipt_of_an_upload_that_left_files_out_is_no_proof_of_the_whole(case):
    objects = list(Receipt(case.receipt).objects())
    header = Receipt(case.receipt).header
    case.receipt.unlink()
    write_receipt(case.receipt, header, objects, conflicts=2, failed=1)
    for result in (case.local(), case.remote()):
        [finding] = result.findings
        assert (finding.rule, finding.count) == ("CPG705", 3)
        assert result.agreeing == result.objects
        assert result.exit_code is ExitCode.FINDINGS


def test_files_that_the_receipt_does_not_name_are_counted(case):
    (case.root / "workspace" / "more.txt").write_text("more")
    (case.root / "workspace" / ".DS_Store").write_text("junk")
    result = case.local()
    assert result.exit_code is ExitCode.CLEAN
    assert result.unnamed == 1
