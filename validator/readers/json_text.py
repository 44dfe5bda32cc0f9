"""JSON documents that know their lines: a JSON pointer leads to the line where its value begins."""

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO, NoReturn

from validator.errors import UnreadableFile
from validator.readers.json_places import TOKEN, escape_pointer, places_of
from validator.readers.signatures import HEAD_SIZE, foreign_format

LARGEST_DOCUMENT = 64 << 20
"""64 MiB; known documents have a few kB."""
_SHOWN = 40
_NO_NUMBERS = frozenset({"NaN", "Infinity", "-Infinity"})
_MOST_DIGITS = 4300
"""More digits Python does not read, since that can be made to take hours."""
_WORD = re.compile(r"\w+")
_OF_PYTHON = {"None": "null", "True": "true", "False": "false"}


@dataclass
class JsonDocument:
    """A JSON text with its value.

    Attributes
    ----------
    text
        As it is written.
    value
        What it says.
    """

    text: str
    value: Any = field(repr=False)

    def line(self, pointer: str) -> int:
        """Line at which the value of a JSON pointer begins (of its nearest parent when it is not there)."""
        while pointer and pointer not in self._lines:
            pointer = pointer.rpartition("/")[0]
        return self._lines.get(pointer, 1)

    @cached_property
    def _lines(self) -> dict[str, int]:
        return dict(reversed(list(places_of(self.text))))


def read_json(stream: BinaryIO) -> JsonDocument:
    """Read a JSON document, whatever its name says.

    Raises
    ------
    UnreadableFile
        If it is something else, is damaged, or says two things under one name.
    OSError
        If the system refuses to read it.
    """
    content = stream.read(LARGEST_DOCUMENT + 1)
    if len(content) > LARGEST_DOCUMENT:
        raise UnreadableFile("It is longer than 64 MiB", "check that it is the right file")
    foreign = foreign_format(content[:HEAD_SIZE])
    if foreign:
        raise UnreadableFile(f"It is {foreign}, not a JSON document", "put the JSON document in its place")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(
            f"Line {line} holds a character that is not UTF-8", "save it as UTF-8", f"line {line}"
        ) from error
    return parse_json(text)


def parse_json(text: str) -> JsonDocument:
    """Understand the text of a JSON document; otherwise like `read_json`."""
    if not text.strip():
        raise UnreadableFile("It is empty", "write the document again")
    try:
        value = json.loads(text, object_pairs_hook=_no_name_twice, parse_constant=_no_constant)
    except _NameTwice as twice:
        line = _second_line(text, twice.name)
        raise UnreadableFile(
            f"It says “{twice.name[:_SHOWN]}” twice in one object", "remove one of the two", f"line {line}"
        ) from None
    except json.JSONDecodeError as error:
        raise _no_json(text, error.pos) from error
    except RecursionError as error:
        raise UnreadableFile("Its brackets are nested without end", "write the document again") from error
    except ValueError as error:  # NaN, or a number of more than 4,300 digits
        raise UnreadableFile(
            "It holds a number that JSON does not have (NaN, Infinity, or one with thousands of digits)",
            "write null in its place",
            f"line {_line_of_no_number(text)}",
        ) from error
    return JsonDocument(text, value)


class _NameTwice(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _NameTwice(name)
        found[name] = value
    return found


def _no_constant(text: str) -> NoReturn:
    raise ValueError(text)


def _no_json(text: str, position: int) -> UnreadableFile:
    """What a text is that stops being JSON at a position; a comma before a bracket is told at the comma.

    Python 3.13 stops at such a comma, earlier ones at the bracket.
    """
    before = text[:position].rstrip()
    if before.endswith(",") and text[position:].startswith(("}", "]")):
        position = len(before) - 1
    line = text.count("\n", 0, position) + 1
    place = f"line {line}, character {position - text.rfind(chr(10), 0, position)}"
    if text[position : position + 1] == "," and text[position + 1 :].lstrip().startswith(("}", "]")):
        what, mend = f"{place} is a comma before a closing bracket", "remove the comma before the bracket"
    else:
        what, mend = f"{place} does not fit what stands before it", _advice(text[position:].lstrip())
    return UnreadableFile(f"It is not JSON: {what}", mend, f"line {line}")


def _advice(here: str) -> str:
    """What to do about the place at which a text stops being JSON."""
    word = _WORD.match(here)
    if word and word[0] in _OF_PYTHON:
        return f"write {_OF_PYTHON[word[0]]} for Python's {word[0]}"
    if here.startswith("'"):
        return 'write quotation marks (") for apostrophes, as JSON wants them'
    return "look for a missing comma, quotation mark or bracket there, or one too many"


def _line_of_no_number(text: str) -> int:
    """Line of the first number that JSON does not have."""
    for token in TOKEN.finditer(text):
        if token[0] in _NO_NUMBERS or (len(token[0]) > _MOST_DIGITS and token[0].lstrip("-").isdigit()):
            return text.count("\n", 0, token.start()) + 1
    return 1


def _second_line(text: str, name: str) -> int:
    seen: set[str] = set()
    for pointer, line in places_of(text):
        if pointer in seen and pointer.rpartition("/")[2] == escape_pointer(name):
            return line
        seen.add(pointer)
    return 1
