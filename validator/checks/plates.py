"""The plates of a batch are the same in every component, and a name is used for one plate (CPG150-CPG152, CPG155)."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from validator.checks.dataset import Dataset
from validator.checks.plate_names import similar_plate
from validator.checks.plate_survey import IMAGES, LOAD_DATA, ORDER, BatchSurvey, survey_plates
from validator.checks.registry import dataset_check
from validator.checks.row_words import joined, shown
from validator.checks.wording import counted, listed
from validator.models.finding import Finding, Level
from validator.models.rule import Rule

PLATE_INCOMPLETE = Rule(
    id="CPG150",
    slug="plate-incomplete",
    title="Every plate of a batch is in every component that the batch has",
    why="Other plates of the batch have the component, so that its absence is a copy that stopped or a step that failed; nobody "
    "can tell it later from a plate that was left out on purpose.",
    mend="Copy what is missing, or say in the batch's README why these plates have less than the others.",
    family="layout",
    level=Level.WARNING,
    source="Cell Painting Gallery documentation, folder structure",
)
PLATE_NOT_IMAGED = Rule(
    id="CPG151",
    slug="load-data-without-images",
    title="Every plate with load_data has images",
    why="load_data promises the images of the plate, and not one of them is there; other plates of the batch have theirs.",
    mend="Copy the images of the plate, or give the plate the same name in images and in load_data_csv.",
    family="layout",
    source="Cell Painting Gallery documentation, folder structure",
)
PLATE_NOT_UNIQUE = Rule(
    id="CPG152",
    slug="plate-not-unique",
    title="A plate's name is used once in a project",
    why="Profiles and platemaps are joined by the plate's name; two plates of one name become one in every table.",
    mend="If it is one plate that was imaged again, say so in the README; otherwise rename one of the two.",
    family="layout",
    level=Level.WARNING,
    source="Cell Painting Gallery documentation, folder structure",
)

PLATE_UNKNOWN = Rule(
    id="CPG155",
    slug="plate-unknown-to-images",
    title="Every plate of illum and of the workspace has images",
    why="A plate has one name everywhere. Under a name that no images have, illumination functions and profiles belong to nothing.",
    mend="Copy the images of the plate, or give the plate the same name in every folder and table.",
    family="layout",
    level=Level.WARNING,
    source="Cell Painting Gallery documentation, folder structure",
)


@dataset_check(PLATE_INCOMPLETE)
def plates_have_every_component(dataset: Dataset) -> Iterator[Finding]:
    """Find plates that lack what others of their batch have; plates that lack the same are one finding."""
    for survey in survey_plates(dataset):
        strays, components = _strays(survey, dataset), frozenset(survey.components)
        renamed = _renamed(survey, strays)
        groups: dict[frozenset[str], list[str]] = defaultdict(list)
        for plate, where in survey.plates.items():
            lacking = components - where - renamed.get(plate, frozenset())
            if lacking and plate not in strays:
                groups[lacking].append(plate)
        for lacking, plates in groups.items():
            yield _incomplete(survey, lacking, plates)


@dataset_check(PLATE_NOT_IMAGED)
def plates_with_load_data_have_images(dataset: Dataset) -> Iterator[Finding]:
    """Find plates with load_data and without images, in batches that have images."""
    for survey, where, plates in _groups_without_images(dataset):
        if LOAD_DATA in where:
            folder = folder_of(survey, IMAGES)
            dataset.told.update(f"{folder}{plate}/" for plate in plates)
            yield _without_images(PLATE_NOT_IMAGED, survey, where, plates)


@dataset_check(PLATE_UNKNOWN)
def plates_have_images(dataset: Dataset) -> Iterator[Finding]:
    """Find plates of other components that have no images, in batches that have images."""
    for survey, where, plates in _groups_without_images(dataset):
        if LOAD_DATA not in where:
            yield _without_images(PLATE_UNKNOWN, survey, where, plates)


def _groups_without_images(dataset: Dataset) -> Iterator[tuple[BatchSurvey, frozenset[str], list[str]]]:
    """Plates without images that the same components have, batch by batch."""
    for survey in survey_plates(dataset):
        groups: dict[frozenset[str], list[str]] = defaultdict(list)
        for plate in _strays(survey, dataset):
            groups[survey.plates[plate]].append(plate)
        for where, plates in groups.items():
            yield survey, where, plates


@dataset_check(PLATE_NOT_UNIQUE)
def plates_are_unique(dataset: Dataset) -> Iterator[Finding]:
    """Find names of plates that several batches of a project have images of."""
    batches: dict[tuple[str, str], list[BatchSurvey]] = defaultdict(list)
    for survey in survey_plates(dataset):
        for plate in survey.of(IMAGES):
            batches[survey.home.split("/")[0], plate].append(survey)
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for (_, plate), surveys in batches.items():
        if len(surveys) > 1:
            groups[tuple(f"{survey.home}images/{survey.batch}/" for survey in surveys)].append(plate)
    for folders, plates in groups.items():
        what = (
            f"Plate {shown(plates[0])} has" if len(plates) == 1 else f"{counted(len(plates), 'plate')} have"
        )
        yield PLATE_NOT_UNIQUE.finding(
            folders[-1],
            f"{what} images in {len(folders)} batches of the project: {joined(folders)}"
            + (f"; {_named(plates)}" if len(plates) > 1 else ""),
            count=len(plates),
            examples=plates,
        )


def _strays(survey: BatchSurvey, dataset: Dataset) -> Collection[str]:
    """Plates without images in a batch that has images; an addition may bring the images of some plates only."""
    if IMAGES not in survey.components or dataset.scope in ("addition", "derived"):
        return ()
    return {plate: None for plate, where in survey.plates.items() if IMAGES not in where}


def _renamed(survey: BatchSurvey, strays: Collection[str]) -> Mapping[str, frozenset[str]]:
    """What plates seem to lack only because a component names them otherwise, which is told there."""
    found: dict[str, frozenset[str]] = {}
    for stray in strays:
        meant = similar_plate(stray, survey.of(IMAGES))
        if meant:
            found[meant] = found.get(meant, frozenset()) | survey.plates[stray]
    return found


def _incomplete(survey: BatchSurvey, lacking: frozenset[str], plates: Sequence[str]) -> Finding:
    missing = [name for name in ORDER if name in lacking]
    total = len(survey.plates)
    what = f"Plate {shown(plates[0])} is" if len(plates) == 1 else f"{counted(len(plates), 'plate')} are"
    return PLATE_INCOMPLETE.finding(
        folder_of(survey, missing[0]),
        f"{what} not in {listed(missing)}, which other plates of batch {shown(survey.batch)} have "
        f"({len(plates):,} of {counted(total, 'plate')})"
        + (f": {_named(plates)}" if len(plates) > 1 else ""),
        expected=f"{folder_of(survey, missing[0]).split('/', 2)[2]}{plates[0]}/",
        count=len(plates),
        examples=plates,
    )


def _without_images(rule: Rule, survey: BatchSurvey, where: frozenset[str], plates: Sequence[str]) -> Finding:
    there = [name for name in ORDER if name in where]
    what = f"Plate {shown(plates[0])} is" if len(plates) == 1 else f"{counted(len(plates), 'plate')} are"
    meant = {plate: similar_plate(plate, survey.of(IMAGES)) for plate in plates}
    first = next((plate for plate in plates if meant[plate]), None)
    key = folder_of(survey, LOAD_DATA if rule is PLATE_NOT_IMAGED else there[0])
    return rule.finding(
        f"{key}{plates[0]}/" if len(plates) == 1 else key,
        f"{what} in {listed(there, 'and')} of batch {shown(survey.batch)} and "
        f"{'has' if len(plates) == 1 else 'have'} no images"
        + (f": {_named(plates)}" if len(plates) > 1 else ""),
        expected=None if first is None else meant[first],
        actual=None if first is None else first,
        hint=None
        if first is None
        else f"the images have a plate {shown(meant[first])}: use one name in images, illum and workspace",
        count=len(plates),
        examples=plates,
    )


def folder_of(survey: BatchSurvey, component: str) -> str:
    """Key of the folder in which a component has the plates of a batch."""
    if component in (IMAGES, "illum"):
        return f"{survey.home}images/{survey.batch}/{component}/"
    return f"{survey.home}workspace/{component}/{survey.batch}/"


def _named(plates: Sequence[str]) -> str:
    return joined([shown(plate) for plate in plates])
