"""The report of a check: a header, findings, an end record; JSON lines.

Without its end record it is not a report: a run that died wrote only its beginning.
"""

from datetime import datetime
from typing import Final, Literal

from pydantic import ConfigDict, Field

from validator.models.configuration import Configuration
from validator.models.empty import empty_dict, empty_list
from validator.models.finding import Level
from validator.models.late_model import LateModel
from validator.models.listing import SourceKind, Unknown

REPORT_FORMAT: Final = "cpgate-report/1"


class Listing(LateModel):
    """What was listed.

    Attributes
    ----------
    files
        Number of files, junk left out.
    size
        Their bytes.
    digest
        Changes when the key, size or modification time of any file changes: the sum, modulo 2 to the power of
        256, of the SHA-256 of every folder (its key, then ``name NUL size NUL time`` of its files, sorted). What
        cannot become an object (a broken link, say) changes it, too.
    seconds
        How long the listing took.
    source
        Where it came from: a folder, a bucket, a text of ``aws s3 ls``, an S3 Inventory, a list of keys, a Quilt package.
    unknown
        What the source could not tell: without ``contents`` no table and no image was read, without ``sizes``
        nothing is known about empty files (and ``size`` is 0), without ``times`` the digest holds none.
    index
        Bytes of the index on local disk while the check ran; 0 when it was in memory.
    """

    model_config = ConfigDict(extra="forbid")

    files: int
    size: int
    digest: str
    seconds: float
    source: SourceKind = "folder"
    unknown: list[Unknown] = Field(default_factory=empty_list)
    index: int = 0


class ReportHeader(LateModel):
    """First record of a report.

    Attributes
    ----------
    format
        Name and version of the format.
    tool, rulebook
        Versions of cpgate and of its rulebook.
    policy, scope
        By which levels, and what was required (see the words page).
    root
        The path or address that was checked.
    datasets
        ``project/source`` of each dataset found there.
    only, select, ignore
        What the run was narrowed to; empty means everything.
    complete
        Whether whole datasets were checked; of a part nothing is said about missing components.
    started
        UTC.
    listing
        What was listed, with a digest by which a later listing is compared.
    counts
        Numbers of batches, plates, wells, files: what the listing holds.
    configuration
        What users decided about levels and files; ``null`` when nothing.
    """

    model_config = ConfigDict(extra="forbid")

    record: Literal["header"] = "header"
    format: Literal["cpgate-report/1"] = REPORT_FORMAT
    tool: str
    rulebook: str
    policy: str
    scope: str
    root: str
    datasets: list[str]
    only: list[str] = Field(default_factory=empty_list)
    select: list[str] = Field(default_factory=empty_list)
    ignore: list[str] = Field(default_factory=empty_list)
    complete: bool = True
    started: datetime
    listing: Listing
    counts: dict[str, int] = Field(default_factory=empty_dict)
    configuration: Configuration | None = None


class ReportEnd(LateModel):
    """Last record of a report.

    Attributes
    ----------
    findings
        Number of findings of each level.
    places
        Number of places (files, rows, folders) behind them, of each level.
    overridden
        Number of findings (also of those that are off in some places) whose level each entry of the header's
        ``configuration.levels`` decided, in their order.
    crashed
        Number of checks that crashed; the report is then incomplete.
    checked
        How many files each family of checks looked at.
    seconds
        Duration of the whole run.
    digest
        SHA-256 of all lines before this one, newlines included.
    """

    model_config = ConfigDict(extra="forbid")

    record: Literal["end"] = "end"
    findings: dict[Level, int]
    places: dict[Level, int]
    overridden: list[int] = Field(default_factory=empty_list)
    crashed: int = 0
    checked: dict[str, int] = Field(default_factory=empty_dict)
    seconds: float
    digest: str
