"""Names of batches: each begins with the day its imaging began."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from validator.checks.batch_dates import BatchDate, read_batch_date
from validator.checks.dataset import Dataset, PlacedFolder
from validator.checks.plain_names import plain_name
from validator.checks.registry import dataset_check
from validator.checks.wording import below_source, counted
from validator.models.finding import Finding, Level
from validator.models.rule import Rule
from validator.rulebook.vocabulary import known_projects

BATCH_UNDATED = Rule(
    id="CPG112",
    slug="batch-undated",
    title="A batch is named after the day its imaging began, YYYY_MM_DD_name",
    why="The date tells batches of a project apart and puts them in their order; Batch1 of one year is Batch1 of the next one too.",
    mend="Put the day on which the batch's imaging began in front of its name, in images and in every folder of the workspace.",
    family="layout",
    source="Cell Painting Gallery documentation, folder structure",
)
BATCH_DATE_SPELLING = Rule(
    id="CPG113",
    slug="batch-date-spelling",
    title="The date of a batch stands in front and is written YYYY_MM_DD",
    why="Tools sort and select batches by the first ten characters of their names; a date written otherwise is not seen as one.",
    mend="Rename the batch, in images and in every folder of the workspace, and where tables name it.",
    family="layout",
    source="Cell Painting Gallery documentation, folder structure",
)
BATCH_DATE_IMPOSSIBLE = Rule(
    id="CPG114",
    slug="batch-date-impossible",
    title="The date of a batch is a day of the calendar",
    why="A date like 2021_13_45 is a slip; nobody can find out later which day was meant.",
    mend="Look up the day on which imaging began, and rename the batch in images and in every folder of the workspace.",
    family="layout",
    source="Cell Painting Gallery documentation, folder structure",
)
BATCH_DATE_FUTURE = Rule(
    id="CPG115",
    slug="batch-date-future",
    title="The date of a batch is not in the future",
    why="Images cannot be newer than today: the year, or the clock of a computer, is probably wrong.",
    mend="Compare the date with that of the images, and rename the batch if it is a slip.",
    family="layout",
    level=Level.WARNING,
    source="cpgate",
)

_MEASURED = re.compile(r"__(\d{4})-(\d{2})-(\d{2})T")


@dataclass
class Batch:
    """A batch of a dataset with all its folders.

    Attributes
    ----------
    dataset, name
        ``project/source`` and the batch's name.
    folders
        Keys of the folders of this name, with the number of files below each.
    size
        Bytes below them.
    measured
        Earliest day in the names that the microscope gave to the plates; empty when they have none.
    """

    dataset: str
    name: str
    folders: dict[str, int] = field(default_factory=dict)
    size: int = 0
    measured: str = ""

    def add(self, folder: PlacedFolder, start: int) -> None:
        """Enter a folder in whose key the batch's name starts at this index."""
        home = folder.key[: start + len(self.name) + 1]
        self.folders[home] = self.folders.get(home, 0) + folder.files
        self.size += folder.size

    @property
    def files(self) -> int:
        """Number of files in all its folders."""
        return sum(self.folders.values())


def find_batches(dataset: Dataset) -> list[Batch]:
    """Every batch, from the folders named after it in images and workspace, in the order of the keys."""
    batches: dict[tuple[str, str], Batch] = {}
    for placed in dataset.survey:
        entities = placed.place.entities
        name = entities.get("batch")
        if name is None:
            continue
        home = f"{entities['project']}/{entities['source']}"
        batch = batches.setdefault((home, name), Batch(home, name))
        batch.add(placed, placed.key.index(f"/{name}/", len(home)) + 1)
        measured = _MEASURED.search(entities.get("full_plate", ""))
        if measured is not None:
            day = "_".join(measured.groups())
            batch.measured = min(batch.measured or day, day)
    _add_free_folders(dataset, batches)
    for batch in batches.values():
        batch.folders = dict(sorted(batch.folders.items()))
    return list(batches.values())


