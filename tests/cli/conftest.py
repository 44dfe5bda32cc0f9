import os
import subprocess
import sys

import pytest
from small_dataset import make_small_dataset


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """The current folder of a user, with a state folder of its own and a plain terminal."""
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def small(tmp_path):
    """A clean dataset; relative to the desk it is ../nas/cpg0099-example/broad."""
    return make_small_dataset(tmp_path / "nas")


@pytest.fixture
def undated(tmp_path):
    """A dataset with one mistake."""
    return make_small_dataset(tmp_path / "nas-undated", batch="20240305_Run1")


@pytest.fixture
def cpgate(desk):
    """Run the command as a process; returns the finished process with text."""

    def run(*arguments, environment=None, **options):
        return subprocess.run(
            [sys.executable, "-m", "validator", *map(os.fspath, arguments)],
            cwd=options.pop("cwd", desk),
            env=os.environ | (environment or {}),
            capture_output=options.pop("capture_output", True),
            text=True,
            errors="surrogateescape",
            timeout=60,
            check=False,
            **options,
        )

    return run
