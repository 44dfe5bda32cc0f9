"""SCHEMA documents become JSON Schemas, pages and drafts."""

import json

import jsonschema
import pytest
from package_builder import build_package, encode

from validator.errors import NothingChecked, UnreadableFile, UsageError
from validator.models.package import NODE_KINDS
from validator.workflows.check import CheckRequest, check
from validator.workflows.schema import document, draft, json_schemas, write_json_schemas, write_readme_section


@pytest.fixture(scope="module")
def package():
    return build_package(small=True)


@pytest.fixture(scope="module")
def root(package, tmp_path_factory):
    return package.write(tmp_path_factory.mktemp("data") / "package")


@pytest.fixture(scope="module")
def schemas(root):
    return json_schemas(root)


def test_there_is_one_for_each_kind(schemas):
    assert set(schemas) == set(NODE_KINDS)
    for one in schemas.values():
        jsonschema.Draft202012Validator.check_schema(one)


def test_every_info_document_is_valid(schemas, package):
    for path, info in package.infos.items():
        jsonschema.validate(info, schemas[path.split("/")[0]])


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("passage", "36"),
        ("clone", 20),
        ("wells", "plate_3500001464_well_B6"),
        ("wells", []),
        ("cell_segs", ["a-b"]),
        ("cell_segs", ["a", "a"]),
        ("channels", [{"dye_name": "EGFP"}]),
        ("channels", "seven"),
        ("operator", "somebody"),
    ],
)
def test_what_the_check_would_find_is_not_valid(schemas, package, attribute, value):
    fov = next(info for path, info in package.infos.items() if path.startswith("fovs/"))
    assert not jsonschema.Draft202012Validator(schemas["fovs"]).is_valid({**fov, attribute: value})


def test_null_is_valid(schemas, package):
    fov = next(info for path, info in package.infos.items() if path.startswith("fovs/"))
    assert jsonschema.Draft202012Validator(schemas["fovs"]).is_valid({**fov, "clone": None, "channels": None})


def test_files_are_written(root, tmp_path):
    written = write_json_schemas(root / "SCHEMA", tmp_path / "made" / "here")
    assert {path.name for path in written} == {f"{group}.schema.json" for group in NODE_KINDS}
    assert json.loads(written[0].read_text())["type"] == "object"


def test_the_page_says_what_schema_says(root):
    page = document(root)
    assert page.startswith("# Attributes of package\n")
    assert "| line\\_id | number of the line in the laboratory's records | a whole number | 27 |" in page
    assert page.count("\n### ") == 7


def test_the_page_shows_hostile_text_as_it_is(tmp_path):
    schema = {"unique_line_info": {"a|b": {"description": "<script>|\x1b[31m\nnext", "value_types": []}}}
    (tmp_path / "SCHEMA").write_bytes(encode(schema))
    row = next(line for line in document(tmp_path).splitlines() if "script" in line)
    assert row.startswith("| a\\|b | \\<script\\>\\| \\[31m next |")


def test_a_readme_keeps_what_people_wrote(tmp_path):
    package = build_package(small=True)
    package.files["README.md"] = b"# Cells\r\n\r\nBy people.\r\n"
    root = package.write(tmp_path / "package")
    assert write_readme_section(root) == root / "README.md"
    once = (root / "README.md").read_text()
    assert once.startswith("# Cells\n\nBy people.\n")
    write_readme_section(root)
    assert (root / "README.md").read_text() == once
    result = check(CheckRequest(root, report=tmp_path / "report.jsonl"))
    assert result.findings == []


def test_a_draft_fails_until_it_is_written(tmp_path):
    package = build_package(small=True)
    root = package.write(tmp_path / "package")
    (root / "SCHEMA").unlink()
    drafted = draft(root)
    assert {key: set(value) for key, value in drafted.items()} == {
        key: set(value) for key, value in package.schema.items()
    }
    clone = drafted["unique_fov_info"]["clone"]
    assert clone == {
        "description": "TODO",
        "example_value": "20",
        "origin": "TODO",
        "value_types": ["<class 'str'>"],
    }
    assert drafted["unique_fov_info"]["seeding_density"]["value_types"] == ["<class 'float'>"]
    assert drafted["unique_fov_info"]["cell_segmentations"]["origin"] == "baseline"
    (root / "SCHEMA").write_bytes(encode(drafted))
    report = tmp_path / "report.jsonl"
    assert {f.rule for f in check(CheckRequest(root, report=report)).findings} == {
        "CPG604",
        "CPG606",
        "CPG609",
    }
    for number, entry in enumerate(entry for group in drafted.values() for entry in group.values()):
        entry["description"] = f"what number {number} means"
        entry["origin"] = "baseline"
    (root / "SCHEMA").write_bytes(encode(drafted))
    write_readme_section(root)
    assert check(CheckRequest(root, report=report)).findings == []


def test_a_draft_keeps_what_is_written(root, package):
    assert draft(root) == package.schema


def test_what_cannot_be_used_is_said(tmp_path):
    with pytest.raises(UsageError, match="no SCHEMA"):
        json_schemas(tmp_path)
    (tmp_path / "SCHEMA").write_text("{]")
    with pytest.raises(UnreadableFile, match="not JSON"):
        json_schemas(tmp_path)
    (tmp_path / "SCHEMA").write_text("[]")
    with pytest.raises(UnreadableFile, match="describes no attributes"):
        json_schemas(tmp_path)
    (tmp_path / "SCHEMA").write_text('{"platemap": {"well_position": {}}}')
    with pytest.raises(UsageError, match="no kind of node"):
        json_schemas(tmp_path)
    with pytest.raises(NothingChecked, match="no info document"):
        draft(tmp_path)
