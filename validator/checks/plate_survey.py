"""Which plates and batches each component of a dataset has, from its folders alone."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from validator.checks.dataset import Dataset, PlacedFolder
from validator.checks.plate_names import plate_of

IMAGES, LOAD_DATA = "images", "load_data_csv"
COMPONENTS: Mapping[str, str] = {
    "images.raw": IMAGES,
    "images.pooled_barcoding": IMAGES,
    "images.pooled_painting": IMAGES,
    "images.illum_plate": "illum",
    "workspace.load_data_plate": LOAD_DATA,
    "workspace.analysis_plate": "analysis",
    "workspace.analysis_groups": "analysis",
    "workspace.analysis_group": "analysis",
    "workspace.analysis_images": "analysis",
    "workspace.backend_plate": "backend",
    "workspace.profiles_plate": "profiles",
}
"""Components whose plates are compared, by the kinds of their folders, in the order of the work."""
GROUP = re.compile(r"(?P<plate>.+?)-(?:[Ww]ell_?[A-Za-z]?|[A-Za-z]{1,2})[0-9]{1,4}(?:-[0-9]+)?")
"""How a folder of a well, or of a site of it, is named: ``CP257A-Well1-0``."""
ORDER = tuple(dict.fromkeys(COMPONENTS.values()))


@dataclass
class BatchSurvey:
    """The plates of one batch.

    Attributes
    ----------
    home, batch
        ``project/source/`` and the batch's name.
    plates
        Components in which each plate is, by the plate's name.
    components
        Components that the batch has, in the order of the work.
    """

    home: str
    batch: str
    plates: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def components(self) -> tuple[str, ...]:
        """Components that the batch has."""
        there = frozenset[str]().union(*self.plates.values())
        return tuple(name for name in ORDER if name in there)

    def of(self, component: str) -> list[str]:
        """Plates that a component has, sorted."""
        return sorted(plate for plate, where in self.plates.items() if component in where)


@dataclass
class _Names:
    """Names as the folders of a batch write them: plates by component, full plate names with the plate in them."""

    plates: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    full: dict[str, str] = field(default_factory=dict)
    flat: set[str] = field(default_factory=set)


def survey_plates(dataset: Dataset) -> list[BatchSurvey]:
    """Plates of every batch that any component has, in the order of the keys."""
    batches: dict[tuple[str, str], _Names] = {}
    for placed in dataset.survey:
        entities = placed.place.entities
        if placed.place.misfit is not None or "batch" not in entities:
            continue
        names = batches.setdefault(
            (f"{entities['project']}/{entities['source']}/", entities["batch"]), _Names()
        )
        _enter(names, placed)
    return [BatchSurvey(home, batch, _joined(names)) for (home, batch), names in batches.items()]


def _enter(names: _Names, placed: PlacedFolder) -> None:
    entities = placed.place.entities
    component = COMPONENTS.get(placed.place.kind)
    if component == IMAGES and "full_plate" in entities:
        names.full.setdefault(entities["full_plate"], entities["plate"])
    elif component is not None and "plate" in entities:
        names.plates[component].add(entities["plate"])
    elif placed.place.kind == "workspace.profiles_batch":
        names.flat.add("profiles")  # without folders of plates, which is told: nothing to compare


def _joined(names: _Names) -> dict[str, frozenset[str]]:
    where: dict[str, set[str]] = defaultdict(set)
    for component, plates in names.plates.items():
        for plate in plates if component not in names.flat else ():
            where[plate].add(component)
    for full, written in names.full.items():
        # Most full names begin with their plate: only the others are compared with every plate of the batch.
        plate = written if written in where else plate_of(full, written, names_of_workspace(names))
        where[plate].add(IMAGES)
    for name in [name for name, found in where.items() if found == {"analysis"}]:
        group = GROUP.fullmatch(name)
        if group is not None and group["plate"] in where:
            # The folder of its plate is left out, which is told: it is no other plate.
            del where[name]
            where[group["plate"]].add("analysis")
    return {plate: frozenset(where[plate]) for plate in sorted(where)}


def names_of_workspace(names: _Names) -> Iterator[str]:
    """Plates as components other than the images name them."""
    for plates in names.plates.values():
        yield from plates
