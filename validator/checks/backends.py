"""Rules of backend databases (CPG261, CPG262)."""

from collections.abc import Iterator

from validator.checks.dataset import PlacedFile
from validator.checks.row_words import joined, shown
from validator.checks.wording import counted
from validator.models.finding import Finding
from validator.models.rule import Rule
from validator.readers.database import DatabaseFacts

RESULT_UNREADABLE = Rule(
    id="CPG261",
    slug="result-unreadable",
    title="Backends, profiles and other tables of results can be opened and are whole",
    why="A database or table that is cut off, or is something else altogether (a Git LFS pointer, a failed download), is found "
    "by its first reader, mostly long after the images that it was made of are gone.",
    mend="Copy it again, or make it again from the step before.",
    family="tables",
    source="cpgate; found in published data",
)
BACKEND_EMPTY = Rule(
    id="CPG262",
    slug="backend-empty",
    title="A backend database holds measurements of images and of objects",
    why="Profiles are made from the tables that CellProfiler wrote for images (Image) and for objects (Cells, Cytoplasm, Nuclei); "
    "a database without them, or with empty ones, is what a failed collation leaves.",
    mend="Collate the CSV files of the plate again.",
    family="tables",
    source="cpgate; found in published data",
)


def judge_database(file: PlacedFile, facts: DatabaseFacts, size: int) -> Iterator[Finding]:
    """Say what a database lacks, of its bytes or of its tables."""
    if facts.missing:
        yield RESULT_UNREADABLE.finding(
            file.entry.key,
            f"It cannot be used. This database is cut off: it lacks {counted(facts.missing, 'byte')}",
            expected=counted(size + facts.missing, "byte"),
            actual=counted(size, "byte"),
            size=file.entry.size,
        )
        return
    images = [table for table in facts.tables if table.lower().endswith("image")]
    others = [table for table in facts.tables if table not in images]
    filled = [table for table in others if facts.tables[table]]
    expected = "Image, Cells, Cytoplasm, Nuclei"
    if not images or not others:
        there = (
            joined([shown(table) for table in facts.tables], most=6) if facts.tables else "no table at all"
        )
        lacking = "of images" if not images else "of objects such as Cells or Nuclei"
        words = f"This database has no table {lacking}: it holds {there}"
    elif empty := [table for table in images if not facts.tables[table]]:
        words = f"The table {joined([shown(table) for table in empty])} of this database has no row"
    elif not filled:
        words = f"No table of objects has a row: {joined([shown(table) for table in others], most=6)}"
    else:
        return
    yield BACKEND_EMPTY.finding(file.entry.key, words, expected=expected)
