import pytest
from made_receipts import header, record

from validator.cli.main import run
from validator.cli.manifest_convert import FORMATS as OFFERED
from validator.errors import CpgateError, UnreadableFile, UsageError
from validator.manifests.receipt import Receipt, write_receipt
from validator.workflows.manifest_convert import FORMATS, convert_receipt


@pytest.fixture
def receipt(tmp_path):
    return write_receipt(tmp_path / "r.jsonl", header(), [record("k/1", 1), record("k/2", 2)], failed=1).path


def test_a_receipt_in_its_other_form_and_back(receipt, tmp_path):
    assert convert_receipt(receipt, "parquet", tmp_path / "r.parquet").files == 2
    convert_receipt(tmp_path / "r.parquet", "jsonl", tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == receipt.read_bytes()
    with pytest.raises(UsageError, match="already"):
        convert_receipt(tmp_path / "r.parquet", "jsonl", tmp_path / "again.jsonl")
    assert list(Receipt(tmp_path / "r.parquet").objects()) == list(Receipt(receipt).objects())


@pytest.mark.parametrize("to", FORMATS)
def test_no_file_is_written_over(receipt, to):
    before = receipt.read_bytes()
    with pytest.raises(UsageError, match=r"There is a file .* already"):
        convert_receipt(receipt, to, receipt)
    assert receipt.read_bytes() == before


@pytest.mark.parametrize(
    ("to", "output", "words"),
    [
        ("zip", "out", "no format zip"),
        ("parquet", "out.jsonl", "ends in .parquet"),
        ("jsonl", None, "ends in .jsonl"),
        ("bagit", None, "is a folder"),
        ("quilt", "no/folder/out", "cannot be written"),
    ],
)
def test_what_cannot_be(receipt, tmp_path, to, output, words):
    with pytest.raises(CpgateError, match=words):
        convert_receipt(receipt, to, tmp_path / output if output else None)
    assert [path.name for path in tmp_path.iterdir()] == ["r.jsonl"]


def test_only_receipts(tmp_path):
    (tmp_path / "profile_index.json").write_text("[]")
    with pytest.raises(UnreadableFile, match="not a receipt"):
        convert_receipt(tmp_path / "profile_index.json", "quilt")
    with pytest.raises(UsageError, match="cannot be read"):
        convert_receipt(tmp_path / "nothing", "quilt")


def test_a_damaged_receipt_leaves_no_file(receipt, tmp_path):
    receipt.write_bytes(receipt.read_bytes()[:-90])
    with pytest.raises(UnreadableFile, match="not a whole receipt"):
        convert_receipt(receipt, "frictionless", tmp_path / "datapackage.json")
    assert [path.name for path in tmp_path.iterdir()] == ["r.jsonl"]


def test_the_command_says_what_is_lost(receipt, tmp_path, capsys):
    assert sorted(OFFERED) == sorted(FORMATS)
    assert run(["manifest", "convert", str(receipt), "--to", "quilt", "-o", str(tmp_path / "q.jsonl")]) == 0
    said = capsys.readouterr()
    assert said.out.endswith("q.jsonl: 2 objects as quilt\n")
    assert said.err.startswith("note: 2 objects have no version id")
    assert run(["manifest", "convert", str(receipt), "--to", "md5sum"]) == 0
    assert capsys.readouterr().out.count("  k/") == 2


def test_a_bag_that_cannot_be_finished_leaves_nothing(receipt, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("validator.manifests.converters.bagit.encoded_path", full)
    with pytest.raises(CpgateError, match="no space left on device"):
        convert_receipt(receipt, "bagit", tmp_path / "bag")
    assert [path for path in tmp_path.iterdir() if "bag" in path.name] == []
    monkeypatch.undo()
    (tmp_path / "bag").mkdir()
    convert_receipt(receipt, "bagit", tmp_path / "bag")
    assert (tmp_path / "bag" / "bagit.txt").exists()
