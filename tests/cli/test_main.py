import importlib
import subprocess
import sys
import time

import click
import pytest

from validator import __version__
from validator.cli.main import COMMANDS, cli, run


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
