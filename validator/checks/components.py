"""What a dataset must bring, by its scope."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from validator.checks.dataset import Dataset
from validator.checks.dataset_names import SECTIONS
from validator.checks.folders import COMMON_NAMES
from validator.checks.registry import dataset_check
from validator.checks.wording import listed
from validator.models.finding import Finding, Level
from validator.models.place import Misfit
from validator.models.rule import Rule
from validator.rulebook.homes import home_of_folder
from validator.rulebook.scope import Component, find_scope, load_scope

COMPONENT_MISSING = Rule(
    id="CPG130",
    slug="component-missing",
    title="A new dataset brings everything that is required of it",
    why="Images without platemaps and load_data are pictures of nobody knows what; the Gallery does not accept a dataset without them.",
    mend="Add the missing folder; if these data belong to a dataset that is in the Gallery already, say --scope addition.",
    family="layout",
    source="Cell Painting Gallery documentation, contributing",
)
COMPONENT_RECOMMENDED = Rule(
    id="CPG131",
    slug="component-recommended",
    title="A dataset brings what readers expect beside the required",
    why="The structure page of the Gallery lists these folders too; without them readers must make the results again themselves.",
    mend="Add the folder if you have these data.",
    family="layout",
    level=Level.INFO,
    source="Cell Painting Gallery documentation, folder structure",
)


@dataset_check(COMPONENT_MISSING, COMPONENT_RECOMMENDED)
def judge_components(dataset: Dataset) -> Iterator[Finding]:
    """Find what is missing; only where whole datasets were listed."""
    if not dataset.complete:
        return
    for name in dataset.names:
        if name.split("/")[1] in SECTIONS:
            continue  # the source is missing, and with it everything seems to be
        scope, inventory = load_scope(_scope_of(dataset, name)), _Inventory(dataset, name)
        for component in scope.required:
            if inventory.lacks(component):
                message = (
                    f"{component.component} is missing, and a {scope.title} must bring it: {component.why}"
                )
                yield COMPONENT_MISSING.finding(f"{name}/", message, expected=component.component)
        wished = [component for component in scope.recommended if inventory.lacks(component)]
        if wished:
            names = [component.component for component in wished]
            verb = "is" if len(names) == 1 else "are"
            yield COMPONENT_RECOMMENDED.finding(
                f"{name}/",
                f"{listed(names, 'and')} {verb} not there: {wished[0].why}",
                count=len(names),
                examples=names if len(names) > 1 else (),
            )


def _scope_of(dataset: Dataset, name: str) -> str:
    """Scope of one of several datasets: its own, unless the user said one for all."""
    if len(dataset.names) == 1 or dataset.scope != find_scope(placed.place for placed in dataset.survey):
        return dataset.scope
    return find_scope(placed.place for placed in dataset.survey if placed.key.startswith(f"{name}/"))


def _meant_by(misfit: Misfit, parts: Sequence[str], entities: Mapping[str, str]) -> Iterator[str]:
    """Folders below ``project/source/`` that were probably meant by one that has no place; which is an error of its own."""
    above = parts[: misfit.depth - 2]
    if misfit.nearest:
        yield "/".join([*above, misfit.nearest])
    if misfit.left_out:
        yield "/".join([*above, "*", misfit.segment])
    home = None if misfit.segment in COMMON_NAMES else home_of_folder(misfit.segment, entities)
    if home is not None and misfit.depth > 3:
        yield f"{home.folder}{misfit.segment}"


class _Inventory:
    """Which folders and kinds one dataset has."""

    def __init__(self, dataset: Dataset, name: str) -> None:
        self._folders: set[str] = set()
        # What is perhaps there: folders that were meant by others, and folders that nobody could look into.
        self._meant = {
            trouble.key[len(name) + 1 :].rstrip("/")
            for trouble in dataset.troubles
            if trouble.kind == "unreadable" and trouble.key.startswith(f"{name}/")
        }
        self._broken: set[str] = set()
        self._dataset = dataset
        self._home = f"{name}/"
        for placed in dataset.survey:
            if not placed.key.startswith(self._home):
                continue
            parts = placed.key[len(self._home) :].split("/")[:-1]
            self._folders.update("/".join(parts[: depth + 1]) for depth in range(min(len(parts), 3)))
            misfit = placed.place.misfit
            if misfit is not None:
                self._broken.add(misfit.parent_kind)
            if misfit is not None and misfit.depth >= 2:
                self._meant.update(_meant_by(misfit, parts, placed.place.entities))

    def lacks(self, component: Component) -> bool:
        """Whether it is missing, and not only misspelt, misplaced or closed to us (which other rules tell)."""
        hidden = not component.hidden_by.isdisjoint(self._broken) or self._is_elsewhere(component)
        return not hidden and not self._has(component)

    def _has(self, component: Component) -> bool:
        if component.kinds:
            files = self._dataset.files(*component.kinds)
            return any(file.entry.key.startswith(self._home) for file in files)
        return self._any(self._folders, component)

    def _is_elsewhere(self, component: Component) -> bool:
        # A folder that is misspelt further up (image/ for images/) hides everything below it, too.
        return any(
            all(
                fnmatchcase(part, wanted)
                for part, wanted in zip(meant.split("/"), pattern.split("/"), strict=False)
            )
            for pattern in component.folders
            for meant in self._meant
        )

    @staticmethod
    def _any(folders: set[str], component: Component) -> bool:
        return any(fnmatchcase(folder, pattern) for pattern in component.folders for folder in folders)
