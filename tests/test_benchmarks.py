"""The measuring scripts still run: they reach into the package, and nobody else would notice."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.full
BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["upload_memory.py", "--files", "2000"], "2,000"),
        (["verify_listing.py", "--objects", "2000", "--rounds", "1"], "ratio"),
        (["check_layout.py", "--files", "5000"], "files/s"),
        (["walk.py", "--files", "2000", "--slow-files", "100", "--rounds", "1"], "faster"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else value,
)
def test_it_runs(tmp_path, command, said):
    run = subprocess.run(
        [sys.executable, str(BENCHMARKS / command[0]), *command[1:]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert said in run.stdout
