"""Counts what a dataset holds: batches, plates, nodes, files."""

from collections import Counter

from validator.checks.dataset import Dataset
from validator.checks.package import PackageDataset
from validator.models.package import NODE_KINDS


def count_entities(dataset: Dataset) -> dict[str, int]:
    """Numbers of batches and plates that the folders name (of a package, of the nodes of each kind), and of files."""
    files = dataset.folders.files
    if isinstance(dataset, PackageDataset):
        groups = Counter(group for group, _ in dataset.nodes)
        return {**{group: groups[group] for group in NODE_KINDS if groups[group]}, "files": files}
    batches: set[tuple[str, ...]] = set()
    plates: set[tuple[str, ...]] = set()
    for placed in dataset.survey:
        known = placed.place.entities
        home = (known.get("project", ""), known.get("source", ""))
        if "batch" in known:
            batches.add((*home, known["batch"]))
            if "plate" in known:
                plates.add((*home, known["batch"], known["plate"]))
    return {"batches": len(batches), "plates": len(plates), "files": files}
