"""``cpgate etag``."""

import json

import pytest

from validator.cli.main import run


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "large.bin").write_bytes(b"0123456789abcdef" * 700_000)
    (tmp_path / "line\nend").write_bytes(b"x")
    return tmp_path


def test_lines_are_a_list_that_verify_reads(files, capsys):
    assert run(["etag", "large.bin", "line\nend"]) == 0
    (files / "list.txt").write_text(capsys.readouterr().out)
    assert run(["verify", "list.txt", "--local", "."]) == 0
    assert "verified 2 of 2 objects" in capsys.readouterr().out


@pytest.mark.usefixtures("files")
def test_an_etag_is_recognised_in_words_and_json(capsys):
    run(["etag", "large.bin", "--part-size", "5MiB"])
    etag = capsys.readouterr().out.split()[0]
    assert run(["etag", "large.bin", "--like", etag]) == 0
    assert "fits: large.bin sent in 3 parts of 5 MiB, as rclone" in capsys.readouterr().out
    assert run(["etag", "large.bin", "--like", etag, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["part_size"] == 5 * 1024 * 1024
    assert run(["etag", "large.bin", "--like", "0" * 32 + "-2"]) == 1
    assert "does not fit" in capsys.readouterr().out


@pytest.mark.usefixtures("files")
def test_two_files_have_not_one_etag(capsys):
    assert run(["etag", "large.bin", "line\nend", "--like", "0" * 32]) == 2
    assert "one file" in capsys.readouterr().err
