"""Rules of the tool itself (CPG9xx)."""

from validator.checks.registry import declare
from validator.models.rule import Rule

CHECK_CRASHED = Rule(
    id="CPG901",
    slug="check-crashed",
    title="Every check runs to its end",
    why="A check that crashed has not judged its file: the report is incomplete, and the run ends with exit code 4.",
    mend="Report it with the file it names; until it is mended, look at that file by hand.",
    family="tool",
    source="cpgate",
)
FILE_UNREADABLE = Rule(
    id="CPG902",
    slug="file-unreadable",
    title="Every file that is checked can be read",
    why=(
        "The disk or the network share did not hand out these bytes, so nothing is known about the file, "
        "and an upload would fail at the same place."
    ),
    mend="Give yourself permission to read the files or reconnect the share, and check again.",
    family="tool",
    source="cpgate",
)

declare(CHECK_CRASHED, FILE_UNREADABLE)
