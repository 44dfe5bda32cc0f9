"""Names of folders without special characters."""

import re
import unicodedata

from validator.rulebook.layout import Layout

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_.-]+")


def plain_name(name: str, layout: Layout) -> str:
    """Return a folder's name without special characters; dots stay where the layout allows them.

    Examples
    --------
    >>> from validator.rulebook.layout import load_layout
    >>> plain_name("old versions", load_layout()), plain_name("BR 01.zarr", load_layout())
    ('old_versions', 'BR_01.zarr')
    >>> plain_name("Düsseldorf (1.5)", load_layout()), plain_name("µ", load_layout())
    ('Dusseldorf_1_5', '')
    """
    letters = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    with_dots = "_".join(part for part in _NOT_PLAIN.split(letters) if part)
    if not layout.strange_characters(with_dots):
        return with_dots
    return "_".join(part for part in _NOT_PLAIN.split(letters.replace(".", " ")) if part)
