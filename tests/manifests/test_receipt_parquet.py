import os
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validator.errors import CpgateError, UnreadableFile
from validator.manifests import parquet_reader, receipt_parquet
from validator.manifests.receipt import Receipt, is_receipt, write_receipt
from validator.models.receipt import ReceiptHeader, ReceiptObject

NOW = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)
HEADER = ReceiptHeader(
    datasets=["cpg0099-example/broad"],
    destination="s3://staging",
    tool="0.1.0",
    rulebook="1.0",
    policy="contribution",
    report="0" * 64,
    errors=0,
    forced=False,
    created=NOW,
    notes={"microscope": 'Phenix, 20x "water"'},
)


def make_object(number: int, key: str = "", **values) -> ReceiptObject:
    fields = {
        "key": key or f"cpg0099-example/broad/images/{number:06}",
        "size": number,
        "etag": f"{number:032x}",
        "parts": 1,
        "crc64nvme": "AAAAAAAAAAA=",
        "mtime": NOW + timedelta(microseconds=number % 3),
        "uploaded_at": NOW,
        "state": "uploaded",
    }
    return ReceiptObject(**fields | values)


OBJECTS = [
    make_object(1, kind="images.raw", entities={"plate": "00123", "batch": "2024_03_05_Run1"}),
    make_object(2, version_id="v.1", sha256="0" * 64, sha2_256_chunked="A" * 43 + "="),
    make_object(20, etag="0" * 32 + "-2", part_size=10, parts=2, entities={"well": "A01"}),
]


def test_it_says_the_same_as_json_lines(tmp_path):
    written = write_receipt(tmp_path / "r.parquet", HEADER, OBJECTS, conflicts=1)
    lines = write_receipt(tmp_path / "r.jsonl", HEADER, OBJECTS, conflicts=1)
    assert written.end == lines.end
    receipt = Receipt(tmp_path / "r.parquet")
    assert list(receipt.objects()) == OBJECTS
    assert (receipt.header, receipt.end) == (lines.header, lines.end)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.jsonl", "r.parquet"]


def test_any_tool_reads_it(tmp_path):
    write_receipt(tmp_path / "r.parquet", HEADER, OBJECTS)
    table = pl.read_parquet(tmp_path / "r.parquet")
    assert table["place.plate"].to_list() == ["00123", None, None]
    assert table["mtime"].dtype == pl.Datetime("us", "UTC")
    assert table["size"].sum() == 23
    assert "record" not in table.columns


def test_more_objects_than_a_row_group(tmp_path, monkeypatch):
    monkeypatch.setattr(receipt_parquet, "ROWS", 100)
    objects = [make_object(number) for number in range(250)]
    write_receipt(tmp_path / "r.parquet", HEADER, objects)
    assert list(Receipt(tmp_path / "r.parquet").objects()) == objects


def test_a_receipt_of_nothing(tmp_path):
    write_receipt(tmp_path / "r.parquet", HEADER, [])
    assert list(Receipt(tmp_path / "r.parquet").objects()) == []


@settings(max_examples=5)  # each starts two processes
@given(
    st.lists(st.text(min_size=1, max_size=20), max_size=30),
    st.dictionaries(
        st.sampled_from(["batch", "plate", "well", "full_plate"]), st.text(max_size=8), max_size=3
    ),
)
def test_any_key_and_place_come_back(tmp_path_factory, keys, entities):
    path = tmp_path_factory.mktemp("any") / "r.parquet"
    objects = [make_object(number, key, entities=entities) for number, key in enumerate(keys)]
    write_receipt(path, HEADER, objects)
    assert list(Receipt(path).objects()) == objects


