import importlib
import os
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from made_receipts import header, record

from validator import __version__
from validator.cli.main import COMMANDS, cli, run
from validator.manifests.receipt import write_receipt


def test_the_command_starts_fast():
    timings = []
    for _ in range(5):
        began = time.monotonic()
        shown = subprocess.run(
            [sys.executable, "-m", "validator", "--version"], capture_output=True, text=True, check=True
        )
        timings.append(time.monotonic() - began)
    assert shown.stdout == f"cpgate {__version__}\n"
    bare = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "validator", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    for heavy in ("pydantic", "polars", "pandera", "tifffile", "boto3", "numpy", "yaml"):
        assert f" {heavy}\n" not in bare.stderr, "heavy libraries are imported when they are needed"
    assert min(timings) < 1


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_there_and_helps(name, capsys):
    module, _, attribute = COMMANDS[name].partition(":")
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{name} is not part of this version yet")
    assert isinstance(getattr(importlib.import_module(module), attribute), click.Command)
    assert run([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: cpgate {name}")


def test_commands_that_are_not_there_are_not_listed(monkeypatch, capsys):
    monkeypatch.setitem(COMMANDS, "future", "validator.cli.no_such_module:future")
    assert "future" not in cli.list_commands(click.Context(cli))
    assert run(["future"]) == 2
    assert "No such command" in capsys.readouterr().err


def test_a_misspelt_command_is_answered_with_the_one_that_was_meant(capsys):
    assert run(["chekc"]) == 2
    assert "Did you mean check?" in capsys.readouterr().err
    assert run(["xyzzy"]) == 2
    assert "There are: check, " in capsys.readouterr().err


@pytest.mark.parametrize("group", [[], ["manifest"], ["hook"], ["multipart"], ["schema"]])
def test_a_group_without_a_command_shows_its_help(capsys, group):
    run(group)
    out, err = capsys.readouterr()
    shown = out + err  # click before 8.2 shows it on standard output
    assert shown.startswith(f"Usage: {' '.join(['cpgate', *group])} [OPTIONS] COMMAND")
    assert "Commands:\n" in shown
    assert "error" not in shown
    assert "\\x0a" not in shown


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_behind_a_redirection_is_said(tmp_path):
    receipt = write_receipt(tmp_path / "r.jsonl", header(), [record("k/1", 1)]).path
    for command in (["rules"], ["manifest", "convert", str(receipt), "--to", "ro-crate"]):
        with Path("/dev/full").open("w") as full:
            ended = subprocess.run(
                [sys.executable, "-m", "validator", *command],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        assert ended.returncode == 4
        assert ended.stderr.count("error: ") == 1
        assert "error: The output could not be written: no space left on device.\n" in ended.stderr


@pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX closes it")
def test_standard_input_that_is_closed_is_said():
    command = f"'{sys.executable}' -m validator check - <&-"
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.splitlines()[0]) == (2, "error: Standard input is closed.")


def test_choices_are_listed_on_one_line(capsys):
    assert run(["manifest", "convert", "receipt.jsonl"]) == 2
    assert "error: Missing option '--to'. Choose from: bagit, croissant, " in capsys.readouterr().err


@pytest.mark.parametrize("command", [["check"], ["fix", "--apply"], ["why"], ["upload", "s3://bucket"]])
def test_an_empty_argument_is_not_the_current_folder(command, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name, *more = command
    assert run([name, "", *more]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("error: An argument is empty.")
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []
