import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import CpgateError, UnreadableFile, UsageError
from validator.manifests.receipt import Receipt, is_receipt, write_receipt
from validator.models.receipt import ReceiptHeader, ReceiptObject

NOW = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)


def make_header() -> ReceiptHeader:
    return ReceiptHeader(
        datasets=["cpg0099-example/broad"],
        destination="s3://staging",
        tool="0.1.0",
        rulebook="1.0",
        policy="contribution",
        report="0" * 64,
        errors=0,
        forced=False,
        created=NOW,
    )


def make_object(number: int, key: str = "") -> ReceiptObject:
    return ReceiptObject(
        key=key or f"cpg0099-example/broad/images/{number}",
        size=number,
        etag=f"{number:032x}",
        parts=1,
        crc64nvme="AAAAAAAAAAA=",
        mtime=NOW,
        uploaded_at=NOW,
        state="uploaded",
    )


OBJECTS = [make_object(number) for number in range(3)]


@pytest.fixture
def written(tmp_path) -> Path:
    path = tmp_path / "receipt.jsonl"
    write_receipt(path, make_header(), OBJECTS, conflicts=2, failed=1)
    return path


@pytest.fixture(scope="module")
def content(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("content") / "receipt.jsonl"
    write_receipt(path, make_header(), OBJECTS)
    return path.read_bytes()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("scratch") / "receipt.jsonl"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def read(path: Path) -> list[ReceiptObject]:
    return list(Receipt(path).objects())


def test_what_was_written_is_read(written):
    receipt = Receipt(written)
    assert receipt.header == make_header().model_copy(update={"sealed": True})
    assert list(receipt.objects()) == OBJECTS
    assert receipt.end is not None
    assert (receipt.end.objects, receipt.end.size) == (3, 3)
    assert (receipt.end.conflicts, receipt.end.failed) == (2, 1)


def test_it_can_be_read_twice(written):
    receipt = Receipt(written)
    assert list(receipt.objects()) == list(receipt.objects()) == OBJECTS


def test_the_digest_is_that_of_the_lines_before(written):
    lines = written.read_bytes().splitlines(keepends=True)
    assert json.loads(lines[-1])["digest"] == hashlib.sha256(b"".join(lines[:-1])).hexdigest()


def test_what_is_returned_is_what_was_written(tmp_path):
    summary = write_receipt(tmp_path / "new" / "folder" / "r.jsonl", make_header(), iter(OBJECTS))
    receipt = Receipt(summary.path)
    assert list(receipt.objects()) == OBJECTS
    assert (summary.header, summary.end) == (receipt.header, receipt.end)


def test_a_receipt_of_nothing(tmp_path):
    write_receipt(tmp_path / "r.jsonl", make_header(), [])
    assert read(tmp_path / "r.jsonl") == []


@given(st.lists(st.text(min_size=1, max_size=30), max_size=4))
def test_any_key_comes_back(scratch, keys):
    scratch.unlink(missing_ok=True)
    objects = [make_object(number, key) for number, key in enumerate(keys)]
    write_receipt(scratch, make_header(), objects)
    assert read(scratch) == objects


def test_a_key_that_looks_like_the_end_is_no_end(tmp_path):
    objects = [make_object(1, '"record":"end"'), make_object(2, '{"record":"end"}')]
    write_receipt(tmp_path / "r.jsonl", make_header(), objects)
    assert read(tmp_path / "r.jsonl") == objects


def assert_refused(path: Path) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    error = caught.value
    assert error.where.startswith("line ")
    assert error.where in error.what
    assert str(path) in error.what
    for technical in ("pattern", "^[", "Input", "validation", "Traceback", "str_", "int_", "NoneType"):
        assert technical not in error.what, error.what
    return error


def test_cut_at_any_byte_it_is_refused(scratch, content):
    for cut in range(len(content)):
        scratch.write_bytes(content[:cut])
        assert_refused(scratch)


@given(st.data())
def test_any_changed_byte_before_the_end_record_is_refused(scratch, content, data):
    end = content.rindex(b'{"record":"end"')
    place = data.draw(st.integers(0, end - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != content[place]))
    scratch.write_bytes(content[:place] + bytes([byte]) + content[place + 1 :])
    assert_refused(scratch)


def test_any_changed_byte_of_the_end_record_is_refused(scratch, content):
    start = content.rindex(b'{"record":"end"')
    for place in range(start, len(content)):
        for byte in {content[place] ^ 1, ord(" "), ord("7"), ord("\n"), 0xFF} - {content[place]}:
            scratch.write_bytes(content[:place] + bytes([byte]) + content[place + 1 :])
            assert_refused(scratch)


def test_the_seal_is_what_the_description_says(written):
    content = written.read_bytes()
    assert json.loads(content.splitlines()[-1])["seal"] == hashlib.sha256(content[:-76]).hexdigest()


def test_a_seal_that_was_taken_away_is_missed(scratch, content):
    scratch.write_bytes(content[:-76] + b"}\n")
    assert_refused(scratch)


FIRST_RECEIPT = b"""\
{"record":"header","format":"cpgate-receipt/1","datasets":["cpg0099-example/broad"],"batches":[],"plates":[],"include":[],"exclude":[],"destination":"s3://staging","endpoint":null,"tool":"0.1.0","rulebook":"1.0","policy":"contribution","report":"0000000000000000000000000000000000000000000000000000000000000000","errors":0,"forced":false,"created":"2026-11-20T14:05:33Z"}
{"record":"object","key":"cpg0099-example/broad/images/0","size":0,"etag":"00000000000000000000000000000000","part_size":null,"parts":1,"crc64nvme":"AAAAAAAAAAA=","mtime":"2026-11-20T14:05:33Z","uploaded_at":"2026-11-20T14:05:33Z","state":"uploaded"}
{"record":"object","key":"cpg0099-example/broad/images/1","size":1,"etag":"00000000000000000000000000000001","part_size":null,"parts":1,"crc64nvme":"AAAAAAAAAAA=","mtime":"2026-11-20T14:05:33Z","uploaded_at":"2026-11-20T14:05:33Z","state":"uploaded"}
{"record":"end","objects":2,"size":1,"conflicts":1,"failed":0,"digest":"6643751cd84062f4835908cc79802e6396e51de46bb7d76fb4bcd2d536360ef2"}
"""


def test_the_first_receipts_are_read_as_ever(scratch):
    """They say nothing of places, versions and SHA-256, and have no seal."""
    scratch.write_bytes(FIRST_RECEIPT)
    receipt = Receipt(scratch)
    assert [record.key for record in receipt.objects()] == [record.key for record in OBJECTS[:2]]
    assert receipt.end is not None
    assert (receipt.end.conflicts, receipt.end.seal) == (1, None)
    assert [record.sha256 for record in receipt.objects()] == [None, None]


@pytest.mark.parametrize("place", [300, 700, -60])
def test_and_their_digest_is_compared(scratch, place):
    changed = bytearray(FIRST_RECEIPT)
    changed[place] ^= 1
    scratch.write_bytes(changed)
    assert_refused(scratch)


def test_batches_of_the_objects_are_in_the_end_record(tmp_path):
    objects = [
        make_object(number, f"k{number}").model_copy(update={"entities": {"batch": batch}})
        for number, batch in enumerate(["Run2", "Run1", "Run2"])
    ]
    assert write_receipt(tmp_path / "r.jsonl", make_header(), objects).end.batches == ["Run1", "Run2"]


@given(st.data())
def test_lines_that_are_missing_doubled_or_moved_are_refused(scratch, content, data):
    lines = content.splitlines(keepends=True)
    order = data.draw(st.lists(st.sampled_from(range(len(lines))), max_size=7))
    if order == list(range(len(lines))):
        return
    scratch.write_bytes(b"".join(lines[index] for index in order))
    assert_refused(scratch)


@given(st.binary(max_size=300))
def test_other_files_are_refused(scratch, noise):
    scratch.write_bytes(noise)
    assert_refused(scratch)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{}", "a field is missing: datasets"),
        ("1", "it is not a record"),
        ("not json", "it is not JSON"),
        ("[", "a JSON list, as provenance manifests are"),
        ('{"format":"cpgate-receipt/2"}', "a field does not hold what it should: format"),
    ],
)
def test_the_reason_is_said_in_words(tmp_path, line, says):
    (tmp_path / "r.jsonl").write_text(line + "\n")
    assert says in assert_refused(tmp_path / "r.jsonl").what


