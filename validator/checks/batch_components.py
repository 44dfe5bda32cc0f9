"""The batches of a dataset are the same in images and in the workspace (CPG153, CPG154)."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from validator.checks.dataset import Dataset
from validator.checks.misread_batches import batch_of
from validator.checks.registry import dataset_check
from validator.checks.row_words import joined, shown
from validator.checks.wording import listed
from validator.models.finding import Finding, Level
from validator.models.rule import Rule
from validator.rulebook.nearest import nearest_name

BATCH_WITHOUT_WORKSPACE = Rule(
    id="CPG153",
    slug="batch-without-workspace",
    title="Every batch with images is in the workspace",
    why="Nothing says which plate, well and channel the images are, and what was done to the cells: load_data and platemaps are "
    "found by the batch's name.",
    mend="Add load_data and platemaps of the batch, or give the batch the same name in images and in every folder of the workspace.",
    family="layout",
    source="Cell Painting Gallery documentation, folder structure",
)
BATCH_WITHOUT_IMAGES = Rule(
    id="CPG154",
    slug="batch-without-images",
    title="Every batch of the workspace has its images",
    why="Other batches of the dataset have their images; a batch without them was forgotten, or is named otherwise there.",
    mend="Copy the images of the batch, or give both folders the same name.",
    family="layout",
    level=Level.WARNING,
    source="cpgate",
)

COMPARED: Mapping[str, str] = {
    "load_data_csv": "workspace.load_data_",
    "metadata/platemaps": "workspace.platemap_",
    "metadata": "workspace.pooled_metadata",
    "backend": "workspace.backend_",
    "analysis": "workspace.analysis_",
    "profiles": "workspace.profiles_",
}
"""Folders of the workspace that have a folder for each batch, with what the kinds of these begin with."""
DATE_DIGITS = 8


@dataclass
class _Batches:
    """Batches of one dataset.

    Attributes
    ----------
    images
        Batches below images/.
    workspace
        Batches below the compared folders of the workspace, each with these folders.
    mentioned
        Every name that a folder of the workspace has: a batch among them is known to somebody.
    """

    images: set[str] = field(default_factory=set)
    workspace: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    mentioned: set[str] = field(default_factory=set)


@dataset_check(BATCH_WITHOUT_WORKSPACE)
def batches_are_in_the_workspace(dataset: Dataset) -> Iterator[Finding]:
    """Find batches whose name only images have."""
    for home, batches in _find(dataset).items():
        alone = sorted(batches.images - batches.mentioned)
        if not batches.workspace or not alone:
            continue
        meant = {batch: _similar(batch, _without_images(batches)) for batch in alone}
        first = next((batch for batch in alone if meant[batch]), None)
        dataset.told.update(f"{home}workspace/metadata/platemaps/{batch}/" for batch in alone)
        what = f"Batch {shown(alone[0])} has" if len(alone) == 1 else f"{len(alone):,} batches have"
        names = "" if len(alone) == 1 else f": {joined([shown(batch) for batch in alone])}"
        yield BATCH_WITHOUT_WORKSPACE.finding(
            f"{home}images/{alone[0]}/" if len(alone) == 1 else f"{home}images/",
            f"{what} images and no folder in the workspace{names}",
            expected=None if first is None else meant[first],
            actual=None if first is None else first,
            hint=None
            if first is None
            else f"the workspace has a batch {shown(meant[first])} without images: use one name for both",
            count=len(alone),
            examples=alone,
        )


@dataset_check(BATCH_WITHOUT_IMAGES)
def batches_have_images(dataset: Dataset) -> Iterator[Finding]:
    """Find batches of the workspace that images do not have; batches without the same folders are apart."""
    for home, batches in _find(dataset).items():
        alone = sorted(batches.images - batches.mentioned)
        told = {_similar(batch, _without_images(batches)) for batch in alone}
        groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for batch in _without_images(batches):
            if batch not in told:
                groups[tuple(batches.workspace[batch])].append(batch)
        for where, names in groups.items():
            what = f"Batch {shown(names[0])} is" if len(names) == 1 else f"{len(names):,} batches are"
            yield BATCH_WITHOUT_IMAGES.finding(
                f"{home}images/{names[0]}/" if len(names) == 1 else f"{home}images/",
                f"{what} in {listed(where, 'and')} of the workspace and {'has' if len(names) == 1 else 'have'} no images"
                + (f": {joined([shown(name) for name in names])}" if len(names) > 1 else ""),
                expected=f"images/{names[0]}/",
                count=len(names),
                examples=names,
            )


def _find(dataset: Dataset) -> Mapping[str, _Batches]:
    """Batches of every dataset that has images; an addition brings what it adds only."""
    found: dict[str, _Batches] = {}
    if dataset.scope in ("addition", "derived"):
        return found
    for home, batch in sorted(dataset.image_batches):
        found.setdefault(home, _Batches()).images.add(batch)
    misread = dataset.misread_batches if found else frozenset()
    for placed in dataset.survey:
        parts = placed.key.split("/")
        batches = found.get("/".join(parts[:2]) + "/")
        if batches is None or len(parts) < 4 or not parts[2].startswith("workspace"):
            continue
        batches.mentioned.update(parts[4:])
        batch, component = placed.place.entities.get("batch", ""), _component(placed.place.kind)
        if component == "metadata" and "Barcodes.csv" not in placed.folder.names:
            continue  # any other folder of metadata looks like a batch, too
        if batch_of(placed.place) in misread:
            continue  # it is no batch, which is told
        if batch and component and component not in batches.workspace[batch]:
            batches.workspace[batch].append(component)
    return found


def _component(kind: str) -> str:
    return next((name for name, beginning in COMPARED.items() if kind.startswith(beginning)), "")


def _without_images(batches: _Batches) -> list[str]:
    """Batches that only the workspace has; one that adds to the name of another is made of its images."""
    return sorted(
        batch
        for batch in batches.workspace
        if batch not in batches.images and not any(batch.startswith(f"{known}_") for known in batches.images)
    )


def _similar(batch: str, others: Collection[str]) -> str:
    """Return the batch that is probably this one: other separators, one edit, or the only one of the same day."""
    squeezed = _squeezed(batch)
    for other in others:
        if _squeezed(other) == squeezed:
            return other
    day = squeezed[:DATE_DIGITS]
    same_day = [other for other in others if day.isdigit() and _squeezed(other).startswith(day)]
    return nearest_name(batch, others) or (same_day[0] if len(same_day) == 1 else "")


def _squeezed(batch: str) -> str:
    return "".join(character for character in batch.lower() if character.isalnum())
