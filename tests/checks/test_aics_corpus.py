"""The transcribed documents of the line AICS-23 read as the description of the style says."""

import json

import pytest

from validator.checks.info_facts import read_facts
from validator.checks.link_values import disagreements
from validator.checks.package_nodes import Node
from validator.checks.schema_document import judge_schema
from validator.models.attributes import attribute_groups
from validator.models.package import NODE_KINDS, SCHEMA_KEYS, info_name
from validator.readers.json_text import parse_json


@pytest.fixture
def read(corpus):
    folder = corpus / "aics"

    def document(name):
        value = json.loads((folder / f"aics_23_{name}.json").read_text())
        notes = {key: value.pop(key) for key in list(value) if key.startswith("_")}
        return value, notes

    return document


def facts_of(group, name, value, described=None):
    return read_facts(Node(NODE_KINDS[group], name), parse_json(json.dumps(value, indent=1)), described)


def test_schema_keys_and_its_one_attribute(read):
    schema, notes = read("SCHEMA_partial")
    assert set(notes["_keys"]) == set(SCHEMA_KEYS)
    names = schema["unique_line_info"].pop("_keys")
    line = attribute_groups(schema)["unique_line_info"].attributes["line"]
    assert (line.types, line.example, line.origin) == (("str",), "AICS-10", "meta/cell_info/line")
    findings = list(judge_schema("SCHEMA", parse_json(json.dumps(schema)), tuple(SCHEMA_KEYS), every=True))
    assert [(f.rule, f.count) for f in findings] == [("CPG602", 6)]  # only the other kinds are missing
    associations = set(NODE_KINDS) - {"lines"}
    assert {info_name(name) for name in names} == {"line", "line_id", "edits", *associations}


def test_line(read):
    value, notes = read("line_info")
    facts = facts_of("lines", "line_AICS_23", value)
    assert facts.findings == []
    assert len(facts.links["plates"]) == 11
    assert list(disagreements(facts)) == []
    schema, _ = read("SCHEMA_partial")
    names = schema["unique_line_info"].pop("_keys")
    assert {info_name(name) for name in names} == set(notes["_key_order"])
    assert all(NODE_KINDS["plates"].form.fullmatch(name) for name in facts.links["plates"])


def test_field_of_view(read):
    value, _ = read("fov_info")
    facts = facts_of("fovs", "fov_0123456789abcdef0123456789abcdef", value)
    assert [(f.rule, f.location.pointer) for f in facts.findings] == [("CPG624", "/channels")]  # elided there
    assert list(disagreements(facts)) == []
    assert all(len(facts.links[group]) == 1 for group in ("plates", "wells", "lines"))
    for group, names in facts.links.items():
        assert all(NODE_KINDS[group].form.fullmatch(name) for name in names), group
