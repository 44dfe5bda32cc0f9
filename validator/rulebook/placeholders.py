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


def says_only(text: str, name: str) -> bool:
    """Whether a description says nothing but the name of what it describes, in whatever spelling or order.

    >>> says_only("Seed Date.", "seed_date"), says_only("seedDate", "seed_date"), says_only("The type of the well", "well_type")
    (True, True, True)
    >>> says_only("day of seeding", "seed_date"), says_only("clone of the cells", "clone")
    (False, False)
    """
    words, own = plain_words(text).split(), plain_words(name).split()
    if "".join(words) == "".join(own):
        return True
    filling = _filling()
    return bool(own) and sorted(word for word in words if word not in filling or word in own) == sorted(own)


@cache
def _filling() -> frozenset[str]:
    return frozenset(read_rulebook_file("vocabularies/placeholders.yaml")["filling"])


@cache
def _vocabulary() -> tuple[frozenset[str], tuple[str, ...]]:
    document = read_rulebook_file("vocabularies/placeholders.yaml")
    return frozenset(plain_words(str(text)) for text in document["whole"]), tuple(document["begins"])
