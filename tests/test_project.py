"""What holds for every file of the project."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "validator").rglob("*.py"))
LONGEST_MODULE = 400
BOUNDARIES = {
    "validator/upload/control_plane.py",
    "validator/checks/runner.py",
    "validator/checks/pool.py",
    "validator/sources/workers.py",
    "validator/cli/main.py",
}
HALF_OF_MODULES = 200


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_there_are_modules():
    assert len(MODULES) > 30


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_are_small(path):
    assert len(path.read_text().splitlines()) <= LONGEST_MODULE


def test_most_modules_fit_a_few_screens():
    small = [path for path in MODULES if len(path.read_text().splitlines()) <= HALF_OF_MODULES]
    assert len(small) > 0.8 * len(MODULES)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_public_names_have_docstrings(path):
    tree = ast.parse(path.read_text())
    bare = [] if ast.get_docstring(tree) or not tree.body else ["the module"]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef):
            continue
        if isinstance(node, ast.ClassDef) and node.name.startswith("_"):
            continue
        for item in node.body:
            public = isinstance(item, ast.FunctionDef | ast.ClassDef) and not item.name.startswith("_")
            if public and not ast.get_docstring(item) and not is_overload(item):
                bare.append(f"{item.name} (line {item.lineno})")
    assert bare == []


def is_overload(item: ast.stmt) -> bool:
    return any("overload" in ast.unparse(decorator) for decorator in getattr(item, "decorator_list", ()))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_called_utils(path):
    assert not {"utils", "util", "helpers", "helper", "common", "misc", "manager"} & set(path.stem.split("_"))


def test_broad_excepts_stand_at_boundaries_only():
    """Where a check ends, where a thread hands over, where the command ends; each line says why."""
    broad = [
        (name_of(path), line)
        for path in MODULES
        for line in path.read_text().splitlines()
        if "except Exception" in line or "except BaseException" in line
    ]
    assert {name for name, _ in broad} <= BOUNDARIES
    assert [line for _, line in broad if "# noqa: BLE001  " not in line] == []


def test_the_command_starts_fast():
    """Libraries that take long to import are imported where they are used."""
    script = (
        "import sys\nfrom validator.cli.main import run\nassert run(['--version']) == 0\n"
        "heavy = {'polars', 'pandera', 'tifffile', 'boto3', 'numpy', 'awscrt', 'jsonschema'} & set(sys.modules)\n"
        "sys.exit(f'imported for nothing: {sorted(heavy)}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


NOT_FOR_EVERY_UPLOAD = [
    "boto3",
    "jsonschema",
    "llvmlite",
    "pandera",
    "pathspec",
    "platformdirs",
    "polars",
    "tifffile",
    "tomllib",
    "validator.checks.package",
    "validator.checks.runner",
    "validator.checks.unproven_products",
    "validator.manifests.provenance",
    "validator.manifests.recipe",
    "validator.models.config",
    "validator.models.quilt",
    "validator.rulebook.config",
    "validator.sources.bucket",
    "validator.sources.inventory",
    "validator.sources.listing_file",
    "validator.sources.quilt",
    "validator.workflows.check",
    "validator.workflows.large_listing",
    "validator.workflows.package_listing",
    "validator.workflows.upload_provenance",
]
"""What a folder whose report holds needs none of: a sixth of the time of a short upload."""


def test_an_upload_imports_only_what_it_needs():
    script = (
        f"import sys\nimport validator.workflows.upload\nwrong = set({NOT_FOR_EVERY_UPLOAD}) & set(sys.modules)\n"
        "sys.exit(f'imported for nothing: {sorted(wrong)}' if wrong else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_uploads_need_none_of_exists():
    ours = [name for name in NOT_FOR_EVERY_UPLOAD if name.startswith("validator.")]
    assert [name for name in ours if importlib.util.find_spec(name) is None] == []
