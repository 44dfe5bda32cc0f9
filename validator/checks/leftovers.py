"""Files that should not be in a dataset, or hold nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from validator.checks.dataset import Dataset
from validator.checks.misfits import group_home
from validator.checks.registry import EVERYTHING, dataset_check
from validator.checks.wording import below_source, counted
from validator.index.placed import Sign
from validator.models.finding import Finding, Level
from validator.models.listing import Entry
from validator.models.rule import EXAMPLES_KEPT, Rule
from validator.rulebook.junk import is_junk_folder

JUNK_FILE = Rule(
    id="CPG124",
    slug="junk-file",
    title="A dataset holds no files that systems and programs leave behind",
    why="Files like .DS_Store and Thumbs.db say nothing about cells, and sometimes hold names and previews that were not meant to be published.",
    mend="Nothing needs to be done: they are left out of uploads. Remove them if you copy the data by other ways.",
    family="layout",
    level=Level.WARNING,
    source="cpgate",
)
EMPTY_FILE = Rule(
    id="CPG125",
    slug="empty-file",
    title="No file is empty",
    why="A file of 0 bytes is what a broken copy or a full disk leaves: the image or table that should be there is lost.",
    mend="Copy the file again from where it was made.",
    family="layout",
    source="cpgate",
)

FOLDERS_TOLD = 3
"""Folders of a batch with empty files that are told one by one."""


@dataset_check(JUNK_FILE, subjects=EVERYTHING)
def judge_junk(dataset: Dataset) -> Iterator[Finding]:
    """Count junk, one finding for each sort of it in a dataset."""
    found: dict[tuple[str, str], list[Entry]] = {}
    for entry in dataset.junk:
        parts = entry.key.split("/")
        folder = next((part for part in parts[:-1] if is_junk_folder(part)), None)
        found.setdefault(
            ("/".join(parts[:2]) + "/", f"{folder}/" if folder else _sort(parts[-1])), []
        ).append(entry)
    for (home, sort), entries in found.items():
        what = f"in {sort}" if sort.endswith("/") else f"named {sort}"
        yield JUNK_FILE.finding(
            entries[0].key if len(entries) == 1 else home,
            f"{counted(len(entries), 'file')} {what}, left out of uploads",
            count=len(entries),
            examples=[below_source(entry.key) for entry in entries[:10]] if len(entries) > 1 else (),
            size=sum(entry.size for entry in entries),
        )


def _sort(name: str) -> str:
    for beginning in ("._", ".nfs", "~$", ".fuse_hidden", ".~lock."):
        if name.startswith(beginning) and name != ".DS_Store":
            return f"{beginning}…"
    return f"…{name[-1]}" if name.endswith("~") else name


@dataclass
class _Empty:
    """Empty files below one folder of a batch: in how many folders, how many, and some of them."""

    folders: list[Finding] = field(default_factory=list)
    number: int = 0
    files: int = 0
    keys: list[str] = field(default_factory=list)


@dataset_check(EMPTY_FILE, subjects=EVERYTHING)
def judge_empty_files(dataset: Dataset) -> Iterator[Finding]:
    """Find files without a byte; those of one folder are one finding, and those of many folders of a batch."""
    batches: dict[str, _Empty] = {}
    for placed in dataset.folders.with_sign(Sign.EMPTY):
        folder = placed.remarkable
        names = [
            name
            for name, size in zip(folder.names, folder.sizes, strict=True)
            if size == 0 and name not in dataset.layout.may_be_empty
        ]
        batch = batches.setdefault(group_home(placed.key), _Empty())
        batch.number += 1
        batch.files += len(names)
        batch.keys += [placed.key + name for name in names[: EXAMPLES_KEPT - len(batch.keys)]]
        if batch.number <= FOLDERS_TOLD:
            batch.folders.append(_empty_in_folder(placed.key, names, placed.files))
    for home, batch in batches.items():
        if batch.number <= FOLDERS_TOLD:
            yield from batch.folders
        else:
            yield EMPTY_FILE.finding(
                home,
                f"{counted(batch.files, 'file')} in {batch.number:,} folders are empty",
                count=batch.files,
                examples=[below_source(key) for key in batch.keys],
                size=0,
            )


def _empty_in_folder(key: str, names: Sequence[str], files: int) -> Finding:
    all_of_them = " (all that lie here)" if len(names) == files and len(names) > 1 else ""
    what = (
        "This file is empty"
        if len(names) == 1
        else f"{counted(len(names), 'file')} of this folder are empty{all_of_them}"
    )
    return EMPTY_FILE.finding(
        key + names[0] if len(names) == 1 else key,
        what,
        count=len(names),
        examples=names if len(names) > 1 else (),
        size=0,
    )
