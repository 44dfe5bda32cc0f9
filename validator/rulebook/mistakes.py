"""What is wrong with a file that a user wrote (configuration, policy), in plain words."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from validator.errors import UsageError
from validator.models.finding import Level

LARGEST = 1_000_000
"""Bytes; what people write by hand is shorter."""

LongPath = tuple[int | str, ...]


def read_bounded(path: Path, what: str) -> bytes:
    """Bytes of a file that a person wrote.

    Parameters
    ----------
    path
        The file.
    what
        What messages call it: ``configuration``, ``policy``.

    Raises
    ------
    UsageError
        If it is not there, cannot be read or is too large.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise UsageError(f"There is no {what} {path}.", "Check the path.") from None
    except IsADirectoryError:
        raise UsageError(f"The {what} {path} is a folder.", "Name a file.") from None
    except OSError as error:
        reason = (error.strerror or "the system gives no reason").lower()
        raise UsageError(
            f"The {what} {path} cannot be read: {reason}.", "Ask its owner for access."
        ) from None
    if len(data) > LARGEST:
        raise UsageError(f"The {what} {path} is larger than 1 MB.", "Check that this is the file you mean.")
    return data


def mistake(path: Path, line: int, text: str, mend: str = "") -> UsageError:
    """One mistake in a file, with its line where that is known (not 0)."""
    where = f"{path}, line {line}" if line else str(path)
    return UsageError(f"{where}: {text}", mend)


def first_mistake(
    error: ValidationError, model: type[BaseModel], path: Path, lines: Mapping[LongPath, int]
) -> UsageError:
    """Put the first thing that a model objects to into words.

    Parameters
    ----------
    error
        What the model said.
    model
        The model.
    path
        The file.
    lines
        Line of each part of the document that has one; the nearest part around the mistake is taken.
    """
    details = error.errors(include_url=False)[0]
    loc: LongPath = details["loc"]
    line = next((lines[loc[:n]] for n in range(len(loc), 0, -1) if loc[:n] in lines), 0)
    text, mend = _in_words(details, model)
    return mistake(path, line, text, mend)


def _in_words(details: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    loc = details["loc"]
    where, value = key_path(loc), details["input"]
    known = _fields(model, loc[:-1])
    if details["type"] == "extra_forbidden":
        near = get_close_matches(str(loc[-1]), known, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        return f"there is no key {where}.", f"{hint}There are: {', '.join(known)}."
    if details["type"] == "missing":
        if loc[-1] == "reason":
            return f"{where} is missing.", "Say why, in a few words: the report prints it."
        return f"{where} is missing.", ""
    if details["type"] == "enum":
        levels = [level.value for level in Level]
        near = get_close_matches(str(value).lower(), levels, n=1)
        return f"{where} is {_said(value)}, which is no level.", (
            f"Did you mean {near[0]}? " if near else ""
        ) + f"There are: {', '.join(levels)}."
    if details["type"] in ("string_too_short", "too_short"):
        return f"{where} is empty.", "Say why, in a few words." if loc[-1] == "reason" else "Fill it in."
    if details["type"] == "string_pattern_mismatch":
        return f"{where} is {_said(value)}.", "Write project/source: cpg0051-heart/broad."
    return f"{where} is {_said(value)}; expected {_EXPECTED.get(details['type'], 'something else')}.", ""


_EXPECTED = {
    "string_type": 'text in quotation marks ("...")',
    "list_type": 'a list ["...", "..."]',
    "dict_type": "a table of names and values",
    "model_type": "a table of names and values",
}


def key_path(loc: Sequence[int | str]) -> str:
    """The way to a key as people write it.

    >>> key_path(("level", 1, "reason"))
    'level[2].reason'
    """
    text = ""
    for part in loc:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "the whole file"


def _fields(model: type[BaseModel], loc: LongPath) -> list[str]:
    """Names of the keys that may stand at a place."""
    for part in loc:
        if isinstance(part, str) and part in model.model_fields:
            inner = _model_in(model.model_fields[part].annotation)
            if inner is not None:
                model = inner
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, getattr(annotation, "__args__", ()))), None)


def _said(value: object) -> str:
    if isinstance(value, str):
        return f"{value[:80]!r}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)[:80]
    if value is None:
        return "empty"
    return "a list" if isinstance(value, list) else "a table" if isinstance(value, dict) else "something else"
