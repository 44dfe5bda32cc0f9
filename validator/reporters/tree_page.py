"""The whole layout as a page of the documentation: the tree, its kinds, its entities."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from validator.rulebook.imagers import ImagerSpec
from validator.rulebook.template import Entity, Template
from validator.rulebook.tree import Node

INDENT = "  "
KIND_COLUMN = 64
HOME = "<project>/<source>/"


@dataclass(frozen=True, slots=True)
class DocumentedPath:
    """One line of the tree.

    Attributes
    ----------
    kind
        What lies there.
    path
        Form of the key, for people; of a folder with ``/`` at the end.
    example
        A key of this form, made of the entities' first examples.
    depth
        How many folders it lies in.
    note
        What may be inside, where that is not told by further lines.
    """

    kind: str
    path: str
    example: str
    depth: int
    note: str = ""


def documented_paths(tree: Node, entities: Mapping[str, Entity]) -> Iterator[DocumentedPath]:
    """Every folder and file that the layout names, from the root on; folders come before files."""
    yield from _below(tree, "", "", {}, entities)


def _below(
    node: Node, path: str, example: str, bound: Mapping[str, str], entities: Mapping[str, Entity]
) -> Iterator[DocumentedPath]:
    depth = path.count("/")
    for name, child in node.literals.items():
        yield DocumentedPath(child.kind, f"{path}{name}/", f"{example}{name}/", depth, _note(child))
        yield from _below(child, f"{path}{name}/", f"{example}{name}/", bound, entities)
    for template, child in node.templates:
        known = _bound(template, bound, entities)
        here, sample = f"{path}{template.describe({})}/", f"{example}{template.describe(known)}/"
        yield DocumentedPath(child.kind, here, sample, depth, _note(child))
        yield from _below(child, here, sample, known, entities)
    for name, kind in node.file_literals.items():
        yield DocumentedPath(kind, path + name, example + name, depth)
    for template, kind in node.file_templates:
        known = _bound(template, bound, entities)
        yield DocumentedPath(kind, path + template.describe({}), example + template.describe(known), depth)


def _bound(template: Template, bound: Mapping[str, str], entities: Mapping[str, Entity]) -> dict[str, str]:
    first = {name: entities[name].examples[0] for name in template.entities}
    return first | dict(bound)


def _note(node: Node) -> str:
    if node.opaque:
        return "anything inside, as the microscope wrote it"
    return "anything inside" if node.anything else ""


def tree_page(
    version: str,
    paths: Sequence[DocumentedPath],
    entities: Mapping[str, Entity],
    imagers: Sequence[ImagerSpec],
    versions: str,
) -> str:
    """The page in Markdown.

    Parameters
    ----------
    version
        Version of the rulebook.
    paths
        The lines of the tree (`documented_paths`).
    entities
        Every entity by its name.
    imagers
        Forms of names of raw images.
    versions
        What the rulebook says about its versions, a section in Markdown.
    """
    return f"""# Where everything lies

The layout of the Cell Painting Gallery as cpgate knows it, rulebook {version}. This page is made from the rulebook itself. What stands in
angle brackets varies; the tables below say what it may be. `README.md`, `README.txt` and `README` may lie in any folder, and
receipts of uploads in `_cpgate/`.

## The tree

```text
{"".join(_lines(paths))}```

## Kinds of files

One example for each form of a key, without `project/source/`.

| kind | form | example |
|---|---|---|
{"".join(_rows(paths))}
## Varying parts

| written | what it is | examples | pattern |
|---|---|---|---|
{"".join(_entity_row(entity) for entity in entities.values())}
## Names of raw images

Well, site and channel are read from names of these forms, to find plates with only some of their wells, sites or channels. Of other names
nothing is said: below the folder of a plate the microscope decides.

| microscope | examples |
|---|---|
{"".join(f"| {_cell(imager.name)} | {_codes(imager.examples)} |{chr(10)}" for imager in imagers)}
{versions}"""


def _lines(paths: Sequence[DocumentedPath]) -> Iterator[str]:
    for path in paths:
        name = path.path.rstrip("/").rpartition("/")[2] + "/" * path.path.endswith("/")
        note = f"   ({path.note})" if path.note else ""
        yield f"{INDENT * path.depth + name:<{KIND_COLUMN}} {path.kind}{note}\n"


def _rows(paths: Sequence[DocumentedPath]) -> Iterator[str]:
    for path in paths:
        if not path.path.endswith("/") or path.note:
            form, example = path.path.removeprefix(HOME), "/".join(path.example.split("/")[2:])
            yield f"| `{path.kind}` | `{_cell(form)}` | `{_cell(example)}` |\n"


def _entity_row(entity: Entity) -> str:
    return f"| `{_cell(entity.show)}` | {_cell(entity.meaning)} | {_codes(entity.examples)} | `{_cell(entity.pattern)}` |\n"


def _codes(words: Sequence[str]) -> str:
    return ", ".join(f"`{_cell(word)}`" for word in words)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
