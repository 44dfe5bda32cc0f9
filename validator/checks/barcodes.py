"""Barcodes.csv of pooled data (CPG251, CPG252)."""

import re
from collections import defaultdict
from collections.abc import Iterator

from validator.checks.dataset import Dataset, PlacedFile
from validator.checks.registry import file_check
from validator.checks.row_words import joined, lines_at, location_of, ranges, shown
from validator.checks.table_reading import open_table
from validator.checks.wording import counted
from validator.models.finding import Finding, Level, Location
from validator.models.rule import Rule
from validator.readers.tables import Table

BARCODE_SEQUENCE = Rule(
    id="CPG251",
    slug="barcode-sequence",
    title="Barcodes are sequences of A, C, G and T",
    why="What is read in the cells is compared with these sequences letter by letter; one that holds anything else matches no cell, "
    "and its perturbation seems to be lost.",
    mend="Write the sequences as they were ordered, in capitals; a blank gene is right, it means a guide that targets nothing.",
    family="tables",
    source="Cell Painting Gallery documentation, pooled metadata",
)
BARCODE_TWICE = Rule(
    id="CPG252",
    slug="barcode-twice",
    title="A barcode stands for one perturbation",
    why="A cell whose barcode stands in two rows is counted for the first of them, whatever was done to it.",
    mend="Remove one of the rows, or write both perturbations into one.",
    family="tables",
    level=Level.WARNING,
    source="cpgate",
)

_SEQUENCE = re.compile(r"[ACGT]+")
_LIKE_A_SEQUENCE = re.compile(r"[ACGTN]{4,}", re.IGNORECASE)
_SHARE = 0.5
"""Share of values that look like sequences from which on a column is one of barcodes."""


@file_check(BARCODE_SEQUENCE, BARCODE_TWICE, kinds=["workspace.barcodes"])
def barcodes_are_sequences(file: PlacedFile, dataset: Dataset) -> Iterator[Finding]:
    """Find rows whose barcode is no sequence, and tables without any; what else a row holds is free."""
    table = open_table(file, dataset)
    if table is None or table.frame.height == 0:
        return
    columns = [name for name in table.frame.columns if _holds_sequences(table, name)]
    if not columns:
        yield BARCODE_SEQUENCE.finding(
            file.entry.key,
            "No column of this table holds sequences",
            location=Location(line=1),
            expected="a column of sequences such as ACGTTGCA",
            actual=joined([shown(name) for name in table.header], most=6),
        )
    for name in columns:
        values = [value or "" for value in table.frame.get_column(name)]
        wrong = [row for row, value in enumerate(values) if not _SEQUENCE.fullmatch(value)]
        if wrong:
            yield _wrong(file.entry.key, table, name, [(table.lines[row], values[row]) for row in wrong])
    if columns and (repeated := _repeated(table, columns)):
        yield _twice(file.entry.key, columns, repeated)


def _holds_sequences(table: Table, name: str) -> bool:
    values = [value for value in table.frame.get_column(name) if value]
    return sum(_LIKE_A_SEQUENCE.fullmatch(value) is not None for value in values) > _SHARE * len(values)


def _wrong(key: str, table: Table, name: str, wrong: list[tuple[int, str]]) -> Finding:
    lines = [line for line, _ in wrong]
    return BARCODE_SEQUENCE.finding(
        key,
        f"{shown(name)} holds something that is not a sequence in {counted(len(wrong), 'row')} of {table.frame.height:,} "
        f"({lines_at(lines)}): {shown(wrong[0][1])}",
        location=location_of(lines, name),
        expected="letters A, C, G and T",
        actual=shown(wrong[0][1]),
        count=len(wrong),
        examples=[f"line {line}: {shown(value)}" for line, value in wrong[:10]] if len(wrong) > 1 else (),
    )


def _repeated(table: Table, columns: list[str]) -> dict[str, list[int]]:
    """Sequences that stand on several lines; where several columns hold some, those of a row together."""
    lines: dict[str, list[int]] = defaultdict(list)
    for line, values in zip(table.lines, table.frame.select(columns).iter_rows(), strict=True):
        if values and None not in values:
            lines[" ".join(values)].append(line)
    return {value: found for value, found in lines.items() if len(found) > 1}


def _twice(key: str, columns: list[str], repeated: dict[str, list[int]]) -> Finding:
    value, found = next(iter(repeated.items()))
    return BARCODE_TWICE.finding(
        key,
        f"{shown(value)} stands in {joined([shown(name) for name in columns])} on {lines_at(found)}"
        + (
            f"; so do {counted(len(repeated) - 1, 'other sequence')} more than once"
            if len(repeated) > 1
            else ""
        ),
        location=Location(line=found[1], column=columns[0]),
        count=sum(len(lines) - 1 for lines in repeated.values()),
        examples=[f"{sequence}: lines {ranges(lines)}" for sequence, lines in repeated.items()],
    )
