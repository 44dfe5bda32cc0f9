"""Imports go one way, and only validator.s3 knows boto3."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_layers_hold():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_every_layer_is_in_the_contract():
    packages = {path.parent.name for path in (ROOT / "validator").glob("*/__init__.py")}
    contract = (ROOT / "pyproject.toml").read_text().partition("layers = [")[2].partition("]")[0]
    assert {package for package in packages if f"validator.{package}" not in contract} == set()
