"""JSON Schemas of info documents, made from what SCHEMA says."""

from collections.abc import Mapping
from typing import Any

from validator.models.attributes import Groups, example_values
from validator.models.package import NODE_KINDS, NODE_NAME, SCHEMA_KEYS, Attribute, NodeKind

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
    "null": "null",
}
_CHANNELS = {
    "type": "object",
    "properties": {"dye_name": {"type": "string", "pattern": "\\S"}, "use": {}},
    "required": ["dye_name", "use"],
}
_EDITS = {
    "type": "object",
    "properties": {"gene": {"type": "string", "pattern": "\\S"}},
    "required": ["gene"],
}


def info_schemas(groups: Groups) -> Mapping[str, dict[str, Any]]:
    """A JSON Schema for every kind of node that SCHEMA describes, by the group of the kind.

    Parameters
    ----------
    groups
        What SCHEMA says.
    """
    return {
        kind.group: _schema(kind, groups[key].attributes)
        for key, kind in SCHEMA_KEYS.items()
        if key in groups
    }


def _schema(kind: NodeKind, attributes: Mapping[str, Attribute]) -> dict[str, Any]:
    return {
        "$schema": DIALECT,
        "title": f"info document of {kind.noun}",
        "type": "object",
        "properties": {name: _property(kind, name, attribute) for name, attribute in attributes.items()},
        "required": list(attributes),
        "additionalProperties": False,
    }


def _property(kind: NodeKind, name: str, attribute: Attribute) -> dict[str, Any]:
    said: dict[str, Any] = {"description": attribute.description} if attribute.description else {}
    if name in NODE_KINDS:
        return said | _association(kind, name)
    if attribute.types:
        names = dict.fromkeys(_TYPES[one] for one in (*attribute.types, "null"))
        said["type"] = list(names)
    if attribute.example is not None:
        said["examples"] = example_values(attribute)
    if name == "channels" and kind.group == "fovs":
        said |= {"type": ["array", "null"], "items": _CHANNELS}
    elif name == "edits" and kind.group == "lines":
        said |= {"type": ["array", "null"], "items": _EDITS}
    return said


def _association(kind: NodeKind, group: str) -> dict[str, Any]:
    names: dict[str, Any] = {
        "type": "array",
        "items": {"type": "string", "pattern": f"^{NODE_NAME.pattern}$"},
        "uniqueItems": True,
    }
    return names | {"minItems": 1, "maxItems": 1} if group in kind.parents else names
