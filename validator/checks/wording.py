"""How findings of folders and files are worded: counts, lists, and keys as people write them."""

import unicodedata
from collections.abc import Sequence

from validator.models.counts import counted

__all__ = ["below_source", "counted", "listed", "named_characters"]

LISTED = 8

_CHARACTERS = {
    " ": "space",
    ",": "comma",
    ".": "dot",
    ";": "semicolon",
    ":": "colon",
    "'": "apostrophe",
    '"': "quotation mark",
}


def listed(names: Sequence[str], last: str = "or") -> str:
    """Write names as a list that is not too long.

    >>> listed(["images/", "workspace/", "workspace_dl/"])
    'images/, workspace/ or workspace_dl/'
    """
    if len(names) > LISTED:
        return f"{', '.join(names[:LISTED])}, … ({len(names) - LISTED} others)"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def below_source(key: str) -> str:
    """Write a key without project and source, as it is seen from inside a dataset."""
    parts = key.split("/", 2)
    return parts[2] if len(parts) > 2 and parts[2] else key


def named_characters(characters: str) -> str:
    """Write characters so that they can be seen.

    >>> named_characters(" (µ")
    'space, (, µ (micro sign)'
    """
    return ", ".join(_named(character) for character in characters)


def _named(character: str) -> str:
    if character in _CHARACTERS:
        return _CHARACTERS[character]
    if character.isascii() and character.isprintable():
        return character
    name = unicodedata.name(character, f"character U+{ord(character):04X}").lower()
    return f"{character} ({name})" if character.isprintable() else name
