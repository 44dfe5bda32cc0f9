"""What the checks of the layout would rename: one proposal for each folder or file with a wrong name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from validator.checks.batch_folders import BatchFolders
from validator.checks.batches import (
    BATCH_DATE_IMPOSSIBLE,
    BATCH_DATE_SPELLING,
    BATCH_UNDATED,
    find_batches,
    wrong_batches,
)
from validator.checks.dataset import Dataset
from validator.checks.folders import FOLDER_MISSPELT
from validator.checks.leftovers import JUNK_FILE
from validator.checks.misfits import misfit_files, misspelt_folders
from validator.checks.names import FOLDER_CHARACTERS
from validator.checks.placement import FILE_MISSPELT
from validator.checks.plain_names import plain_name
from validator.models.finding import Level
from validator.models.place import Place
from validator.models.renames import Identity, What
from validator.models.rule import Rule

RENAMING_RULES = (
    FOLDER_MISSPELT,
    BATCH_UNDATED,
    BATCH_DATE_SPELLING,
    BATCH_DATE_IMPOSSIBLE,
    FILE_MISSPELT,
    FOLDER_CHARACTERS,
)
"""Rules whose findings say a right name. No kind of folder asks for padded wells: ``a1`` and ``A01`` are both right."""
FIXABLE_RULES = (*RENAMING_RULES, JUNK_FILE)

IMAGERS = "it lies in a folder of the imager, whose index files refer to its names"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A better name for one folder or file.

    Attributes
    ----------
    key
        Its key; of a folder ends with ``/``.
    name
        The name; empty when none can be told.
    rule
        The rule that asks for it.
    what
        What it is.
    group
        What has the same group is renamed together or not at all.
    identity
        The batch or plate that changes its name with it.
    obstacle
        Why it must not be renamed, a clause; empty when it may.
    """

    key: str
    name: str
    rule: Rule
    what: What
    group: str
    identity: Identity | None = None
    obstacle: str = ""


def propose(dataset: Dataset, wanted: frozenset[str]) -> list[Proposal]:
    """Every proposal for a dataset, one for each folder or file.

    What two rules ask for comes one after the other: the second one asks again when the first is done.

    Parameters
    ----------
    dataset
        What was listed.
    wanted
        Numbers of the rules that are asked.
    """
    found: dict[str, Proposal] = {}
    for proposal in chain(
        _misspelt_folders(dataset), _batches(dataset), _strange_folders(dataset), _misspelt_files(dataset)
    ):
        if proposal.rule.id in wanted and proposal.key not in found and _is_judged(dataset, proposal):
            found[proposal.key] = _with_obstacle(dataset, proposal)
    return list(found.values())


def _is_judged(dataset: Dataset, proposal: Proposal) -> bool:
    return dataset.policy.decide(proposal.rule, proposal.key)[0] is not Level.OFF


def _with_obstacle(dataset: Dataset, proposal: Proposal) -> Proposal:
    parent = proposal.key[: proposal.key.rfind("/", 0, -1) + 1]
    if dataset.layout.is_opaque(dataset.layout.place_folder(parent)):
        return replace(proposal, obstacle=IMAGERS)
    if not proposal.name:
        return replace(proposal, obstacle="nothing of its name would be left")
    return proposal


def _misspelt_folders(dataset: Dataset) -> Iterator[Proposal]:
    for key, nearest in misspelt_folders(dataset).items():
        yield Proposal(key, nearest, FOLDER_MISSPELT, "folder", key)


def _batches(dataset: Dataset) -> Iterator[Proposal]:
    renamed = [(wrong.batch, wrong.rename, wrong.rule) for wrong in wrong_batches(dataset) if wrong.rename]
    strange = (
        (batch, plain_name(batch.name, dataset.layout), FOLDER_CHARACTERS)
        for batch in find_batches(dataset)
        if dataset.layout.strange_characters(batch.name)
    )
    for batch, name, rule in chain(renamed, strange):
        group = f"batch {batch.dataset}/{batch.name}"
        identity = Identity("batch", batch.dataset, "", batch.name, name)
        for key in batch.folders:
            yield Proposal(key, name, rule, "batch", group, identity)


