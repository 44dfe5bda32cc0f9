"""The layout's tree as it is walked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from validator.errors import RulebookError
from validator.rulebook.layout_spec import EverywhereSpec, NodeSpec, read_spec
from validator.rulebook.locate import read_rulebook_file
from validator.rulebook.template import Template


@dataclass(slots=True, eq=False)
class Node:
    """One folder of the tree, ready to be walked.

    Attributes
    ----------
    kind
        What it is.
    anything
        Whether anything may lie inside (it is opaque or free).
    opaque
        Whether an imager decides what is inside.
    literals, templates
        Folders inside, by their name or by a form of names.
    file_literals, file_templates
        Kinds of the files inside, likewise.
    aliases
        Usual other names of the folders inside, in lower case.
    file_kinds
        Kinds that a file directly inside can have.
    inside
        What any folder inside is that has no place of its own; only where anything may lie inside.
    """

    kind: str
    anything: bool = False
    opaque: bool = False
    literals: dict[str, "Node"] = field(default_factory=dict)
    templates: list[tuple[Template, "Node"]] = field(default_factory=list)
    file_literals: dict[str, str] = field(default_factory=dict)
    file_templates: list[tuple[Template, str]] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    file_kinds: frozenset[str] = frozenset()
    inside: "Node | None" = None

    def describe_folders(self, bound: Mapping[str, str]) -> tuple[str, ...]:
        """Folders that may lie inside, for people."""
        names = [*self.literals, *(template.describe(bound) for template, _ in self.templates)]
        return tuple(f"{name}/" for name in names)

    def describe_files(self, bound: Mapping[str, str]) -> tuple[str, ...]:
        """Files that may lie inside, for people."""
        return (*self.file_literals, *(template.describe(bound) for template, _ in self.file_templates))


@cache
def load_tree() -> Node:
    """Read the rulebook's layout and return the root of its tree."""
    spec = read_spec(read_rulebook_file("layout.yaml"))
    return build(spec.tree, spec.parts, spec.everywhere)


def build(spec: NodeSpec, parts: Mapping[str, NodeSpec], everywhere: EverywhereSpec) -> Node:
    """Turn a written node, and everything below it, into one that can be walked.

    Raises
    ------
    RulebookError
        When it uses a part that is not defined, or has no kind.
    """
    if spec.use is not None:
        if spec.use not in parts:
            raise RulebookError(f"The layout uses a part {spec.use} that it does not define.")
        part = parts[spec.use]
        spec = part.model_copy(
            update={"kind": spec.kind or part.kind, "aliases": spec.aliases or part.aliases}
        )
    if spec.kind is None:
        raise RulebookError("A folder of the layout has no kind.")
    node = Node(spec.kind, anything=spec.opaque or spec.free, opaque=spec.opaque)
    for name, child in spec.folders.items():
        # A part without a kind of its own takes the kind of the folder that uses it.
        built = build(
            child.model_copy(update={"kind": child.kind or _kind_of(child, parts) or spec.kind}),
            parts,
            everywhere,
        )
        if "{" in name:
            node.templates.append((Template.parse(name), built))
        else:
            node.literals[name] = built
            node.aliases.update({alias.lower(): name for alias in child.aliases})
    for name, kind in spec.files.items():
        if "{" in name:
            node.file_templates.append((Template.parse(name), kind))
        else:
            node.file_literals[name] = kind
    node.file_kinds = frozenset({*spec.files.values(), *everywhere.files.values(), node.kind})
    if node.anything:
        node.inside = Node(node.kind, anything=True, opaque=node.opaque, file_kinds=node.file_kinds)
        node.inside.inside = node.inside
    return node


def _kind_of(spec: NodeSpec, parts: Mapping[str, NodeSpec]) -> str | None:
    return parts[spec.use].kind if spec.use is not None and spec.use in parts else None
