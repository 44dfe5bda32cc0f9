"""The page of faults names tests that exist, and every test of faults."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "faults.md"


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def named_on_page() -> list[tuple[str, str]]:
    return re.findall(r"^- \[x\] .+ `(tests/[\w/]+\.py)::(test_\w+)`$", PAGE.read_text(), re.MULTILINE)


def test_every_line_names_a_test_that_exists():
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("- ")]
    assert len(lines) == len(named_on_page()), "a line without a test"
    for path, name in named_on_page():
        assert name in names_in(ROOT / path), f"{path}::{name}"


def test_every_test_of_faults_is_on_the_page():
    for path in sorted((ROOT / "tests" / "faults").glob("test_*.py")):
        if path != Path(__file__):
            place = path.relative_to(ROOT).as_posix()
            assert {name for where, name in named_on_page() if where == place} == names_in(path), place
