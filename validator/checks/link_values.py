"""Values that repeat what a link says: plate_barcode, well_name, line, and the plate in the name of a well."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from validator.checks.info_facts import InfoFacts
from validator.checks.row_words import shown

_WELL = re.compile(r"([A-Za-z]{1,2})0*(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A value that names another node than the link does.

    Attributes
    ----------
    attribute
        The attribute, or empty for what the name of the node says.
    group
        Group of the link.
    message
        What is wrong, in words.
    linked
        Name of the node that the link names.
    """

    attribute: str
    group: str
    message: str
    linked: str


def disagreements(facts: InfoFacts) -> Iterator[Disagreement]:
    """Every value of an info document that disagrees with a link (of which there is one), or with the node's own name."""
    for attribute, (group, agrees) in _VALUES.items():
        value, linked = facts.scalars.get(attribute), _linked(facts, group)
        if value is not None and linked is not None and not agrees(value, linked):
            where = "the node is" if facts.node.kind.group == group else "the link is to"
            yield Disagreement(
                attribute, group, f"“{attribute}” is {shown(value)}, and {where} {shown(linked)}", linked
            )
    plate, found, _ = facts.node.name.rpartition("_well_")
    linked = _linked(facts, "plates")
    if facts.node.kind.group == "wells" and found and linked is not None and plate != linked:
        message = f"This is a well of {shown(plate)} by its name, and the link is to {shown(linked)}"
        yield Disagreement("", "plates", message, linked)


def _linked(facts: InfoFacts, group: str) -> str | None:
    if facts.node.kind.group == group:
        return facts.node.name if facts.node.kind.form.fullmatch(facts.node.name) else None
    names = set(facts.links.get(group, ()))
    return names.pop() if len(names) == 1 else None


def _same_plate(value: str, node: str) -> bool:
    return node.removeprefix("plate_") == value.strip()


def _same_well(value: str, node: str) -> bool:
    _, found, tail = node.rpartition("_well_")
    return not found or _plain_well(tail) == _plain_well(value)


def _plain_well(name: str) -> str:
    found = _WELL.fullmatch(name.strip())
    return f"{found[1].upper()}{found[2]}" if found else name.strip()


def _same_line(value: str, node: str) -> bool:
    return re.sub(r"\W", "_", value.strip()) == node.removeprefix("line_")


_VALUES: Mapping[str, tuple[str, Callable[[str, str], bool]]] = {
    "plate_barcode": ("plates", _same_plate),
    "well_name": ("wells", _same_well),
    "line": ("lines", _same_line),
}
