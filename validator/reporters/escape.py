r"""Text from contributors, made safe to show.

A file name may hold control characters that move the cursor, escape sequences that recolour or rename the
terminal, and marks that reverse the direction of the text so that ``evil<RLO>txt.exe`` reads as something
else. Whatever does not simply stand for itself is shown by its number: ``\x1b``, ``\u202e``.
"""

import unicodedata

# Control, format (bidirectional marks, zero width), surrogate, line and paragraph separator.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


LONGEST = 4096
"""Characters that are shown of a text: the longest path of Linux, and four times the longest key of S3."""


def shown(text: str) -> str:
    r"""Return the text with every character that is not plainly visible replaced by its number.

    Bytes that were not UTF-8 (Python keeps them as lone surrogates) come out as the byte, ``\xff``. Spaces
    other than the ordinary one are shown as numbers too: they are a usual reason why two names differ. What is
    longer than any name or sentence (a field of a megabyte) is cut.

    Examples
    --------
    >>> shown("BR0042\x1b[2J")
    'BR0042\\x1b[2J'
    >>> shown("A01\u00a0s1.tif")
    'A01\\xa0s1.tif'
    """
    if len(text) > LONGEST:
        return f"{shown(text[:LONGEST])}… ({len(text):,} characters)"
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown_character(character) for character in text)


def _shown_character(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    category = unicodedata.category(character)
    if category not in _UNSEEN and (category != "Zs" or character == " "):
        return character
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
