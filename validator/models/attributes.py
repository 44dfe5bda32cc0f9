"""Attribute descriptions (SCHEMA documents) as far as they can be used, whatever is wrong with the rest."""

from collections.abc import Mapping
from typing import Any

from validator.models.package import Attribute, AttributeGroup, info_name
from validator.models.value_types import type_name

Groups = Mapping[str, AttributeGroup]


def attribute_groups(document: Any) -> Groups:
    """What a SCHEMA document says, by its keys.

    Parameters
    ----------
    document
        The value of the JSON document.

    Returns
    -------
    Groups
        Only of keys whose value is an object; the attributes of each by the names that info documents use. Of two names
        for one attribute the first counts.
    """
    if not isinstance(document, dict):
        return {}
    return {
        key: AttributeGroup(key, _by_info_name(attributes))
        for key, attributes in document.items()
        if isinstance(attributes, dict)
    }


def example_values(attribute: Attribute) -> list[Any]:
    """The examples of an attribute, each as one value.

    A list is one value where lists are among the declared types, and several values otherwise.
    """
    if isinstance(attribute.example, list) and "list" not in attribute.types:
        return attribute.example
    return [attribute.example]


def _by_info_name(attributes: Mapping[str, Any]) -> dict[str, Attribute]:
    found: dict[str, Attribute] = {}
    for name, entry in attributes.items():
        found.setdefault(info_name(name), _attribute(name, entry))
    return found


def _attribute(name: str, entry: Any) -> Attribute:
    fields = entry if isinstance(entry, dict) else {}
    spelled = fields.get("value_types")
    types = [type_name(text) for text in spelled] if isinstance(spelled, list) else []
    known = tuple(dict.fromkeys(name for name in types if name is not None))
    return Attribute(
        name,
        _text(fields.get("description")),
        fields.get("example_value"),
        _text(fields.get("origin")),
        known if known and None not in types else (),
        described=isinstance(entry, dict),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
