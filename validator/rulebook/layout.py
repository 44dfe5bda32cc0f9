"""Places every folder and file: matches a key against the layout's tree, part by part."""

import re
from collections.abc import Collection, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache

from validator.errors import RulebookError
from validator.models.place import Misfit, Place
from validator.rulebook.homes import home_inside
from validator.rulebook.layout_spec import LayoutSpec, read_spec
from validator.rulebook.locate import read_rulebook_file
from validator.rulebook.nearest import nearest_name
from validator.rulebook.template import Template
from validator.rulebook.tree import Node, build

STEPS_LEFT_OUT = frozenset(("{batch}", "{plate}"))
"""Folders that people forget: what belongs into them lies where they should be."""
FOLDERS_REMEMBERED = 20_000  # keys come in order, so that only a few are needed again

_NOWHERE = Node(
    ""
)  # below a misfit nothing has a place, and nothing can be one of the kinds that checks ask for


@dataclass(slots=True, unsafe_hash=True)  # as `Place`
class FolderPlace(Place):
    """Place of a folder, with the step of the tree that it reached.

    Attributes
    ----------
    node
        That step.
    depth
        Number of parts of its key.
    """

    node: Node = _NOWHERE
    depth: int = 0


class Layout:
    """The rulebook's layout.

    Parameters
    ----------
    spec
        The layout as it is written.

    Attributes
    ----------
    version
        Version of the layout.
    may_be_empty
        Names of files that are empty on purpose.
    """

    def __init__(self, spec: LayoutSpec) -> None:
        self.version = spec.version
        self.may_be_empty = frozenset(spec.may_be_empty)
        characters = spec.folder_characters
        self._strange = re.compile(f"[^{characters.allowed}]")
        self._exceptions = re.compile("|".join(characters.exceptions))
        self._closed = re.compile("|".join(characters.opaque))
        self._tree = build(spec.tree, spec.parts, spec.everywhere)
        self._files_everywhere = {
            name: kind for name, kind in spec.everywhere.files.items() if "{" not in name
        }
        self._templates_everywhere = [
            (Template.parse(name), kind) for name, kind in spec.everywhere.files.items() if "{" in name
        ]
        self._folders_everywhere = {
            name: build(node, spec.parts, spec.everywhere) for name, node in spec.everywhere.folders.items()
        }
        self._root = FolderPlace(self._tree.kind, {}, None, self._tree, 0)
        self._remembered: dict[str, FolderPlace] = {}
        self._dependent: dict[tuple[object, ...], bool] = {}
        self._prefix = ""

    def kinds(self) -> tuple[str, ...]:
        """Every kind that a folder or a file can have, sorted."""
        nodes = [self._tree, *self._folders_everywhere.values()]
        return tuple(
            sorted({kind for top in nodes for node in _walk(top) for kind in (node.kind, *node.file_kinds)})
        )

    def below(self, prefix: str) -> "Layout":
        """The same layout for keys that all begin with a prefix, as those of an uploaded package do."""
        moved = copy(self)
        moved._prefix = prefix  # noqa: SLF001  of this very class
        return moved

    def place_folder(self, key: str) -> Place:
        """Place a folder.

        Parameters
        ----------
        key
            Its key from the bucket's root on, ending with ``/``; the empty key is the root.
        """
        return self.folder_place(key)

    def folder_place(self, key: str) -> FolderPlace:
        """Like :meth:`place_folder`, with the step of the tree."""
        return self._placed(key.removeprefix(self._prefix))

    def named_in(self, parent: Place) -> Collection[str]:
        """Names of folders that the tree, or what may lie everywhere, has literally in this one."""
        return {*self._folders_everywhere, *_folder_place(parent).node.literals}

    def _placed(self, key: str) -> FolderPlace:
        if not key:
            return self._root
        known = self._remembered.get(key)
        if known is None:
            cut = key.rfind("/", 0, -1) + 1
            parent = self._placed(key[:cut])
            known = self.step(parent, key[cut:-1])
            if len(self._remembered) >= FOLDERS_REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = known
        return known

    def step(self, parent: FolderPlace, name: str) -> FolderPlace:
        """Place a folder in a folder.

        Parameters
        ----------
        parent
            Place of the folder in which it lies.
        name
            Its name.
        """
        depth, entities, node = parent.depth + 1, parent.entities, parent.node
        child = self._folders_everywhere.get(name)
        if child is not None:
            return FolderPlace(child.kind, entities, None, child, depth)
        if parent.misfit is not None:
            return FolderPlace(parent.kind, entities, parent.misfit, node, depth)
        child = node.literals.get(name)
        if child is not None:
            return FolderPlace(child.kind, entities, None, child, depth)
        meant = "" if node.anything else nearest_name(name, node.literals, node.aliases)
        left_out = ""
        for template, child in node.templates:
            if meant and template.is_one_entity:
                continue  # metadata/platemap is a slip for platemaps, not a batch of this name
            if template.text in STEPS_LEFT_OUT and name in child.literals:
                left_out = template.entities[0]  # images/illum/BR00117035: no batch is named illum
                continue
            bound = template.match(name, entities)
            if bound is not None:
                return FolderPlace(
                    child.kind, {**entities, **bound} if bound else entities, None, child, depth
                )
        if node.inside is not None:
            return FolderPlace(node.kind, entities, None, node.inside, depth)
        misfit = Misfit(parent.depth, name, parent.kind, node.describe_folders(entities), meant, left_out)
        return FolderPlace(parent.kind, entities, misfit, _NOWHERE, depth)

    def place_file(self, folder: Place, name: str) -> Place:
        """Place a file.

        Parameters
        ----------
        folder
            What :meth:`place_folder` said about the folder in which it lies.
        name
            Its name.
        """
        place = _folder_place(folder)
        node = place.node
        if node.anything and not node.file_templates:
            return place
        kind = node.file_literals.get(name) or self._files_everywhere.get(name)
        if kind is not None:
            return Place(kind, place.entities)
        if place.misfit is not None:
            return place
        for template, kind in node.file_templates:
            bound = template.match(name, place.entities)
            if bound is not None:
                return Place(kind, {**place.entities, **bound} if bound else place.entities)
        if node.anything:
            return place
        for template, kind in self._templates_everywhere:
            if template.match(name, {}) is not None:
                return Place(kind, place.entities)
        expected = node.describe_files(place.entities) or node.describe_folders(place.entities)
        nearest = nearest_name(name, node.file_literals)
        return Place(place.kind, place.entities, Misfit(place.depth, name, place.kind, expected, nearest))

    def left_out_before(self, folder: Place, name: str) -> tuple[str, str]:
        """What `home_inside` says about a file that has no place in this folder."""
        place = _folder_place(folder)
        return home_inside(place.node, name, place.entities)

    def may_hold(self, folder: Place, kinds: frozenset[str]) -> bool:
        """Whether a file directly in this folder could have one of these kinds."""
        return not _folder_place(folder).node.file_kinds.isdisjoint(kinds)

    def holds_anything(self, folder: Place) -> bool:
        """Whether every file directly in this folder is of the folder's own kind, whatever its name."""
        node = _folder_place(folder).node
        return node.anything and not node.file_templates

    def depends_on_names_above(self, folder: Place) -> bool:
        """Whether the place of a file depends on more than the step of the tree that its folder reached."""
        place = _folder_place(folder)
        if place.misfit is not None:
            return True
        bound = place.entities
        step = id(place.node), *bound
        known = self._dependent.get(step)
        if known is None:
            named = (entity for template, _ in place.node.file_templates for entity in template.entities)
            known = self._dependent[step] = any(entity in bound for entity in named)
        return known

    def step_of(self, folder: Place) -> int:
        """Number of the step of the tree that a folder reached; the same for folders of one sort."""
        return id(_folder_place(folder).node)

    def is_opaque(self, folder: Place) -> bool:
        """Whether an imager decided what lies in this folder."""
        return _folder_place(folder).node.opaque

    def plate_meant(self, folder: Place, name: str) -> str:
        """Return the other plate whose folder a file of this name would fit, or an empty text.

        ``BR02_IllumDNA.npy`` in the folder of plate BR01 belongs to plate BR02.
        """
        place = _folder_place(folder)
        return _other_plate((template for template, _ in place.node.file_templates), name, place.entities)

    def plate_meant_by_folder(self, parent: Place, name: str) -> str:
        """Like :meth:`plate_meant`, for a folder in a folder."""
        place = _folder_place(parent)
        return _other_plate((template for template, _ in place.node.templates), name, place.entities)

    def strange_characters(self, folder_name: str) -> str:
        """Characters of a folder's name that folder names should not hold, each once, in their order."""
        strange = self._strange.findall(folder_name)
        if not strange or (strange == ["."] * len(strange) and self._exceptions.fullmatch(folder_name)):
            return ""
        return "".join(dict.fromkeys(strange))

    def is_closed(self, folder_name: str) -> bool:
        """Whether names below this folder are a file format's own (Zarr) and not judged."""
        return self._closed.fullmatch(folder_name) is not None


@cache
def load_layout() -> Layout:
    """Read the rulebook's layout; the same object every time."""
    return Layout(read_spec(read_rulebook_file("layout.yaml")))


@cache
def load_package_layout() -> Layout:
    """Read the layout of packages in the style of the Allen Institute; the same object every time."""
    return Layout(read_spec(read_rulebook_file("package_layout.yaml")))


def _folder_place(place: Place) -> FolderPlace:
    if not isinstance(place, FolderPlace):
        raise RulebookError("The place of a folder must come from the layout's place_folder.")
    return place


def _other_plate(templates: Iterator[Template], name: str, entities: Mapping[str, str]) -> str:
    here = entities.get("plate")
    if here is None:
        return ""
    others = {key: value for key, value in entities.items() if key not in ("plate", "full_plate")}
    for template in templates:
        if "plate" in template.entities and template.text != "{plate}":
            bound = template.match(name, others)
            if bound is not None and bound["plate"] != here:
                return bound["plate"]
    return ""


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in (*node.literals.values(), *(child for _, child in node.templates)):
        yield from _walk(child)
