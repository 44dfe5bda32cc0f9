"""Where a file or folder belongs that lies where it has no place: the layout knows some names at one place only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from validator.rulebook.template import Template
from validator.rulebook.tree import Node, load_tree

_SPECIFIC = 4
"""Letters with which a form of names begins that is known at one place only, like ``load_data.{table}``."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where something belongs.

    Attributes
    ----------
    form
        The folder as the rulebook writes it; the same for things that belong together.
    folder
        The folder below ``project/source/``, with what is known filled in: ``workspace/metadata/platemaps/<batch>/``.
    """

    form: str
    folder: str


def home_of_folder(name: str, entities: Mapping[str, str]) -> Home | None:
    """Return the folder in which a folder of this name belongs, where the layout has it once.

    Parameters
    ----------
    name
        Its name.
    entities
        What is known from where it lies.
    """
    return _filled(_folders().get(name, ()), entities)


def home_of_file(name: str, entities: Mapping[str, str]) -> Home | None:
    """Return the folder in which a file of this name belongs, where the layout has it once."""
    known = _files().get(name)
    if known is None:
        known = tuple(path for template, path in _forms_of_files() if template.match(name, {}) is not None)
    return _filled(known, entities)


def home_inside(node: Node, name: str, entities: Mapping[str, str]) -> tuple[str, str]:
    """Return the folder that is left out on the way to a file, as the layout and as people write it, or two empty texts.

    ``BR00117035.sqlite`` lies directly in the folder of its batch: ``{plate}`` and ``BR00117035/`` are left out. A ``.tsv`` in
    ``metadata/`` lacks ``external_metadata/``.
    """
    left_out = ("", "")
    for template, child in node.templates:
        if not template.is_one_entity or child.anything:
            continue
        if name in child.file_literals:
            return template.text, f"{template.describe(entities)}/"
        for form, _ in child.file_templates:
            bound = form.match(name, entities)
            if bound is not None:
                left_out = template.text, f"{template.describe({**entities, **bound})}/"
                if template.entities[0] in bound:
                    return left_out
    takes = [step for step, child in node.literals.items() if _takes(child, name, entities)]
    return left_out if left_out[0] or len(takes) != 1 else (takes[0], f"{takes[0]}/")


def _takes(node: Node, name: str, entities: Mapping[str, str]) -> bool:
    return not node.anything and any(
        form.match(name, entities) is not None for form, _ in node.file_templates
    )


def _filled(paths: tuple[tuple[str, ...], ...], entities: Mapping[str, str]) -> Home | None:
    if len(paths) != 1:
        return None
    steps = [Template.parse(step).describe(entities) if "{" in step else step for step in paths[0]]
    return Home("/".join(paths[0]), "".join(f"{step}/" for step in steps))


@cache
def _folders() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for path, node in _walk():
        for name in node.literals:
            found[name] = (*found.get(name, ()), path)
    return found


@cache
def _files() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for path, node in _walk():
        for name in node.file_literals:
            found[name] = (*found.get(name, ()), path)
    return found


@cache
def _forms_of_files() -> tuple[tuple[Template, tuple[str, ...]], ...]:
    return tuple(
        (template, path)
        for path, node in _walk()
        for template, _ in node.file_templates
        if len(template.text.partition("{")[0]) >= _SPECIFIC
    )


def _walk() -> Iterator[tuple[tuple[str, ...], Node]]:
    """Every folder of a dataset with its path below ``project/source/``."""
    (_, project), *_ = load_tree().templates
    (_, source), *_ = project.templates
    yield from _below((), source)


def _below(path: tuple[str, ...], node: Node) -> Iterator[tuple[tuple[str, ...], Node]]:
    yield path, node
    for name, child in (
        *node.literals.items(),
        *((template.text, child) for template, child in node.templates),
    ):
        yield from _below((*path, name), child)
