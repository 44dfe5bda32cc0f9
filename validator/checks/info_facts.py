"""What one info document says: its links, the values that must agree with them, and what is wrong with it alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from validator.checks.info_rules import (
    ATTRIBUTE_TYPE,
    CHANNELS_FORM,
    CHANNELS_UNUSED,
    EDITS_FORM,
    INFO_UNREADABLE,
    LINK_FORM,
    LINK_TWICE,
)
from validator.checks.package_nodes import Node
from validator.checks.row_words import shown
from validator.checks.wording import counted
from validator.errors import UnreadableFile
from validator.models.attributes import example_values
from validator.models.finding import Finding, Location
from validator.models.package import NODE_KINDS, Attribute, AttributeGroup, info_name
from validator.models.value_types import has_type, in_words, type_of
from validator.readers.json_places import escape_pointer
from validator.readers.json_text import JsonDocument

SCALARS = ("plate_barcode", "well_name", "line")
"""Attributes that repeat what a link says."""


@dataclass(slots=True)
class InfoFacts:
    """What is kept of an info document.

    Attributes
    ----------
    node
        Whose it is.
    readable
        Whether it could be read; everything else is empty otherwise.
    problem
        Why it could not.
    names
        Names of its attributes as it writes them, by the names of info documents.
    links
        Names of nodes that it lists, by their group; only lists that are right in their form.
    scalars
        Texts that must agree with links.
    channels
        How many channels it describes; ``None`` when it does not say.
    unknown, missing
        Attributes that SCHEMA does not describe, and those that are not there.
    findings
        What is wrong with the document alone.
    """

    node: Node
    readable: bool = False
    problem: UnreadableFile | None = None
    names: dict[str, str] = field(default_factory=dict)
    links: dict[str, tuple[str, ...]] = field(default_factory=dict)
    scalars: dict[str, str] = field(default_factory=dict)
    channels: int | None = None
    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    findings: list[Finding] = field(default_factory=list)

    def pointer(self, attribute: str, index: int | None = None) -> str:
        """JSON pointer to an attribute, or to an element of it; to the document when it is not there."""
        if attribute not in self.names:
            return ""
        own = f"/{escape_pointer(self.names[attribute])}"
        return own if index is None else f"{own}/{index}"


def read_facts(node: Node, document: JsonDocument, described: AttributeGroup | None) -> InfoFacts:
    """Judge one info document and keep what links need.

    Parameters
    ----------
    node
        Whose it is.
    document
        The document.
    described
        What SCHEMA says of its kind; ``None`` when it says nothing that can be used.
    """
    facts = InfoFacts(node)
    if not isinstance(document.value, dict):
        facts.findings.append(
            INFO_UNREADABLE.finding(
                node.info_key,
                f"This info document is {in_words([type_of(document.value)])}, not an object",
                location=Location(pointer="", line=1),
            )
        )
        return facts
    facts.readable = True
    values: dict[str, Any] = {}
    for name, value in document.value.items():
        known = facts.names.setdefault(info_name(name), name)
        if known == name:
            values[info_name(name)] = value
        else:
            facts.findings.append(_twice(facts, document, known, name))
    facts.scalars = {name: values[name] for name in SCALARS if isinstance(values.get(name), str)}
    if described is not None:
        facts.unknown = tuple(name for name in values if name not in described.attributes)
        facts.missing = tuple(n for n, a in described.attributes.items() if a.described and n not in values)
    for name, value in values.items():
        attribute = described.attributes.get(name) if described is not None else None
        facts.findings.extend(_judge(facts, document, name, value, attribute))
    return facts


def _twice(facts: InfoFacts, document: JsonDocument, first: str, second: str) -> Finding:
    """Say that an association stands there under both of its names."""
    return LINK_FORM.finding(
        facts.node.info_key,
        f"“{second}” and “{first}” are two names of one association",
        location=_at(document, f"/{escape_pointer(second)}"),
        hint=f"Keep “{info_name(first)}”, remove the other.",
    )


def _judge(
    facts: InfoFacts, document: JsonDocument, name: str, value: Any, attribute: Attribute | None
) -> Iterator[Finding]:
    if name in NODE_KINDS:
        yield from _judge_links(facts, document, name, value)
    elif name == "channels" and facts.node.kind.group == "fovs":
        yield from _judge_channels(facts, document, value)
    elif name == "edits" and facts.node.kind.group == "lines":
        yield from _judge_edits(facts, document, value)
    elif attribute is not None and not _fits(attribute, value):
        yield ATTRIBUTE_TYPE.finding(
            facts.node.info_key,
            f"“{name}” is {_what(value)}, and SCHEMA declares {in_words(attribute.types)}",
            location=_at(document, facts.pointer(name)),
            expected=in_words(attribute.types),
            actual=_what(value),
        )


def _fits(attribute: Attribute, value: Any) -> bool:
    """Whether a value has a declared type, or is null, or SCHEMA does not declare one that can be used."""
    return (
        value is None
        or not attribute.types
        or has_type(value, attribute.types)
        or not _examples_fit(attribute)
    )


def _examples_fit(attribute: Attribute) -> bool:
    """Whether SCHEMA agrees with itself; otherwise that is the mistake, and not in every document."""
    return all(value is None or has_type(value, attribute.types) for value in example_values(attribute))


def _judge_links(facts: InfoFacts, document: JsonDocument, group: str, value: Any) -> Iterator[Finding]:
    node, pointer = facts.node, facts.pointer(group)
    if group == node.kind.group:
        facts.unknown = tuple(name for name in facts.unknown if name != group)
        message = f"This is {node.kind.noun} and lists {group}: a node lists nodes of the other kinds"
        yield LINK_FORM.finding(
            node.info_key,
            message,
            location=_at(document, pointer),
            hint=f"Remove “{facts.names[group]}”.",
        )
        return
    if not isinstance(value, list):
        hint = f'Write a list: ["{value}"].' if isinstance(value, str) else "Write [] when there is none."
        yield LINK_FORM.finding(
            node.info_key,
            f"“{group}” is {_what(value)}, not a list of names",
            location=_at(document, pointer),
            expected="a list",
            actual=_what(value),
            hint=hint,
        )
        return
    wrong = [index for index, name in enumerate(value) if not isinstance(name, str)]
    if wrong:
        yield LINK_FORM.finding(
            node.info_key,
            f"Element {wrong[0]} of “{group}” is {_what(value[wrong[0]])}, not the name of a node",
            location=_at(document, f"{pointer}/{wrong[0]}"),
            count=len(wrong),
            hint=f"Write the name, such as “{NODE_KINDS[group].form_shown}”.",
        )
        return
    facts.links[group] = tuple(map(intern, value))
    first = {name: index for index, name in reversed(list(enumerate(value)))}
    again = [index for index, name in enumerate(value) if first[name] != index]
    if again:
        others = len({value[index] for index in again}) - 1
        also = f" and {counted(others, 'other name')}" if others else ""
        yield LINK_TWICE.finding(
            node.info_key,
            f"“{group}” names {shown(value[again[0]])}{also} more than once",
            location=_at(document, f"{pointer}/{again[0]}"),
            count=len(again),
            examples=dict.fromkeys(value[index] for index in again) if others else (),
        )


def _judge_channels(facts: InfoFacts, document: JsonDocument, value: Any) -> Iterator[Finding]:
    if value is None:
        return
    pointer = facts.pointer("channels")
    key = facts.node.info_key
    if not isinstance(value, list):
        yield CHANNELS_FORM.finding(
            key, f"“channels” is {_what(value)}, not a list of objects", location=_at(document, pointer)
        )
        return
    facts.channels = len(value)
    usable = 0
    for index, channel in enumerate(value):
        wrong = list(_judge_channel(key, document, f"{pointer}/{index}", index, channel))
        yield from wrong
        usable += bool(wrong) or bool(channel["use"])
    if value and not usable:
        yield CHANNELS_UNUSED.finding(
            key, f"None of the {len(value)} channels is of use", location=_at(document, pointer)
        )


def _judge_channel(
    key: str, document: JsonDocument, pointer: str, index: int, channel: Any
) -> Iterator[Finding]:
    where = _at(document, pointer)
    if not isinstance(channel, dict):
        message = f"Channel {index} is {_what(channel)}, not an object with dye_name and use"
        yield CHANNELS_FORM.finding(key, message, location=where)
        return
    name = channel.get("dye_name")
    if not isinstance(name, str) or not name.strip():
        said = "has no dye_name" if name is None else f"has {_what(name)} as dye_name"
        inside = f"{pointer}/dye_name" if "dye_name" in channel else pointer
        yield CHANNELS_FORM.finding(
            key, f"Channel {index} {said}", location=_at(document, inside), expected="a name"
        )
    if "use" not in channel:
        message = f"Channel {index} does not say whether it is of use"
        yield CHANNELS_FORM.finding(key, message, location=where, expected="use")
    elif not isinstance(channel["use"], int | float | None):  # the text "0" counts as yes in every program
        yield CHANNELS_FORM.finding(
            key,
            f"Channel {index} has {_what(channel['use'])} as use",
            location=_at(document, f"{pointer}/use"),
            expected="1, 0, true or false",
        )


def _judge_edits(facts: InfoFacts, document: JsonDocument, value: Any) -> Iterator[Finding]:
    if value is None:
        return
    key, pointer = facts.node.info_key, facts.pointer("edits")
    if not isinstance(value, list):
        yield EDITS_FORM.finding(
            key, f"“edits” is {_what(value)}, not a list of objects", location=_at(document, pointer)
        )
        return
    for index, edit in enumerate(value):
        gene = edit.get("gene") if isinstance(edit, dict) else None
        if not isinstance(gene, str) or not gene.strip():
            said = "names no gene" if isinstance(edit, dict) else f"is {_what(edit)}, not an object"
            where = _at(document, f"{pointer}/{index}")
            yield EDITS_FORM.finding(key, f"Edit {index} {said}", location=where, expected="a gene")


def _at(document: JsonDocument, pointer: str) -> Location:
    return Location(pointer=pointer, line=document.line(pointer))


def _what(value: Any) -> str:
    """A value for people: its type, and itself where it is short."""
    if isinstance(value, str):
        return f"the text {shown(value)}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {str(value)[:40]}"
    return in_words([type_of(value)])
