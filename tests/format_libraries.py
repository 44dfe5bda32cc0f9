"""An environment with the libraries of other formats, below ``build/``; made when a test asks for it first."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ENVIRONMENT = Path(__file__).parents[1] / "build" / "convert-env"
PACKAGES = ("bagit", "check-jsonschema", "frictionless", "mlcroissant", "quilt3>=8", "rocrate")


@pytest.fixture(scope="session")
def format_python() -> str:
    binary = ENVIRONMENT / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not binary.exists():
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
        command = [binary, "-m", "pip", "install", "--quiet", *PACKAGES]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            shutil.rmtree(ENVIRONMENT)
            pytest.skip(f"the formats' libraries cannot be installed: {done.stderr[-300:]}")
    return str(binary)


def judge(python: str, folder: Path, script: str) -> str:
    done = subprocess.run(
        [python, "-W", "ignore", "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
