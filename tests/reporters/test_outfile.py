from pathlib import Path

import pytest

from validator.errors import CpgateError, UsageError
from validator.reporters.outfile import OutFile


def test_the_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "report.jsonl"
    with OutFile(path, "report") as file:
        file.write("one\n")
        assert not path.exists()
        file.commit()
    assert path.read_bytes() == b"one\n"
    assert [path.name for path in tmp_path.iterdir()] == ["report.jsonl"]


def test_leaving_early_leaves_the_earlier_file(tmp_path):
    path = tmp_path / "report.jsonl"
    path.write_text("before")
    with OutFile(path, "report") as file:
        file.write("x" * 100_000)
    assert path.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["report.jsonl"]


def test_places_that_cannot_be_written_are_said_at_once(tmp_path):
    with pytest.raises(UsageError, match="that is a folder"):
        OutFile(tmp_path, "report")
    with pytest.raises(UsageError, match=r"report cannot be written to .*no such file"):
        OutFile(tmp_path / "missing" / "x", "report")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="not a directory"):
        OutFile(tmp_path / "file" / "x", "report")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full of Linux")
def test_a_full_disk_is_a_clear_error():
    with (
        OutFile(Path("/dev/full"), "report") as file,
        pytest.raises(CpgateError, match="no space left on device"),
    ):
        write_much(file)
    assert Path("/dev/full").exists()


def write_much(file):
    for _ in range(100):
        file.write("x" * 10_000)
    file.commit()
