"""Rules of the descriptions of columns in a dataset's metadata (CPG640, CPG641)."""

from collections.abc import Iterator, Mapping

from validator.checks.dataset import Dataset, PlacedFile
from validator.checks.registry import file_check
from validator.checks.row_words import joined, shown
from validator.checks.schema_document import TABLE_KEYS
from validator.checks.table_reading import open_table
from validator.checks.wording import below_source, counted
from validator.errors import UnreadableFile
from validator.models.attributes import attribute_groups
from validator.models.finding import Finding, Level, Location
from validator.models.rule import EXAMPLES_KEPT, Rule
from validator.readers.json_places import escape_pointer
from validator.readers.json_text import JsonDocument, read_json
from validator.rulebook.nearest import nearest_name

COLUMN_UNDESCRIBED = Rule(
    id="CPG640",
    slug="column-undescribed",
    title="SCHEMA.json describes every column of the tables that it is about",
    why="A column that nobody explains is of no use to readers, and SCHEMA.json looks as if it explained all.",
    mend="Describe the column in workspace/metadata/SCHEMA.json.",
    family="documents",
    level=Level.WARNING,
    source="cpgate",
)
COLUMN_GONE = Rule(
    id="CPG641",
    slug="described-column-missing",
    title="Every column that SCHEMA.json describes is in a table",
    why="A description without its column is a column that was renamed or lost.",
    mend="Rename or remove the description, or add the column.",
    family="documents",
    level=Level.WARNING,
    source="cpgate",
)

_KINDS = dict(zip(TABLE_KEYS, ("workspace.platemap", "workspace.external_metadata"), strict=True))
_WORDS = {"platemap": "platemap", "external_metadata": "table of external metadata"}
Columns = Mapping[str, list[str]]
"""Keys of the tables that have a column, by its name."""


@file_check(COLUMN_UNDESCRIBED, COLUMN_GONE, kinds=["workspace.attributes"])
def judge_column_descriptions(file: PlacedFile, dataset: Dataset) -> Iterator[Finding]:
    """Compare what SCHEMA.json describes with the columns of platemaps and external metadata."""
    if file.entry.size == 0:
        return  # the layout says that it is empty
    try:
        with dataset.open(file.entry) as stream:
            document = read_json(stream)
    except UnreadableFile:
        return  # CPG601 says so
    home = "/".join(file.entry.key.split("/")[:2]) + "/"
    for name in TABLE_KEYS:
        if name in attribute_groups(document.value):
            yield from _judge(file.entry.key, document, name, _columns(dataset, home, _KINDS[name]))


def _columns(dataset: Dataset, home: str, kind: str) -> Columns:
    columns: dict[str, list[str]] = {}
    for file in dataset.files(kind):
        if file.entry.size == 0 or not file.entry.key.startswith(home):
            continue
        table = open_table(file, dataset)
        for column in dict.fromkeys(table.header if table is not None else ()):
            if column.strip():
                columns.setdefault(column, []).append(file.entry.key)
    return columns


def _judge(key: str, document: JsonDocument, name: str, columns: Columns) -> Iterator[Finding]:
    described = [attribute.name for attribute in attribute_groups(document.value)[name].attributes.values()]
    if not columns:
        message = f"Columns of “{name}” are described, and no {_WORDS[name]} can be read"
        yield COLUMN_GONE.finding(key, message, location=_at(document, f"/{name}"), count=len(described) or 1)
        return
    gone = [column for column in described if column not in columns]
    for column, tables in columns.items():
        if column in described:
            continue
        near = nearest_name(column, gone)
        if near:
            gone.remove(near)
        where = f"/{name}/{escape_pointer(near)}" if near else f"/{name}"
        yield COLUMN_UNDESCRIBED.finding(
            key,
            f"The column {shown(column)} of {counted(len(tables), _WORDS[name]) if name == 'platemap' else joined([below_source(t) for t in tables], 2)} "
            f"is not described{f'; {shown(near)} is' if near else ''}",
            location=_at(document, where),
            hint=f"Rename {shown(near)} in SCHEMA.json to {shown(column)}." if near else None,
            count=len(tables),
            examples=[below_source(table) for table in tables[:EXAMPLES_KEPT]],
        )
    for column in gone:
        yield COLUMN_GONE.finding(
            key,
            f"The column {shown(column)} is described, and no {_WORDS[name]} has it",
            location=_at(document, f"/{name}/{escape_pointer(column)}"),
        )


def _at(document: JsonDocument, pointer: str) -> Location:
    return Location(pointer=pointer, line=document.line(pointer))
