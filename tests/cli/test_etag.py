"""``cpgate etag``."""

import json
import os
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_are_not_utf8_are_kept_and_found_again(files):
    def cpgate(*arguments, **options):
        command = [sys.executable, "-m", "validator", *arguments]
        return subprocess.run(command, cwd=files, capture_output=True, check=False, **options)

    name = b"b\xf6se.txt"
    Path(os.fsdecode(bytes(files) + b"/" + name)).write_bytes(b"x")
    listed = cpgate("etag", name, env=os.environ | {"PYTHONUTF8": "1"})
    assert listed.stdout.endswith(b"  " + name + b"\n")
    (files / "list.txt").write_bytes(listed.stdout)
    assert cpgate("verify", "list.txt", "--local", ".").returncode == 0
    (files / "list.txt").write_bytes(listed.stdout.replace(b"txt", b"tif"))
    missing = cpgate("verify", "list.txt", "--local", ".", "-o", "differs.jsonl")
    assert missing.returncode == 1
    assert json.loads((files / "differs.jsonl").read_text())["rule"] == "CPG703"


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