def _strange_folders(dataset: Dataset) -> Iterator[Proposal]:
    strange = [key for key, _ in dataset.folders.strange]
    plates = list(_plates(dataset, strange))
    yield from plates
    by_group = {proposal.group: proposal for proposal in plates}
    batches = BatchFolders(dataset)
    for key in strange:
        parent, name = _split(key)
        batch = batches.better_name(key)
        if batch is not None:
            yield _strange_batch(key, name, batch)
            continue
        plate = by_group.get(_plate_group(dataset.layout.place_folder(parent)))
        after = _behind_plate(plate, name)
        if plate is not None and plate.identity is not None and after is not None:
            better = plate.identity.new + plain_name(f"x{after}", dataset.layout)[1:]
            yield Proposal(key, better, FOLDER_CHARACTERS, "folder", plate.group)
        else:
            yield Proposal(key, plain_name(name, dataset.layout), FOLDER_CHARACTERS, "folder", key)
    if plates:
        yield from _files_of_plates(dataset, by_group)


def _strange_batch(key: str, old: str, new: str) -> Proposal:
    """One folder of a batch, whose other folders may have been proposed already."""
    home = "/".join(key.split("/")[:2])
    group = f"batch {home}/{old}"
    return Proposal(key, new, FOLDER_CHARACTERS, "batch", group, Identity("batch", home, "", old, new))


def _plates(dataset: Dataset, strange: Iterable[str]) -> Iterator[Proposal]:
    """Folders that stand for a plate: all of one plate are renamed together."""
    layout = dataset.layout
    for key in strange:
        parent, name = _split(key)
        above, here = layout.place_folder(parent), layout.place_folder(key)
        if "plate" in above.entities or "plate" not in here.entities or here.misfit is not None:
            continue
        better = plain_name(name, layout)
        new_plate = layout.place_folder(f"{parent}{better}/").entities.get("plate", "") if better else ""
        identity = Identity(
            "plate", _home(here), here.entities.get("batch", ""), here.entities["plate"], new_plate
        )
        yield Proposal(key, better, FOLDER_CHARACTERS, "plate", _plate_group(here), identity)


def _files_of_plates(dataset: Dataset, plates: Mapping[str, Proposal]) -> Iterator[Proposal]:
    """Files that are named after a plate, in folders that are the plate's and not the imager's."""
    for placed in dataset.folders:
        plate = plates.get(_plate_group(placed.place))
        if plate is None or plate.identity is None or dataset.layout.is_opaque(placed.place):
            continue
        for name in placed.folder.names:
            after = _behind_plate(plate, name)
            if after is not None:
                yield Proposal(
                    placed.key + name,
                    plate.identity.new + after,
                    FOLDER_CHARACTERS,
                    "file",
                    plate.group,
                )


def _misspelt_files(dataset: Dataset) -> Iterator[Proposal]:
    for placed, name, _, misfit in misfit_files(dataset):
        if misfit.nearest:
            key = placed.folder.key + name
            yield Proposal(key, misfit.nearest, FILE_MISSPELT, "file", key)


def _behind_plate(plate: Proposal | None, name: str) -> str | None:
    """What follows the plate in a name that begins with it, or ``None``."""
    if plate is None or plate.identity is None or not name.startswith(plate.identity.old):
        return None
    after = name[len(plate.identity.old) :]
    return None if after[:1].isalnum() else after


def _plate_group(place: Place) -> str:
    plate = place.entities.get("plate")
    return f"plate {_home(place)}/{place.entities.get('batch', '')}/{plate}" if plate else ""


def _home(place: Place) -> str:
    return f"{place.entities.get('project', '')}/{place.entities.get('source', '')}"


def _split(key: str) -> tuple[str, str]:
    parent, _, name = key.rstrip("/").rpartition("/")
    return f"{parent}/" if parent else "", name
