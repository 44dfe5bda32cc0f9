"""One answer of a check."""

from enum import StrEnum
from typing import Literal

from pydantic import ConfigDict, Field

from validator.models.empty import empty_list
from validator.models.late_model import LateModel


class Level(StrEnum):
    """How much a finding weighs; a policy decides it for every rule."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    OFF = "off"

    @property
    def weight(self) -> int:
        """0 for ``off`` up to 3 for ``error``; compares levels."""
        return ("off", "info", "warning", "error").index(self.value)


class Location(LateModel):
    """Where inside a file; every part is optional.

    Attributes
    ----------
    line
        Line of a text file, 1 is the first (in a table the header is line 1).
    line_end
        Last line of a range.
    column
        Name of a table's column.
    pointer
        JSON pointer into a document.
    page
        Page of an image, 0 is the first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    line: int | None = None
    line_end: int | None = None
    column: str | None = None
    pointer: str | None = None
    page: int | None = None


class Finding(LateModel):
    """What one rule found at one place.

    Attributes
    ----------
    rule, slug
        Number (``CPG112``) and name (``batch-undated``) of the rule.
    level
        Weight under the policy of the run.
    key
        Object key, or the key of a folder (ends with ``/``), without the bucket.
    location
        Where inside the file, when that is known.
    message
        What is wrong, in the field's words.
    expected, actual
        What should be there and what is, when both can be said shortly.
    hint
        How to mend this very finding; the rule's general advice is used when it is empty.
    count
        How many places (files, rows) this finding stands for.
    examples
        A few of these places; never more than ten.
    size
        Bytes of the files concerned, when that says something.
    """

    model_config = ConfigDict(extra="forbid")

    record: Literal["finding"] = "finding"
    rule: str
    slug: str
    level: Level
    key: str
    location: Location | None = None
    message: str
    expected: str | None = None
    actual: str | None = None
    hint: str | None = None
    count: int = Field(default=1, ge=1)
    examples: list[str] = Field(default_factory=empty_list, max_length=10)
    size: int | None = None
