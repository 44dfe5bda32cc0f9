"""Names of the project and of the source."""

import re
from collections.abc import Iterator

from validator.checks.dataset import Dataset
from validator.checks.registry import dataset_check
from validator.models.finding import Finding, Level
from validator.models.rule import Rule
from validator.rulebook.nearest import nearest_name
from validator.rulebook.vocabulary import known_projects

PROJECT_NAME = Rule(
    id="CPG101",
    slug="project-name",
    title="A project is named cpg, four digits, a dash and a tag",
    why="The name is the address of the dataset for good: papers cite it, and tools find a project by its number.",
    mend="Rename the folder to the name that the Gallery's maintainers have given you, like cpg0037-oasis.",
    family="layout",
    source="Cell Painting Gallery documentation, folder structure",
)
PROJECT_TAG = Rule(
    id="CPG102",
    slug="project-tag",
    title="The tag of a new project has no capitals",
    why="Keys are case sensitive, people are not: a name with capitals is mistyped, and then nothing is found.",
    mend="Write the tag in lower-case letters.",
    family="layout",
    source="Cell Painting Gallery documentation, folder structure",
)
PROJECT_NUMBER = Rule(
    id="CPG103",
    slug="project-number",
    title="A new project has a number of its own",
    why="Another project of the Gallery has this number: the name is probably mistyped, and the data would lie beside the project that it belongs to.",
    mend="Compare the name with the one that the Gallery's maintainers have given you.",
    family="layout",
    level=Level.WARNING,
    source="Cell Painting Gallery, list of datasets",
)
SOURCE_NAME = Rule(
    id="CPG104",
    slug="source-name",
    title="Between the project and its data stands the source, the institution that made them",
    why="Every key is project/source/...: without the source, every other part of the key is one step off.",
    mend="Put images/ and workspace/ into a folder named after your institution, or source_1 to stay anonymous.",
    family="layout",
    source="Cell Painting Gallery documentation, folder structure",
)

SECTIONS = frozenset({"images", "workspace", "workspace_dl"})
_FORM = re.compile(r"cpg(\d{4})(-.+)?", re.DOTALL)


@dataset_check(PROJECT_NAME, PROJECT_TAG, PROJECT_NUMBER)
def judge_project_name(dataset: Dataset) -> Iterator[Finding]:
    """Judge names of projects that are not in the Gallery yet."""
    for project in sorted({name.split("/")[0] for name in dataset.names}):
        if project not in known_projects():
            yield from _judge_new_project(project)


def _judge_new_project(project: str) -> Iterator[Finding]:
    key, meant = f"{project}/", nearest_name(project, known_projects())
    form = _FORM.fullmatch(project)
    if form is None:
        hint = f"Rename it to {meant}, if that is the project." if meant else None
        expected = meant or "a name like cpg0037-oasis"
        yield PROJECT_NAME.finding(
            key, f"“{project}” is not the name of a project", expected=expected, actual=project, hint=hint
        )
        return
    number, tag = form.groups()
    if tag is None:
        message = f"The new project {project} has no tag behind its number"
        yield PROJECT_NAME.finding(key, message, expected=f"{project}-<tag>", actual=project)
    elif tag != tag.lower():
        expected = f"cpg{number}{tag.lower()}"
        yield PROJECT_TAG.finding(
            key,
            f"The tag of the new project {project} has capitals",
            expected=expected,
            actual=project,
            hint=f"Rename it to {expected}.",
        )
    others = [name for name in known_projects() if name[3:7] == number]
    if others:
        message = (
            f"The number of {project} belongs to {' and '.join(others)}, which is in the Gallery already"
        )
        hint = f"Rename it to {meant}, if that is the project." if meant else None
        yield PROJECT_NUMBER.finding(key, message, actual=project, hint=hint)


@dataset_check(SOURCE_NAME)
def judge_source_name(dataset: Dataset) -> Iterator[Finding]:
    """Find datasets that lie directly in the folder of their project."""
    missing: dict[str, list[str]] = {}
    for name in dataset.names:
        project, source = name.split("/")
        if source in SECTIONS:
            missing.setdefault(project, []).append(source)
        elif source.lower() == "source":
            message = f"“{source}” stands where the name of the institution belongs"
            yield SOURCE_NAME.finding(f"{name}/", message, expected="broad, source_4, ...", actual=source)
    for project, sections in missing.items():
        message = f"The source is missing: {' and '.join(sections)} lie directly in the folder of the project"
        expected = f"{project}/<source>/{sections[0]}/"
        yield SOURCE_NAME.finding(
            f"{project}/", message, expected=expected, count=len(sections), examples=sections
        )
