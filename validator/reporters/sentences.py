"""Gives what is said to a person one form: a capital at the beginning, a full stop at the end.

Reasons and hints are written where they arise, and often as parts of other sentences; names, paths and commands
in them stay as they are.
"""

import re

_OPENING = frozenset(
    [
        "a",
        "all",
        "an",
        "another",
        "at",
        "it",
        "keys",
        "neither",
        "no",
        "nothing",
        "one",
        "somebody",
        "the",
        "there",
        "these",
        "this",
        "uploads",
        "what",
    ]
)
"""Words with which the reasons themselves begin; any other first word may be the name of a file or a bucket."""
_COMMANDS = frozenset(("aws", "cpgate", "export", "jq", "pip"))
_WORD = re.compile(r"[a-z]+(?=[ ,:;])")
_EXAMPLE = re.compile(r'(^|: )(cpgate |pip |aws |jq |args: |-|"|s3://|/|\./)[^:]*(:[^ ][^:]*)*$')
"""A command or an address at the very end, to be copied: a full stop would be copied, too."""


def sentence(text: str) -> str:
    """Make a sentence of what happened: ``no keys were found`` is *No keys were found.*, names stay as they are."""
    word = _WORD.match(text)
    if word and word.group() in _OPENING:
        text = _capital(text)
    return _closed(text)


def advice(text: str) -> str:
    """Make a sentence of what to do: ``check the path`` is *Check the path.*, a command to type stays bare."""
    word = _WORD.match(text)
    if word and word.group() not in _COMMANDS:
        text = _capital(text)
    return text if _EXAMPLE.search(text) else _closed(text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _closed(text: str) -> str:
    return text if not text or text.endswith((".", "!", "?", ":", "…")) else f"{text}."
