"""The demo as a stranger runs it: the whole story, folders that it refuses, servers and keys it leaves alone."""

import os
import subprocess
import sys

import pytest

from validator.errors import UsageError
from validator.workflows.demo import MARK, found_rules, prepare_folder
from validator.workflows.demo_commands import Commands, demo_environment


def cpgate(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "validator", *map(str, arguments)],
        env={name: value for name, value in os.environ.items() if name != "FORCE_COLOR"} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.full
def test_the_whole_story(tmp_path):
    folder = tmp_path / "demo"
    done = cpgate(
        "demo",
        folder,
        AWS_PROFILE="a-profile-that-does-not-exist",
        HTTP_PROXY="http://127.0.0.1:9",
        XDG_STATE_HOME=str(tmp_path / "xdg"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for step in range(1, 9):
        assert f"\n{step}  " in done.stdout
    assert "killed: " in done.stdout
    assert "defects were put in, all were found" in done.stdout
    assert "\x1b" not in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    (receipt,) = folder.glob("cpg0099-demo_lab_*.jsonl")
    assert '"state":"resumed"' in receipt.read_text()
    assert not (tmp_path / "xdg").exists(), "the demo must not touch the user's state folder"


def test_make_only_makes_a_plate_and_nothing_else(tmp_path):
    done = cpgate("demo", tmp_path / "plate", "--make-only", "--defects")
    assert done.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["plate"]
    assert [path.name for path in (tmp_path / "plate").iterdir()] == ["cpg0099-demo"]


def test_a_folder_that_the_demo_did_not_make_is_refused(tmp_path):
    (tmp_path / "thesis.doc").write_text("three years")
    done = cpgate("demo", tmp_path)
    assert done.returncode == 2
    assert "was not made by the demo" in done.stderr
    assert (tmp_path / "thesis.doc").read_text() == "three years"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "demo").write_text("")
    with pytest.raises(UsageError):
        prepare_folder(tmp_path / "demo")


def test_only_what_a_demo_made_is_removed(tmp_path):
    folder = tmp_path / "demo"
    prepare_folder(folder)
    (folder / "first").mkdir()
    (folder / "first/x").touch()
    (folder / "cpg0099-demo_lab_20240305T000000Z.jsonl").touch()
    (folder / "notes.txt").write_text("mine")
    prepare_folder(folder)
    assert sorted(path.name for path in folder.iterdir()) == [MARK, "notes.txt"]


def test_commands_have_no_keys_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "lab")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    environment = demo_environment(tmp_path)
    assert environment["AWS_ACCESS_KEY_ID"] == "demo"
    assert "AWS_PROFILE" not in environment
    assert "AWS_SESSION_TOKEN" not in environment
    assert "https_proxy" not in environment
    assert environment["no_proxy"] == "127.0.0.1"


def test_commands_return_their_exit_code(tmp_path):
    commands = Commands(tmp_path, demo_environment(tmp_path))
    assert commands.run(["--version"]) == 0
    assert commands.run(["check", "not-there"]) == 2


def test_rules_of_a_report_are_found(tmp_path):
    report = tmp_path / "report.jsonl"
    report.write_text('{"record":"header"}\n{"record":"finding","slug":"empty-file"}\n{"record":"end"}\n')
    assert found_rules(report) == {"empty-file"}
