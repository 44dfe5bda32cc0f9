import json

import pytest
from made_receipts import header, record

from validator.cli.main import run
from validator.manifests.receipt import write_receipt


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_receipt(tmp_path / "a.jsonl", header(), [record("k/1", 1), record("k/2", 2)], failed=1)
    write_receipt(
        tmp_path / "b.jsonl", header(), [record("k/\x1b[31m", 4), record("k/1", 1), record("k/2", 3)]
    )
    write_receipt(tmp_path / "c.jsonl", header(), [record("k/1", 1), record("m/9", 9)])
    return tmp_path


def test_merge(here, capsys):
    assert run(["manifest", "merge", "a.jsonl", "c.jsonl", "-o", "all.jsonl"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "all.jsonl: 3 objects (42 B) of 2 receipts · 1 key in several, with the same bytes\n"
    )
    assert "left 1 file out" in out
    assert (here / "all.jsonl").exists()


def test_merge_of_other_bytes_names_both(here, capsys):
    assert run(["manifest", "merge", "a.jsonl", "b.jsonl", "-o", "all.jsonl"]) == 1
    out = capsys.readouterr().out
    assert "clash    k/2\n         a.jsonl: 12 bytes" in out
    assert "         b.jsonl: 13 bytes" in out
    assert not (here / "all.jsonl").exists()


@pytest.mark.usefixtures("here")
def test_diff(capsys):
    assert run(["manifest", "diff", "a.jsonl", "a.jsonl"]) == 0
    assert capsys.readouterr().out == "the same: 2 objects, byte for byte\n"
    assert run(["manifest", "diff", "a.jsonl", "b.jsonl"]) == 1
    out = capsys.readouterr().out
    assert "added    k/\\x1b[31m\n" in out
    assert "changed  k/2\n" in out
    assert out.endswith("same 1 · added 1 (14 B) · removed 0 (0 B) · changed 1 · moved 0\n")


@pytest.mark.usefixtures("here")
def test_diff_as_json(capsys):
    assert run(["manifest", "diff", "a.jsonl", "c.jsonl", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["same"] == 1
    assert [known["key"] for known in said["removed"]] == ["k/2"]
    assert said["added"][0]["size"] == 19


@pytest.mark.usefixtures("here")
def test_split(capsys):
    assert run(["manifest", "split", "a.jsonl"]) == 2
    assert "nothing to split" in capsys.readouterr().err


def test_one_receipt_is_not_merged_with_itself(here, capsys):
    (here / "link.jsonl").symlink_to(here / "a.jsonl")
    for other in ("a.jsonl", "./a.jsonl", "link.jsonl"):
        assert run(["manifest", "merge", "a.jsonl", other, "-o", "all.jsonl"]) == 2
        assert "is named twice" in capsys.readouterr().err
    assert not (here / "all.jsonl").exists()


@pytest.mark.usefixtures("here")
def test_a_split_into_a_file_is_refused(capsys):
    assert run(["manifest", "split", "a.jsonl", "-o", "b.jsonl"]) == 2
    assert (
        "error: b.jsonl is a file, not a folder.\n       Name a folder with -o.\n" in capsys.readouterr().err
    )
