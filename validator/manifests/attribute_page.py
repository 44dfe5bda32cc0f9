"""What SCHEMA says, as Markdown for people: the page of a package, and the section of its README."""

import json
import re
from collections.abc import Iterator
from typing import Any

from validator.models.attributes import Groups, example_values
from validator.models.package import SCHEMA_KEYS, Attribute, AttributeGroup
from validator.models.value_types import in_words

BEGIN = "<!-- attributes: made from SCHEMA by cpgate schema doc; changes belong into SCHEMA -->"
END = "<!-- end of attributes -->"
_SECTION = re.compile(r"<!-- attributes:[^\n]*-->\n.*?<!-- end of attributes -->", re.DOTALL)
_LONGEST_EXAMPLE = 80
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#])")


def attribute_page(groups: Groups, title: str = "Attributes") -> str:
    """Write a page with one table for every kind of node.

    Parameters
    ----------
    groups
        What SCHEMA says.
    title
        Heading of the page.
    """
    parts = [f"# {_plain(title)}", *_tables(groups)]
    return "\n\n".join(parts) + "\n"


def attribute_section(groups: Groups) -> str:
    """Write the section of a README, with the marks between which it stands."""
    return "\n\n".join((BEGIN, *_tables(groups), END))


def section_of(readme: str) -> str | None:
    """The section of attributes that a README has, with its marks, or ``None``."""
    found = _SECTION.search(readme.replace("\r\n", "\n"))
    return found[0] if found else None


def with_section(readme: str, groups: Groups) -> str:
    """A README with its section of attributes made anew, at its end when it had none.

    Parameters
    ----------
    readme
        Text of the README.
    groups
        What SCHEMA says.
    """
    section = attribute_section(groups)
    text = readme.replace("\r\n", "\n")
    if section_of(text) is None:
        before = f"{text.rstrip()}\n\n" if text.strip() else ""
        return f"{before}## Attributes\n\n{section}\n"
    return _SECTION.sub(lambda _: section, text, count=1)


def _tables(groups: Groups) -> Iterator[str]:
    ordered = [key for key in SCHEMA_KEYS if key in groups] + [
        key for key in groups if key not in SCHEMA_KEYS
    ]
    for key in ordered:
        yield "\n".join((f"### {_heading(key)}", "", *_table(groups[key])))


def _heading(key: str) -> str:
    kind = SCHEMA_KEYS.get(key)
    name = kind.schema_name.replace("_", " ") if kind else key.replace("_", " ")
    return _plain("fields of view" if name == "fovs" else name).capitalize()


def _table(group: AttributeGroup) -> Iterator[str]:
    if not group.attributes:
        yield "No attributes are described."
        return
    yield "| attribute | meaning | values | example | from |"
    yield "|---|---|---|---|---|"
    for attribute in sorted(group.attributes.values(), key=lambda one: one.name):
        cells = (
            _plain(attribute.name),
            _plain(attribute.description),
            in_words(attribute.types),
            _example(attribute),
            _plain(attribute.origin),
        )
        yield f"| {' | '.join(cells)} |"


def _example(attribute: Attribute) -> str:
    return ", ".join(_short(value) for value in example_values(attribute)[:3])


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _plain(text if len(text) <= _LONGEST_EXAMPLE else f"{text[:_LONGEST_EXAMPLE]}…")


def _plain(text: str) -> str:
    """Text from a contributor as Markdown that says just this."""
    visible = "".join(character if character.isprintable() else " " for character in text)
    return _SPECIAL.sub(r"\\\1", " ".join(visible.split()))
