"""JSON Schemas of what cpgate writes and of its rulebook: made from the models, kept in `schemas/`.

``python -m validator.manifests.published schemas`` writes them again after a model has changed.
"""

import inspect
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from validator.manifests.provenance import Product
from validator.models.config import Config, IgnoreEntry, LevelEntry
from validator.models.finding import Finding
from validator.models.receipt import ReceiptEnd, ReceiptHeader, ReceiptObject
from validator.models.report import ReportEnd, ReportHeader
from validator.rulebook.imagers import ImagerSpec, ImagersSpec
from validator.rulebook.layout_spec import CharactersSpec, EverywhereSpec, LayoutSpec, NodeSpec
from validator.rulebook.scope import Component, Scope, ScopesSpec
from validator.rulebook.template import EntitiesSpec, EntitySpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ADDRESS = "https://cpgate.github.io/schemas"
"""Begins the names of the schemas; nothing is ever fetched from there."""

ETAG_PATTERN = r"^([0-9a-f]{32}(-([1-9][0-9]{0,3}|10000))?)?$"
"""As S3 reports it, or empty before stamping."""
ALWAYS_WRITTEN = ("record", "format")
"""Fields that the models fill in by themselves and that stand in every record that has them."""


def published_schemas() -> dict[str, dict[str, Any]]:
    """Every published schema by the name of its file: of receipts and reports, configuration, and rulebook."""
    return {
        "receipt.schema.json": _one_of(
            "receipt-1",
            "A record of a receipt",
            "One line of a receipt: a header first, one record for each object, an end record last.",
            [ReceiptHeader, ReceiptObject, ReceiptEnd],
        ),
        "report.schema.json": _one_of(
            "report-1",
            "A record of a report",
            "One line of a report: a header first, one record for each finding, an end record last.",
            [ReportHeader, Finding, ReportEnd],
        ),
        "config.schema.json": _document(
            "config-1", "A configuration, cpgate.toml", Config, [LevelEntry, IgnoreEntry]
        ),
        "provenance.schema.json": _provenance(),
        **_rulebook_schemas(),
    }


def _provenance() -> dict[str, Any]:
    """What a provenance manifest must be; its older forms are read, but this is what is written."""
    product = Product.model_json_schema(by_alias=False)
    _describe(product, Product)
    properties = product["properties"]
    properties["profile_url"] = {"type": "string", "description": "Older name of `url`."}
    text, nothing = properties["etag"]["anyOf"]
    properties["etag"]["anyOf"] = [text | {"pattern": ETAG_PATTERN}, nothing]
    product["required"] = [name for name in product["required"] if name != "url"]
    product["anyOf"] = [{"required": ["url"]}, {"required": ["profile_url"]}]
    entries = {"type": "array", "items": {"$ref": "#/$defs/Product"}}
    older = {
        "type": "object",
        "required": ["datasets"],
        "properties": {"datasets": entries},
        "description": "An earlier form.",
    }
    return {
        "$schema": DIALECT,
        "$id": f"{ADDRESS}/provenance-1.json",
        "title": "A provenance manifest, profile_index.json",
        "description": "Derived products: where they lie, how they were made. Fields that are not named here are allowed.",
        "oneOf": [entries, older],
        "$defs": {"Product": product},
    }


def _rulebook_schemas() -> dict[str, dict[str, Any]]:
    """What the files of the rulebook must be."""
    layout_parts: list[type[BaseModel]] = [NodeSpec, EverywhereSpec, CharactersSpec]
    return {
        "layout.schema.json": _document("layout-1", "The layout of the rulebook", LayoutSpec, layout_parts),
        "entities.schema.json": _document(
            "entities-1", "The entities of the rulebook", EntitiesSpec, [EntitySpec]
        ),
        "imagers.schema.json": _document(
            "imagers-1", "Names of raw images of the rulebook", ImagersSpec, [ImagerSpec]
        ),
        "scopes.schema.json": _document(
            "scopes-1", "The scopes of the rulebook", ScopesSpec, [Scope, Component]
        ),
    }


def _document(
    name: str, title: str, model: type[BaseModel], parts: Sequence[type[BaseModel]]
) -> dict[str, Any]:
    """Schema of a document of one model; parts are the models inside it (a folder of the layout holds folders)."""
    made = model.model_json_schema()
    definitions = made.pop("$defs")
    for part in parts:
        _describe(definitions[part.__name__], part)
    if "properties" in made:
        _describe(made, model)
    return {
        "$schema": DIALECT,
        "$id": f"{ADDRESS}/{name}.json",
        **made,
        "title": title,
        "description": _plain((inspect.getdoc(model) or "").partition("\n\n")[0]),
        "$defs": dict(sorted(definitions.items())),
    }


def _one_of(name: str, title: str, description: str, records: Sequence[type[BaseModel]]) -> dict[str, Any]:
    _, made = models_json_schema([(model, "validation") for model in records])
    definitions = made["$defs"]
    models: set[type[BaseModel]] = set()
    for record in records:
        _models_in(record, models)
    for model in models:
        _describe(definitions[model.__name__], model)
    return {
        "$schema": DIALECT,
        "$id": f"{ADDRESS}/{name}.json",
        "title": title,
        "description": description,
        "oneOf": [{"$ref": f"#/$defs/{model.__name__}"} for model in records],
        "$defs": dict(sorted(definitions.items())),
    }


def _models_in(annotation: Any, known: set[type[BaseModel]]) -> None:
    """Enter the models that an annotation names, and those that they are made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in known:
        known.add(annotation)
        for field in annotation.model_fields.values():
            _models_in(field.annotation, known)
    for argument in get_args(annotation):
        _models_in(argument, known)


def _describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Put what the docstring of a model says into its schema."""
    text = inspect.getdoc(model) or ""
    schema["description"] = _plain(text.partition("\n\n")[0])
    descriptions = attribute_descriptions(text)
    for field, values in schema["properties"].items():
        values.pop("title", None)  # the name again, in capitals
        if field in descriptions:
            values["description"] = descriptions[field]
    written = [field for field in ALWAYS_WRITTEN if field in schema["properties"]]
    for field in written:
        schema["properties"][field].pop("default")
    if written:
        schema["required"] = written + schema["required"]


def attribute_descriptions(docstring: str) -> dict[str, str]:
    r"""Descriptions in the section *Attributes* of a numpydoc docstring (cleaned), by the attribute's name.

    Examples
    --------
    >>> attribute_descriptions("A part.\n\nAttributes\n----------\nsize, parts\n    Of it,\n    all.")
    {'size': 'Of it, all.', 'parts': 'Of it, all.'}
    """
    _, _, section = docstring.partition("Attributes\n----------\n")
    described: dict[str, list[str]] = {}
    names: list[str] = []
    for line in section.splitlines():
        if line.startswith("    "):
            for name in names:
                described[name].append(line.strip())
        elif line:
            names = line.split(", ")
            described.update((name, []) for name in names)
    return {name: _plain(" ".join(lines)) for name, lines in described.items()}


def _plain(text: str) -> str:
    return " ".join(text.replace("``", "`").split())


def schema_text(schema: dict[str, Any]) -> str:
    """A schema as it stands in its file."""
    return json.dumps(schema, indent=2) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write every schema into a folder; the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m validator.manifests.published FOLDER\n")
        return 2
    for name, schema in published_schemas().items():
        (Path(arguments[0]) / name).write_text(schema_text(schema), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
