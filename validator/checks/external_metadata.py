"""Rules of external metadata: what joins them to the platemaps (CPG416, CPG417)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from validator.checks.dataset import Dataset, PlacedFile
from validator.checks.registry import dataset_check
from validator.checks.row_words import joined, lines_at, ranges, shown
from validator.checks.table_reading import open_table
from validator.checks.wording import counted
from validator.models.finding import Finding, Level, Location
from validator.models.rule import Rule
from validator.readers.tables import Table

EXTERNAL_JOIN = Rule(
    id="CPG416",
    slug="external-metadata-join",
    title="External metadata share a column with the platemaps",
    why="What is known of a compound or gene reaches the wells through a column that stands in the platemap and in the external "
    "metadata under one name, with the same values, broad_sample for example.",
    mend="Give the column that names the perturbation the same name and the same values in both.",
    family="links",
    level=Level.WARNING,
)
EXTERNAL_KEY_TWICE = Rule(
    id="CPG417",
    slug="external-metadata-key-twice",
    title="External metadata have one row for each perturbation",
    why="A perturbation with two rows doubles its wells when the tables are joined.",
    mend="Keep one row for each, or write several values into one cell (A|B).",
    family="links",
    level=Level.WARNING,
)

KEY_SHARE = 0.5
"""A column that both tables have is what joins them when at least this share of its values is different."""
_PREFIX = "Metadata_"
_PARTNERS = ("workspace.platemap", "workspace.barcode_platemap")


@dataclass(frozen=True, slots=True)
class _External:
    """External metadata, and their columns without the prefix that profiles give them."""

    file: PlacedFile
    table: Table

    @property
    def columns(self) -> dict[str, str]:
        """Column of the table by its plain name."""
        return {_plain(name): name for name in self.table.frame.columns}

    def values(self, column: str) -> Sequence[str]:
        """Values of a column, those that are blank left out."""
        found: Sequence[str] = self.table.frame.get_column(self.columns[column]).drop_nulls().to_list()
        return found


@dataset_check(EXTERNAL_JOIN, EXTERNAL_KEY_TWICE)
def external_metadata_join(dataset: Dataset) -> Iterator[Finding]:
    """Look for what external metadata have in common with the tables of plates and wells beside them."""
    externals: dict[str, list[_External]] = defaultdict(list)
    for file in dataset.files("workspace.external_metadata"):
        table = _opened(file, dataset)
        if table is not None and table.frame.height:
            externals[_home(file)].append(_External(file, table))
    if not externals:
        return
    partners = _columns_of_partners(dataset)
    for home, tables in externals.items():
        if partners.get(home):
            for one in tables:
                chained = {column for other in tables if other is not one for column in other.columns}
                yield from _judge(one, partners[home], chained)


def _opened(file: PlacedFile, dataset: Dataset) -> Table | None:
    try:
        return open_table(file, dataset)
    except OSError:  # the check of the table itself says so
        return None


def _home(file: PlacedFile) -> str:
    return f"{file.place.entities['project']}/{file.place.entities['source']}/"


def _plain(column: str) -> str:
    return column.removeprefix(_PREFIX)


def _columns_of_partners(dataset: Dataset) -> Mapping[str, Mapping[str, set[str]]]:
    """Values of every column of the platemaps and barcode_platemaps of each source."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for file in dataset.files(*_PARTNERS):
        table = _opened(file, dataset)
        if table is None:
            continue
        for column in table.frame.iter_columns():
            found[_home(file)][_plain(column.name)].update(column.drop_nulls())
    return found


def _judge(one: _External, partners: Mapping[str, set[str]], chained: set[str]) -> Iterator[Finding]:
    key = one.file.entry.key
    shared = [column for column in one.columns if column in partners]
    if not shared:
        if chained.isdisjoint(one.columns):  # a table of targets may hang on a table of compounds
            yield EXTERNAL_JOIN.finding(
                key,
                f"No column of this table is in a platemap: {joined([shown(name) for name in one.table.frame.columns], most=6)}",
                location=Location(line=1),
                expected=f"one of the columns of the platemaps: {joined(sorted(partners), most=6)}",
            )
        return
    column = max(shared, key=lambda name: _variety(one.values(name)))
    values = one.values(column)
    if not values or _variety(values) < KEY_SHARE:
        return
    if partners[column] and partners[column].isdisjoint(values):
        yield EXTERNAL_JOIN.finding(
            key,
            f"{one.columns[column]} is in the platemaps, too, but no value is: here {shown(values[0])}, "
            f"there {shown(min(partners[column]))}",
            location=Location(line=one.table.lines[0], column=one.columns[column]),
            expected=f"values such as {min(partners[column])}",
            actual=values[0],
        )
    yield from _judge_repeats(one, one.columns[column])


def _variety(values: Sequence[str]) -> float:
    return len(set(values)) / len(values) if values else 0.0


def _judge_repeats(one: _External, column: str) -> Iterator[Finding]:
    lines: dict[str, list[int]] = defaultdict(list)
    for line, value in zip(one.table.lines, one.table.frame.get_column(column), strict=True):
        if value is not None:
            lines[value].append(line)
    repeated = {value: found for value, found in lines.items() if len(found) > 1}
    if repeated:
        first, found = next(iter(repeated.items()))
        yield EXTERNAL_KEY_TWICE.finding(
            one.file.entry.key,
            f"{shown(first)} stands in {column} on {lines_at(found)}"
            + (
                f"; so do {counted(len(repeated) - 1, 'other value')} more than once"
                if len(repeated) > 1
                else ""
            ),
            location=Location(line=found[1], column=column),
            count=sum(len(some) - 1 for some in repeated.values()),
            examples=[f"{value}: lines {ranges(some)}" for value, some in repeated.items()],
        )
