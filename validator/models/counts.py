"""Numbers with what they count: the one place that knows singular and plural."""

_PLURALS = {"field of view": "fields of view", "file or folder": "files or folders"}
"""Where the last word is not the one that changes."""
_HISSING = ("ch", "sh", "s", "x", "z")


def plural(noun: str) -> str:
    """Return the plural of a noun.

    Examples
    --------
    >>> plural("file"), plural("batch"), plural("entry"), plural("key"), plural("field of view")
    ('files', 'batches', 'entries', 'keys', 'fields of view')
    """
    if noun in _PLURALS:
        return _PLURALS[noun]
    if noun.endswith(_HISSING):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def counted(value: int, noun: str) -> str:
    """Return a number with its noun in the singular or plural.

    Examples
    --------
    >>> counted(1, "batch"), counted(12, "batch"), counted(331776, "file"), counted(0, "byte")
    ('1 batch', '12 batches', '331,776 files', '0 bytes')
    """
    return f"1 {noun}" if value == 1 else f"{value:,} {plural(noun)}"
