"""Documents of other styles in the place of a SCHEMA are told by what they are."""

import io
import json

import pytest

from validator.checks.schema_document import judge_schema
from validator.models.package import SCHEMA_KEYS
from validator.readers.json_text import read_json


def judged(document):
    text = read_json(io.BytesIO(json.dumps(document).encode()))
    return [f for f in judge_schema("SCHEMA", text, tuple(SCHEMA_KEYS), every=True) if f.rule == "CPG602"]


@pytest.mark.parametrize(
    "document",
    [
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": {}},
        {"type": "object", "properties": {"line": {"type": "string"}}, "required": ["line"]},
    ],
)
def test_a_json_schema_is_one_finding(document):
    (finding,) = judged(document)
    assert "JSON Schema" in finding.message
    assert "cpgate schema draft" in finding.hint


@pytest.mark.parametrize("ending", ["", "s"])
def test_keys_named_after_the_nodes_alone_are_renamed(ending):
    names = {"line": "unique_line_info", "plate": "unique_plate_info", "well": "unique_well_info"}
    findings = judged({f"{name}{ending}": {} for name in names})
    hints = [finding.hint for finding in findings[:3]]
    assert hints == [f"Rename it to {meant}." for meant in names.values()]
    assert "unique_fov_info" in findings[3].message
    assert len(findings) == 4
