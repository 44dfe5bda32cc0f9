"""Types of attribute values as SCHEMA documents write them: Python 2 and Python 3 spellings of the same."""

import re
from collections.abc import Iterable
from typing import Any

_SPELLED = re.compile(r"<(?:type|class) '([A-Za-z_][\w.]*)'>")
_NAMES = {
    "str": "str",
    "unicode": "str",
    "basestring": "str",
    "int": "int",
    "long": "int",
    "float": "float",
    "bool": "bool",
    "list": "list",
    "tuple": "list",
    "dict": "dict",
    "NoneType": "null",
}
_NUMPY = re.compile(r"numpy\.(str|unicode|bool|u?int|float)(?:_|\d+)?_?")
_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "dict": "an object",
    "null": "null",
}


def type_name(spelled: object) -> str | None:
    """Name of the type that a text of ``value_types`` stands for, or ``None`` when it stands for none.

    >>> type_name("<type 'unicode'>"), type_name("<class 'int'>"), type_name("<type 'long'>"), type_name("str")
    ('str', 'int', 'int', None)
    >>> type_name("<class 'numpy.float64'>")
    'float'
    """
    found = _SPELLED.fullmatch(spelled) if isinstance(spelled, str) else None
    if found is None:
        return None
    numpy = _NUMPY.fullmatch(found[1])
    if numpy is not None:
        return _NAMES[numpy[1].removeprefix("u") if numpy[1] == "uint" else numpy[1]]
    return _NAMES.get(found[1])


def spelling(name: str) -> str:
    """Write a type as SCHEMA documents do.

    >>> spelling("str"), spelling("null")
    ("<class 'str'>", "<class 'NoneType'>")
    """
    return f"<class '{'NoneType' if name == 'null' else name}'>"


def type_of(value: Any) -> str:
    """Name of the type of a JSON value.

    >>> type_of(True), type_of(3), type_of(3.0), type_of("a"), type_of([]), type_of(None)
    ('bool', 'int', 'float', 'str', 'list', 'null')
    """
    if value is None:
        return "null"
    return {bool: "bool", int: "int", float: "float", str: "str", list: "list", dict: "dict"}[type(value)]


def has_type(value: Any, types: Iterable[str]) -> bool:
    """Whether a JSON value has one of the types; a whole number is a number, too.

    >>> has_type(3000, ["float"]), has_type(3.5, ["int"]), has_type(True, ["int"])
    (True, False, False)
    """
    own = type_of(value)
    wanted = set(types)
    return own in wanted or (own == "int" and "float" in wanted)


def in_words(types: Iterable[str]) -> str:
    """Types for people.

    >>> in_words(["str", "null"]), in_words(["int"])
    ('text or null', 'a whole number')
    """
    return " or ".join(_WORDS[name] for name in types)
