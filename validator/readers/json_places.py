"""Where the values of a JSON text stand: its pointers (RFC 6901) and their lines."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

TOKEN = re.compile(r'[\[\]{},]|"(?:[^"\\]|\\.)*"(?P<colon>\s*:)?|[^\s\[\]{},":]+')
"""Brackets, commas, strings (with their colon where they are names) and all else."""


def escape_pointer(name: str) -> str:
    """Write a name as a part of a JSON pointer (RFC 6901).

    >>> escape_pointer("a/b~c")
    'a~1b~0c'
    """
    return name.replace("~", "~0").replace("/", "~1")


@dataclass(slots=True)
class _Level:
    """An object or a list that is open: its pointer, and where in it the next value stands."""

    pointer: str
    is_list: bool
    index: int = 0
    name: str = ""

    def next_pointer(self) -> str:
        return f"{self.pointer}/{self.index if self.is_list else escape_pointer(self.name)}"


def places_of(text: str) -> Iterator[tuple[str, int]]:
    """Every JSON pointer of a valid text with the line of its name, or of its value in a list."""
    levels: list[_Level] = []
    line, read = 1, 0
    for token in TOKEN.finditer(text):
        line += text.count("\n", read, token.start())
        read = token.start()
        sign = text[read]
        if sign in "}]":
            levels.pop()
        elif sign == ",":
            levels[-1].index += 1
        elif token["colon"] is not None:
            levels[-1].name = json.loads(text[token.start() : token.start("colon")], strict=False)
            yield levels[-1].next_pointer(), line
        else:
            pointer = levels[-1].next_pointer() if levels else ""
            if not levels or levels[-1].is_list:
                yield pointer, line
            if sign in "{[":
                levels.append(_Level(pointer, sign == "["))