def test_a_changed_table_is_refused(tmp_path):
    write_receipt(tmp_path / "r.parquet", HEADER, OBJECTS)
    metadata = {
        name: text
        for name, text in pl.read_parquet_metadata(tmp_path / "r.parquet").items()
        if name.startswith("cpgate.")
    }
    table = pl.read_parquet(tmp_path / "r.parquet")
    table.with_columns(size=pl.col("size") + (pl.col("size") == 1)).write_parquet(
        tmp_path / "size.parquet", metadata=metadata
    )
    table.head(2).write_parquet(tmp_path / "head.parquet", metadata=metadata)
    table.drop("etag").write_parquet(tmp_path / "dropped.parquet", metadata=metadata)
    ends = metadata | {"cpgate.end": metadata["cpgate.end"].replace('"conflicts":0', '"conflicts":3')}
    table.write_parquet(tmp_path / "end.parquet", metadata=ends)
    for name in ("size", "head", "dropped", "end"):
        with pytest.raises(UnreadableFile, match="not a whole receipt"):
            list(Receipt(tmp_path / f"{name}.parquet").objects())


def test_other_parquet_is_no_receipt(tmp_path):
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(UnreadableFile, match="no receipt"):
        Receipt(tmp_path / "a.parquet")
    assert is_receipt((tmp_path / "a.parquet").read_bytes())


def test_a_changed_bit_is_refused_or_changes_nothing(tmp_path):
    write_receipt(tmp_path / "r.parquet", HEADER, OBJECTS)
    content = (tmp_path / "r.parquet").read_bytes()
    damaged = tmp_path / "damaged.parquet"
    refused = 0
    for place in range(4, len(content), len(content) // 8):
        damaged.write_bytes(content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :])
        try:
            assert list(Receipt(damaged).objects()) == OBJECTS
        except UnreadableFile:
            refused += 1
    assert refused > 2


def test_cut_at_any_place_it_is_refused(tmp_path):
    write_receipt(tmp_path / "r.parquet", HEADER, OBJECTS)
    content = (tmp_path / "r.parquet").read_bytes()
    cut = tmp_path / "cut.parquet"
    for length in range(0, len(content), len(content) // 6):
        cut.write_bytes(content[:length])
        with pytest.raises(UnreadableFile):
            list(Receipt(cut).objects())


@pytest.mark.parametrize("end", ["os.abort()", "os._exit(1)", "sys.stdout.buffer.write(b'no answer')"])
def test_a_reader_that_ends_with_its_process_is_a_damaged_file(tmp_path, monkeypatch, capfd, end):
    """As polars does where a panic meets a thread of its executor."""
    write_receipt(tmp_path / "r.parquet", HEADER, OBJECTS)
    receipt = Receipt(tmp_path / "r.parquet")
    monkeypatch.setattr(
        parquet_reader, "_PROGRAM", f"import os, sys; path = {{path!r}}; os.write(2, b'a panic'); {end}"
    )
    with pytest.raises(UnreadableFile, match=r"r\.parquet, line 2: .*damaged or was cut"):
        list(receipt.objects())
    with pytest.raises(UnreadableFile, match=r"r\.parquet, line 1: .*damaged or was cut"):
        Receipt(tmp_path / "r.parquet")
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_reader_that_the_system_kills_says_nothing_of_the_file(tmp_path, monkeypatch):
    write_receipt(tmp_path / "r.parquet", HEADER, OBJECTS)
    monkeypatch.setattr(parquet_reader, "_PROGRAM", "import os; path = {path!r}; os.kill(os.getpid(), 9)")
    with pytest.raises(CpgateError, match="ended by the system") as caught:
        Receipt(tmp_path / "r.parquet")
    assert not isinstance(caught.value, UnreadableFile)


def test_rows_that_nobody_takes_leave_no_process(tmp_path, monkeypatch):
    write_receipt(tmp_path / "r.parquet", HEADER, OBJECTS)
    started = []
    real = parquet_reader.subprocess.Popen
    monkeypatch.setattr(
        parquet_reader.subprocess, "Popen", lambda *a, **k: started.append(real(*a, **k)) or started[-1]
    )
    rows = parquet_reader.rows_of(tmp_path / "r.parquet", 1)
    assert next(rows)["size"] == 1
    rows.close()
    assert [process.returncode is not None for process in started] == [True]