def test_a_field_that_does_not_fit_is_named(scratch, content):
    scratch.write_bytes(content.replace(b'"etag":"' + b"0" * 31 + b"1", b'"etag":"xyz'))
    error = assert_refused(scratch)
    assert error.where == "line 3"
    assert "a field does not hold what it should: etag" in error.what


def test_a_huge_file_without_lines_is_not_read_whole(tmp_path):
    path = tmp_path / "image.tiff"
    with path.open("wb") as stream:
        stream.truncate(1 << 33)
    assert_refused(path)


def test_a_path_that_cannot_be_read(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        Receipt(tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match="cannot be read"):
        Receipt(tmp_path)


def test_a_receipt_is_never_overwritten(written):
    before = written.read_bytes()
    with pytest.raises(CpgateError, match="file exists"):
        write_receipt(written, make_header(), [])
    assert written.read_bytes() == before
    assert names_in(written.parent) == [written.name]


def test_nor_where_the_disk_has_no_hard_links(written, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    before = written.read_bytes()
    with pytest.raises(CpgateError, match="file exists"):
        write_receipt(written, make_header(), [])
    assert written.read_bytes() == before
    write_receipt(written.with_name("second.jsonl"), make_header(), OBJECTS)
    assert read(written.with_name("second.jsonl")) == OBJECTS
    assert names_in(written.parent) == ["receipt.jsonl", "second.jsonl"]


def test_an_error_while_it_is_made_leaves_nothing(tmp_path):
    def objects():
        yield OBJECTS[0]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_receipt(tmp_path / "r.jsonl", make_header(), objects())
    assert names_in(tmp_path) == []


def test_a_place_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CpgateError, match="cannot be written") as caught:
        write_receipt(tmp_path / "file" / "r.jsonl", make_header(), OBJECTS)
    assert "another place" in caught.value.mend


FULL_DISK = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_receipt import OBJECTS, make_header
from validator.errors import CpgateError
from validator.manifests.receipt import write_receipt
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    write_receipt(Path(sys.argv[1]), make_header(), OBJECTS * 100)
except CpgateError as error:
    print(error.what)
"""


@pytest.mark.skipif(
    sys.platform == "win32", reason="limits the size of files with setrlimit, which Windows lacks"
)
@pytest.mark.parametrize("limit", [0, 100, 20_000])
def test_a_full_disk_leaves_no_half_file(tmp_path, limit):
    path = tmp_path / "r.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path), str(Path(__file__).parent), str(limit)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"the receipt {path} cannot be written: file too large" in done.stdout
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b'{"record":"header","format":"cpgate-receipt/1"}', True),
        (b'{"format":"cpgate-receipt/9"}\n', True),
        (b'{"format":"cpgate-report/1"}', False),
        (b'{"format":7}', False),
        (b"[]", False),
        (b"", False),
        (b"\xff\xfe", False),
        (b"[" * 100_000, False),
    ],
)
def test_what_claims_to_be_a_receipt(line, answer):
    assert is_receipt(line) is answer
