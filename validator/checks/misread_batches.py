"""Names of the workspace that are read as batches and are none: plates, and steps that stand before the batches."""

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from validator.models.place import Place

if TYPE_CHECKING:
    from validator.checks.dataset import Dataset

_IMAGES = "images."
_WORKSPACE = "workspace."


def batch_of(place: Place) -> tuple[str, str]:
    """``project/source/`` and batch of a place, each empty where it has none."""
    entities = place.entities
    return f"{entities.get('project', '')}/{entities.get('source', '')}/", entities.get("batch", "")


def plates_as_batches(dataset: "Dataset") -> Mapping[tuple[str, str], str]:
    """Names that stand in the workspace as batches and are plates with images: home and name, with the batch of the images.

    The batch is empty where plates of this name are in several.
    """
    batches: dict[tuple[str, str], set[str]] = defaultdict(set)
    for placed in dataset.survey:
        entities = placed.place.entities
        if placed.place.kind.startswith(_IMAGES) and placed.place.misfit is None and "full_plate" in entities:
            home, _ = batch_of(placed.place)
            batches[home, entities["plate"]].add(entities["batch"])
            batches[home, entities["full_plate"]].add(entities["batch"])
    found: dict[tuple[str, str], str] = {}
    for placed in dataset.survey:
        name = batch_of(placed.place)
        if not placed.place.kind.startswith(_WORKSPACE):
            continue
        if name in batches and name not in found and name not in dataset.image_batches:
            own = batches[name]
            found[name] = next(iter(own)) if len(own) == 1 else ""
    return found


def steps_before_batches(dataset: "Dataset") -> frozenset[tuple[str, str]]:
    """Names that stand in the workspace as batches, with folders inside that are named after batches with images."""
    found: set[tuple[str, str]] = set()
    for placed in dataset.survey:
        home, batch = batch_of(placed.place)
        inside = placed.place.entities.get("plate", "")
        if (
            inside
            and placed.place.kind.startswith(_WORKSPACE)
            and (home, batch) not in dataset.image_batches
            and (home, inside) in dataset.image_batches
        ):
            found.add((home, batch))
    return frozenset(found)


def misread_batches(dataset: "Dataset") -> frozenset[tuple[str, str]]:
    """Names of both sorts; what is wrong with them is told once, and not of everything below them.

    Checks ask `Dataset.misread_batches`, which remembers them.
    """
    return frozenset(plates_as_batches(dataset)) | steps_before_batches(dataset)
