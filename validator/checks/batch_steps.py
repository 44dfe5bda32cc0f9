"""Folders of the workspace in which the step of the batch is left out, or another one stands before it (CPG108)."""

from collections import defaultdict
from collections.abc import Iterator

from validator.checks.dataset import Dataset
from validator.checks.folders import MISPLACED_FOLDER
from validator.checks.misread_batches import batch_of, plates_as_batches, steps_before_batches
from validator.checks.registry import dataset_check
from validator.checks.wording import below_source, counted
from validator.models.finding import Finding
from validator.models.rule import EXAMPLES_KEPT


@dataset_check(MISPLACED_FOLDER)
def judge_plates_as_batches(dataset: Dataset) -> Iterator[Finding]:
    """Find folders of the workspace whose plates lie without the folder of their batch; each is one finding."""
    plates = plates_as_batches(dataset)
    folders: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    batches: dict[str, str] = {}
    for placed in dataset.survey if plates else ():
        name = batch_of(placed.place)
        if name in plates and placed.key.split("/")[2] == "workspace":
            parent = placed.key[: placed.key.index(f"/{name[1]}/", len(name[0])) + 1]
            folders[parent][name[1]] += placed.files
            batches.setdefault(parent, plates[name])
    for parent, names in folders.items():
        yield _finding(parent, list(names), sum(names.values()), batches[parent])


def _finding(parent: str, names: list[str], files: int, batch: str) -> Finding:
    inside, first = below_source(parent), names[0]
    what = (
        f"“{first}” is a plate and lies"
        if len(names) == 1
        else f"{counted(len(names), 'folder')} like “{first}” are plates and lie"
    )
    return MISPLACED_FOLDER.finding(
        f"{parent}{first}/" if len(names) == 1 else parent,
        f"{what} directly in {inside}, without the folder of the batch ({counted(files, 'file')})",
        expected="<batch>/<plate>/",
        actual=f"{first}/",
        hint=f"Move {first} to {inside}{batch or '<batch>'}/{first}/.",
        count=len(names),
        examples=[f"{inside}{name}/" for name in names[:EXAMPLES_KEPT]] if len(names) > 1 else (),
    )


@dataset_check(MISPLACED_FOLDER)
def judge_steps_before_batches(dataset: Dataset) -> Iterator[Finding]:
    """Find folders of the workspace that stand between a documented folder and the batches in it."""
    steps = steps_before_batches(dataset)
    inside: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for placed in dataset.survey if steps else ():
        home, step = batch_of(placed.place)
        batch = placed.place.entities.get("plate", "")
        if (home, step) in steps and (home, batch) in dataset.image_batches:
            end = placed.key.index(f"/{step}/", len(home)) + len(step) + 2
            inside[placed.key[:end]][batch] += placed.files
    for folder, batches in inside.items():
        parent, _, step = below_source(folder)[:-1].rpartition("/")
        yield MISPLACED_FOLDER.finding(
            folder,
            f"“{step}” stands between {parent}/ and {'a batch' if len(batches) == 1 else f'{len(batches):,} batches'}, "
            f"where nothing has a place ({counted(sum(batches.values()), 'file')})",
            expected="<batch>/",
            actual=f"{step}/",
            hint=f"Move the batches to {parent}/; data of another sort may have a folder of their own, workspace/{step}/.",
            examples=[f"{below_source(folder)}{batch}/" for batch in list(batches)[:EXAMPLES_KEPT]],
        )