def _add_free_folders(dataset: Dataset, batches: Mapping[tuple[str, str], Batch]) -> None:
    # pipelines/<batch>/ is free inside: only that another folder has the name shows that it is a batch.
    for placed in dataset.survey:
        parts = placed.key.split("/")
        if "batch" in placed.place.entities or len(parts) < 6:
            continue
        for index in range(4, len(parts) - 1):
            batch = batches.get(("/".join(parts[:2]), parts[index]))
            if batch is not None:
                batch.add(placed, len("/".join(parts[:index])) + 1)
                break


def today() -> date:
    """Return the day of today, UTC."""
    return datetime.now(UTC).date()


def latest_day() -> date:
    """Return the last day on which imaging can have begun: it may be tomorrow elsewhere."""
    return today() + timedelta(days=1)


def is_settled(dataset: Dataset, home: str) -> bool:
    """Whether the names of the batches of ``project/source`` stand as they are: they are in the Gallery already."""
    return dataset.scope in ("addition", "derived") and home.partition("/")[0] in known_projects()


@dataclass(frozen=True, slots=True)
class WrongBatch:
    """A batch whose name is not right.

    Attributes
    ----------
    batch
        The batch.
    rule, message
        What is wrong with its name.
    rename
        The right name; empty where it cannot be told.
    """

    batch: Batch
    rule: Rule
    message: str
    rename: str


@dataset_check(BATCH_UNDATED, BATCH_DATE_SPELLING, BATCH_DATE_IMPOSSIBLE, BATCH_DATE_FUTURE)
def judge_batch_dates(dataset: Dataset) -> Iterator[Finding]:
    """Judge the name of every batch; those of an addition are in the Gallery already."""
    for wrong in wrong_batches(dataset):
        # The name that is proposed mends special characters too, else the next check would ask for another rename.
        yield _finding(wrong.rule, wrong.batch, wrong.message, plain_name(wrong.rename, dataset.layout))


def wrong_batches(dataset: Dataset) -> Iterator[WrongBatch]:
    """Batches whose names are not right, with the names that they should have."""
    latest, misread = latest_day(), dataset.misread_batches
    for batch in find_batches(dataset):
        if is_settled(dataset, batch.dataset) or (f"{batch.dataset}/", batch.name) in misread:
            continue
        reading = read_batch_date(batch.name, latest)
        rule, message = _judge(batch, reading, latest)
        if rule is not None:
            yield WrongBatch(batch, rule, message, reading.rename or _rename_undated(batch, reading))


def _judge(batch: Batch, reading: BatchDate, latest: date) -> tuple[Rule | None, str]:
    if reading.verdict == "undated":
        return BATCH_UNDATED, f"The name of batch {batch.name} has no date"
    if reading.verdict == "impossible":
        return BATCH_DATE_IMPOSSIBLE, f"The date of batch {batch.name} is no day of the calendar"
    if reading.verdict == "spelling":
        return (
            BATCH_DATE_SPELLING,
            f"The date of batch {batch.name} is not written YYYY_MM_DD in front of its name",
        )
    if reading.day is not None and reading.day > latest:
        return BATCH_DATE_FUTURE, f"The date of batch {batch.name} is in the future"
    return None, ""


def _rename_undated(batch: Batch, reading: BatchDate) -> str:
    return f"{batch.measured}_{batch.name}" if batch.measured and reading.verdict == "undated" else ""


def _finding(rule: Rule, batch: Batch, message: str, rename: str) -> Finding:
    hint = None
    if rename:
        where = f" in {counted(len(batch.folders), 'folder')}" if len(batch.folders) > 1 else ""
        hint = f"Rename {batch.name} to {rename}{where}."
    folders = [f"{below_source(folder)}  {counted(files, 'file')}" for folder, files in batch.folders.items()]
    return rule.finding(
        next(iter(batch.folders)),
        f"{message} ({counted(batch.files, 'file')})",
        expected=rename
        or (
            None
            if rule is BATCH_DATE_FUTURE
            else f"YYYY_MM_DD_{batch.name}"
            if rule is BATCH_UNDATED
            else "YYYY_MM_DD_<name>"
        ),
        actual=batch.name,
        hint=hint,
        count=len(batch.folders),
        examples=folders,
        size=batch.size,
    )
