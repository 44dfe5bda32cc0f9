"""``cpgate schema`` and the check of a package, as they are typed."""

import json

import pytest
from package_builder import build_package

from validator.cli.main import run


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return build_package(small=True).write(tmp_path / "package")


def test_check_says_what_it_looked_at(root, capsys):
    assert run(["check", "package"]) == 0
    said = capsys.readouterr().out
    assert "package   Allen Institute style package · policy contribution" in said
    assert "2 lines · 3 plates · 6 wells · 18 fields of view" in said
    assert (root.parent / "cpgate-report.jsonl").exists()


def test_a_finding_has_its_line_and_pointer(root, capsys):
    path = root / "lines" / "line_AICS_23" / "info" / "load"
    path.write_text(path.read_text().replace("AICS-23", "AICS-24", 1))
    assert run(["check", "package", "-o", "jsonl"]) == 1
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (finding,) = [record for record in records if record["record"] == "finding"]
    assert (finding["rule"], finding["location"]["pointer"], finding["location"]["line"]) == (
        "CPG637",
        "/line",
        2,
    )


@pytest.mark.usefixtures("root")
def test_jsonschema(capsys):
    assert run(["schema", "jsonschema", "package/SCHEMA"]) == 0
    assert "lines" in json.loads(capsys.readouterr().out)
    assert run(["schema", "jsonschema", "package", "-o", "made"]) == 0
    assert "written  made/lines.schema.json\n" in capsys.readouterr().out


@pytest.mark.usefixtures("root")
def test_doc(capsys):
    assert run(["schema", "doc", "package"]) == 0
    assert capsys.readouterr().out.startswith("# Attributes of package\n")
    assert run(["schema", "doc", "package", "-o", "page.md"]) == 0
    assert run(["schema", "doc", "package", "--readme", "package/README.md"]) == 0
    assert run(["schema", "doc", "package", "--readme", "a", "-o", "b"]) == 2


def test_draft(root, capsys):
    (root / "SCHEMA").unlink()
    assert run(["schema", "draft", "package", "-o", "package/SCHEMA"]) == 0
    assert "to write: descriptions and origins of" in capsys.readouterr().out
    assert run(["schema", "draft", "package", "-o", "package/SCHEMA"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert run(["check", "package"]) == 1
    assert "is a placeholder: “TODO”" in capsys.readouterr().out
