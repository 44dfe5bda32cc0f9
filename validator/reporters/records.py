"""A report as JSON lines: the header first, then findings, the end record last."""

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from validator.models.finding import Finding
from validator.models.report import ReportEnd, ReportHeader


class RecordWriter:
    """Writes records one by one and keeps the digest of all lines so far.

    Parameters
    ----------
    write
        Called with each line.
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._digest = hashlib.sha256()

    def write(self, record: BaseModel) -> None:
        """Append one record."""
        line = record_line(record)
        self._digest.update(line.encode())
        self._write(line)

    @property
    def digest(self) -> str:
        """SHA-256 of all lines so far, newlines included."""
        return self._digest.hexdigest()


def record_line(record: BaseModel) -> str:
    """One record as one line of ASCII; parts that say nothing are left out.

    Lone surrogates (bytes of a name that is not UTF-8) are no text that JSON may hold: they come out as
    their number.
    """
    try:
        return record.model_dump_json(exclude_none=True, ensure_ascii=True) + "\n"
    except PydanticSerializationError:
        return (
            json.dumps(_encodable(record.model_dump(mode="json", exclude_none=True)), separators=(",", ":"))
            + "\n"
        )


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if isinstance(value, dict):
        return {_encodable(name): _encodable(item) for name, item in value.items()}
    return value


def report_lines(header: ReportHeader, findings: Iterable[Finding], end: ReportEnd) -> Iterable[str]:
    """A whole report, line by line, exactly as it is stored."""
    yield record_line(header)
    yield from map(record_line, findings)
    yield record_line(end)
