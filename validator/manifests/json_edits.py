"""Change values in a JSON text and nothing else of it: spaces, order, spelling and line ends stay as they are."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Member:
    """A field of an object in a text.

    Attributes
    ----------
    name
        Of the field.
    start, colon
        Where its name begins, and where that ends.
    value, end
        Where its value begins, and where that ends.
    """

    name: str
    start: int
    colon: int
    value: int
    end: int


def find_objects(text: str) -> list[list[Member]]:
    """Fields of each object of the list that a JSON text holds; of ``{"datasets": [...]}`` the list in it.

    The text must be valid JSON of one of these forms.
    """
    position = _skip(text, 0)
    if text[position] == "{":
        members, _ = _members(text, position)
        position = next(member.value for member in members if member.name == "datasets")
    found = []
    position = _skip(text, position + 1)
    while text[position] != "]":
        members, position = _members(text, position)
        found.append(members)
        position = _skip(text, position)
        if text[position] == ",":
            position = _skip(text, position + 1)
    return found


def edit_json(text: str, changes: Mapping[int, Mapping[str, Any]]) -> str:
    """Set fields of the objects in a list.

    Parameters
    ----------
    text
        Valid JSON: a list of objects, or an object with such a list in ``datasets``.
    changes
        New values of fields by the position of their object. A field that is not there is added behind the last
        one, written as its neighbours are.
    """
    objects = find_objects(text)
    edits: list[tuple[int, int, str]] = []
    for position, values in changes.items():
        members = objects[position]
        there = {member.name: member for member in members}
        added = ""
        for name, value in values.items():
            written = json.dumps(value, ensure_ascii=False)
            if name in there:
                edits.append((there[name].value, there[name].end, written))
            else:
                added += _separator(text, members) + json.dumps(name) + _colon(text, members) + written
        if added:
            edits.append((members[-1].end, members[-1].end, added))
    return apply_edits(text, edits)


def apply_edits(text: str, edits: list[tuple[int, int, str]]) -> str:
    """Replace stretches of a text; they must not overlap."""
    pieces, done = [], 0
    for start, end, replacement in sorted(edits):
        pieces += [text[done:start], replacement]
        done = end
    return "".join([*pieces, text[done:]])


def _members(text: str, position: int) -> tuple[list[Member], int]:
    """Fields of the object that begins here, and where it ends."""
    members = []
    position = _skip(text, position + 1)
    while text[position] != "}":
        start = position
        name, colon = _DECODER.raw_decode(text, start)
        value = _skip(text, _skip(text, colon) + 1)
        _, end = _DECODER.raw_decode(text, value)
        members.append(Member(name, start, colon, value, end))
        position = _skip(text, end)
        if text[position] == ",":
            position = _skip(text, position + 1)
    return members, position + 1


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match is not None else position


def _separator(text: str, members: list[Member]) -> str:
    return text[members[-2].end : members[-1].start] if len(members) > 1 else ", "


def _colon(text: str, members: list[Member]) -> str:
    return text[members[-1].colon : members[-1].value]
