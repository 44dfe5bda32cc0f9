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

declare(CHECK_CRASHED)
