"""Descriptions that nobody has written yet."""

import re
from functools import cache

from validator.rulebook.locate import read_rulebook_file

_NOT_LETTERS = re.compile(r"[\W_]+")


def is_placeholder(text: str) -> bool:
    """Whether a description only says that one is to be written.

    >>> is_placeholder("TODO: describe"), is_placeholder("n/a"), is_placeholder("???"), is_placeholder("clone number")
    (True, True, True, False)
    """
    plain = plain_words(text)
    whole, begins = _vocabulary()
    return (
        not plain or plain in whole or any(plain == word or plain.startswith(f"{word} ") for word in begins)
    )


def plain_words(text: str) -> str:
    """The words of a text in lower case, without punctuation.

    >>> plain_words("Plate_ID: "), plain_words("...")
    ('plate id', '')
    """
    return _NOT_LETTERS.sub(" ", text).strip().lower()


@cache
def _vocabulary() -> tuple[frozenset[str], tuple[str, ...]]:
    document = read_rulebook_file("vocabularies/placeholders.yaml")
    return frozenset(plain_words(str(text)) for text in document["whole"]), tuple(document["begins"])
