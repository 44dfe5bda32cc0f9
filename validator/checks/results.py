"""Rules of results: profiles, embeddings and other large tables (CPG263, CPG264), and the opening of all of them.

They are opened, not read: what breaks them in practice shows in their first and last bytes.
"""

import os
import posixpath
from collections.abc import Iterator

from validator.checks.backends import BACKEND_EMPTY, RESULT_UNREADABLE, judge_database
from validator.checks.dataset import Dataset, PlacedFile
from validator.checks.plate_names import belongs_to_plate
from validator.checks.registry import file_check
from validator.checks.row_words import joined, shown
from validator.checks.table_reading import COLUMN_UNNAMED, TABLE_GZIP_NAME, TABLE_NO_ROWS, is_parquet
from validator.errors import UnreadableFile
from validator.models.finding import Finding, Level, Location
from validator.models.rule import Rule
from validator.readers.database import read_database
from validator.readers.parquet_footer import read_footer
from validator.readers.table_head import TableHead, read_table_head

PROFILE_COLUMNS = Rule(
    id="CPG263",
    slug="profile-columns",
    title="Profiles have Metadata_Plate, Metadata_Well and features",
    why="Readers join profiles with platemaps by plate and well, and take every other column that does not begin with Metadata_ for "
    "a feature.",
    mend="Write the profiles again with these columns.",
    family="tables",
    level=Level.WARNING,
)
PROFILE_PLATE = Rule(
    id="CPG264",
    slug="profile-plate-differs",
    title="Metadata_Plate in profiles is the plate of the folder in which they lie",
    why="Whoever joins profiles with platemaps and images by the plate's name finds nothing, or those of another plate.",
    mend="Correct Metadata_Plate, or move the file into the folder of its plate.",
    family="tables",
    source="cpgate; found in published data",
)

PLATE = "Metadata_Plate"
_PROFILES = frozenset({"workspace.profiles", "workspace.profiles_flat", "workspace_dl.profiles"})
_IN_THEIR_PLATE = frozenset({"workspace.profiles", "workspace_dl.profiles", "workspace.backend_table"})
RESULT_KINDS = (
    *sorted(_PROFILES | _IN_THEIR_PLATE),
    "workspace.backend",
    "workspace.assembled_profiles",
    "workspace.harmonized_metadata",
    "workspace_dl.table",
    "workspace.load_data",  # as Parquet only: text is read whole
    "workspace.pipeline_table",
)
TEXT_ENDINGS = (".csv", ".csv.gz")


@file_check(
    RESULT_UNREADABLE,
    BACKEND_EMPTY,
    PROFILE_COLUMNS,
    PROFILE_PLATE,
    TABLE_NO_ROWS,
    TABLE_GZIP_NAME,
    COLUMN_UNNAMED,
    kinds=RESULT_KINDS,
)
def results_open(file: PlacedFile, dataset: Dataset) -> Iterator[Finding]:
    """Open a table of results, and compare what it says of itself with where it lies."""
    key = file.entry.key
    name = key.lower()
    if file.entry.size == 0 or (file.place.kind == "workspace.load_data" and not is_parquet(file)):
        return  # the layout says that it is empty, or it is read whole
    try:
        with dataset.open(file.entry) as stream:
            size = stream.seek(0, os.SEEK_END)
            if name.endswith(".sqlite"):
                yield from judge_database(file, read_database(stream, size), size)
            elif is_parquet(file):
                facts = read_footer(stream, size, frozenset(_spelt(PLATE)))
                ends = [plate for span in facts.spans.values() for plate in dict.fromkeys(span) if plate]
                yield from _judge_table(file, dataset, facts.columns, ends, rows=facts.rows > 0)
            elif name.endswith(TEXT_ENDINGS):
                head = read_table_head(stream, size)
                yield from _judge_text(file, head)
                plates = [plate for name in _spelt(PLATE) if (plate := head.value(name))]
                yield from _judge_table(file, dataset, head.columns, plates, rows=head.first is not None)
    except UnreadableFile as error:
        yield RESULT_UNREADABLE.finding(
            key, f"It cannot be used. {error.what}", hint=error.mend, size=file.entry.size
        )


def _judge_text(file: PlacedFile, head: TableHead) -> Iterator[Finding]:
    key = file.entry.key
    if head.compressed != key.lower().endswith(".gz"):
        name = posixpath.basename(key)
        yield TABLE_GZIP_NAME.finding(
            key,
            "This table is gzip, but its name does not say so"
            if head.compressed
            else "The name of this table says gzip, but its content is plain text",
            hint=f"rename it to {name}.gz, or unpack it"
            if head.compressed
            else f"rename it to {name[:-3]}, or compress it with gzip",
        )
    unnamed = [position for position, name in enumerate(head.columns, start=1) if not name.strip()]
    if unnamed:
        yield COLUMN_UNNAMED.finding(
            key,
            f"{'Column' if len(unnamed) == 1 else 'Columns'} {joined([str(position) for position in unnamed], most=5)} of "
            f"{len(head.columns):,} {'has' if len(unnamed) == 1 else 'have'} no name",
            location=Location(line=1),
            count=len(unnamed),
        )


def _spelt(column: str) -> tuple[str, str]:
    """Names of a column of metadata: its own, and that of a measurement of the image, as older profiles have it."""
    return column, f"Image_{column}"


def _judge_table(
    file: PlacedFile, dataset: Dataset, columns: tuple[str, ...], plates: list[str], *, rows: bool
) -> Iterator[Finding]:
    key, kind = file.entry.key, file.place.kind
    if not rows:
        yield TABLE_NO_ROWS.finding(key, "This table has columns and no row")
    if kind in _PROFILES and dataset.scope != "pooled":  # profiles of pooled data are of guides and genes
        yield from _judge_columns(key, columns)
    plate = file.place.entities.get("plate", "")
    others = [found for found in plates if found != plate]
    if kind in _IN_THEIR_PLATE and plate and others and not _folder_is_wrong(file, dataset, others):
        yield PROFILE_PLATE.finding(
            key,
            f"Metadata_Plate is {joined([shown(found) for found in others])}, the folder is that of plate {shown(plate)}",
            location=Location(column=PLATE),
            expected=plate,
            actual=", ".join(others),
        )


def _judge_columns(key: str, columns: tuple[str, ...]) -> Iterator[Finding]:
    lacking = [name for name in (PLATE, "Metadata_Well") if not {*_spelt(name)}.intersection(columns)]
    if all(name.startswith(_spelt("Metadata_")) or not name.strip() for name in columns):
        lacking.append("features")
    if lacking:
        yield PROFILE_COLUMNS.finding(
            key,
            f"These profiles have no {joined(lacking)}; their columns are {joined([shown(name) for name in columns], most=4)}",
            expected=joined(lacking),
        )


def _folder_is_wrong(file: PlacedFile, dataset: Dataset, plates: list[str]) -> bool:
    """Whether the batch has images of the plate that is named, and none of the folder's: CPG155 says so of the folder."""
    entities = file.place.entities
    start = f"{entities['project']}/{entities['source']}/images/{entities['batch']}/images/"
    imaged = {placed.key.removeprefix(start).partition("/")[0] for placed in dataset.folders.below(start)}
    return any(belongs_to_plate(full, plate) for full in imaged for plate in plates) and not any(
        belongs_to_plate(full, entities["plate"]) for full in imaged
    )
