"""The built wheel in an environment of its own, used from another folder."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    (path,) = folder.glob("cpgate-*.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """An environment with this wheel; other packages come from the present one, to save downloads."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("[Ll]ib/**/site-packages")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "--python",
            folder,
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            wheel,
        ],
        check=True,
    )
    # Not a .pth of its own: lines of the present environment's .pth files (the checkout) must not be read.
    (site / "sitecustomize.py").write_text(
        f"import sys\nsys.path.append({sysconfig.get_path('purelib')!r})\n"
    )
    return folder


def run(environment, *arguments, folder):
    command = next(environment.glob("*/cpgate*"))
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COVERAGE"))}
    return subprocess.run(
        [command, *arguments], cwd=folder, env=clean, capture_output=True, text=True, check=False
    )


def test_the_wheel_holds_the_package_and_the_rulebook_only(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"validator"}
    assert "validator/schemas/layout.yaml" in names
    assert "validator/py.typed" in names
    assert not [name for name in names if "test" in name]


def test_the_command_runs_from_the_wheel(environment, tmp_path):
    (python,) = environment.glob("*/python")
    where = subprocess.run(
        [python, "-c", "import validator; print(validator.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert Path(where.strip()).is_relative_to(environment)
    version = run(environment, "--version", folder=tmp_path)
    assert version.returncode == 0
    assert version.stdout.startswith("cpgate 0.")


def test_its_rules_are_there(environment, tmp_path):
    rules = run(environment, "rules", folder=tmp_path)
    assert rules.returncode == 0
    assert "batch-undated" in rules.stdout


def test_it_checks_a_dataset(environment, tmp_path):
    made = run(environment, "demo", "plate", "--make-only", "--defects", folder=tmp_path)
    assert made.returncode == 0, made.stderr
    checked = run(environment, "check", "plate/cpg0099-demo/lab", folder=tmp_path)
    assert checked.returncode == 1, checked.stderr
    assert "batch-date-spelling" in checked.stdout
    assert (tmp_path / "cpgate-report.jsonl").is_file()


def test_there_is_no_other_schemas(environment):
    (site,) = environment.glob("[Ll]ib/**/site-packages")
    assert not (site / "schemas").exists()
    assert (site / "validator/schemas/rulebook.yaml").is_file()
