"""Folders of one form: the layout says the same of all of them, but for the values of well and site."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from validator.models.place import Place
from validator.rulebook.imagers import Ints
from validator.rulebook.layout import FolderPlace, Layout
from validator.rulebook.rests import rests_of
from validator.rulebook.template import Template

FINE = frozenset({"well", "site"})
"""Entities that folders of one plate differ in; no rule asks for them one by one."""
_PLATE = "{plate}"
_UNKNOWN = -1
"""What is not known yet of the end of a name."""


@dataclass(slots=True, eq=False)
class Form:
    """What folders have in common.

    Attributes
    ----------
    place
        Place of the first of them; the others differ at most in the values of `FINE` entities.
    sort
        What is the same for folders that no rule tells apart, see `sort_of`; ``None`` where each is a sort of its own.
    number
        A number of its own for each sort.
    index
        A number of its own for each form.
    alone
        Whether each folder inside is placed by itself.
    plate
        What names of folders inside begin with that say nothing else than `rests`; empty where there are none.
    rests
        What the ends of such names bind, see `Rests`.
    children, by_entities
        Forms of folders inside, by their name or by what their end binds.
    """

    place: FolderPlace
    sort: object
    number: int
    index: int
    alone: bool
    plate: str
    rests: dict[str, int | None]
    children: dict[str, "Form"] = field(default_factory=dict)
    by_entities: dict[int | None, "Form"] = field(default_factory=dict)


def sort_of(key: str, place: Place) -> object:
    """What folders have in common that no rule tells apart; ``None`` for a folder outside batches."""
    if place.misfit is not None:
        return "/".join(key.split("/")[: place.misfit.depth + 1])
    if "batch" not in place.entities:
        return None
    return place.kind, *((name, value) for name, value in place.entities.items() if name not in FINE)


class Way(Protocol):
    """Steps down the tree to some folders."""

    @property
    def names(self) -> Sequence[str]:
        """Names of the folders of all steps."""

    @property
    def parents(self) -> Ints:
        """Of each step the number of the one before it, from 1; 0 for the first of a way."""

    def key(self, step: int) -> str:
        """Key of the folder of a step; the first is 0."""


class Forms:
    """Places folders like `Layout.place_folder`, many times faster where they are alike: those of the sites of plates.

    Parameters
    ----------
    layout
        Places the first of each form.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._forms: dict[object, Form] = {}
        self._sorts: dict[object, int] = {}
        self._rests = rests_of(layout)
        self._root = self._form("", layout.folder_place(""))

    def along(self, way: Way) -> list[int]:
        """Find the form of the root and of the folder of each step.

        Parameters
        ----------
        way
            In which each step comes after the one to the folder above.

        Returns
        -------
        list of int
            Indices of the forms.
        """
        placed = [self._root]
        for name, above in zip(way.names, way.parents.tolist(), strict=True):
            parent = placed[above]
            form = parent.children.get(name)
            if form is None:
                plate = parent.plate
                if plate and name.startswith(plate):
                    # PLATE-A01-1 in a folder of this plate: what follows the plate is the same in every plate.
                    form = parent.by_entities.get(parent.rests.get(name[len(plate) :]))
                if form is None:
                    form = self._below(parent, way.key(len(placed) - 1), name)
            placed.append(form)
        return [form.index for form in placed]

    def __iter__(self) -> Iterator[Form]:
        """Every form, in the order of their indices."""
        return iter(self._forms.values())

    def _below(self, parent: Form, key: str, name: str) -> Form:
        if parent.plate and name.startswith(parent.plate):
            rest = name[len(parent.plate) :]
            bound = parent.rests.get(rest, _UNKNOWN)
            if bound == _UNKNOWN:
                match = parent.place.node.templates[0][0].match(name, parent.place.entities)
                bound = self._rests.enter(parent.rests, rest, match)
            if bound is not None:
                form = parent.by_entities.get(bound)
                if form is None:
                    form = self._form(key, self._layout.step(parent.place, name))
                    parent.by_entities[bound] = form
                return form
        if parent.alone:
            return self._form(key, self._layout.folder_place(key))
        form = self._form(key, self._layout.step(parent.place, name))
        parent.children[name] = form
        return form

    def _form(self, key: str, place: FolderPlace) -> Form:
        misfit = "/".join(key.split("/")[: place.misfit.depth + 1]) if place.misfit is not None else None
        entities = tuple((name, "" if name in FINE else value) for name, value in place.entities.items())
        same = place.kind, id(place.node), entities, misfit
        known = self._forms.get(same)
        if known is None:
            sort = sort_of(key, place)
            number = self._sorts.setdefault(sort, len(self._sorts))
            templates = [template for template, _ in place.node.templates]
            alone = any(
                entity in FINE and entity in place.entities for t in templates for entity in t.entities
            )
            short = bool(templates) and not alone and _begins_with_plate(templates[0], place)
            plate = place.entities["plate"] if short else ""
            if plate and any(name.startswith(plate) for name in self._layout.named_in(place)):
                plate = ""
            known = self._forms[same] = Form(
                place,
                sort,
                number,
                len(self._forms),
                alone,
                plate,
                self._rests.of(id(place.node)),
            )
        return known


def _begins_with_plate(template: Template, place: FolderPlace) -> bool:
    """Whether a name of this form is the plate that is known, and something that does not depend on it."""
    return (
        place.misfit is None
        and "plate" in place.entities
        and not template.is_one_entity
        and template.text.startswith(_PLATE)
        and template.text.count(_PLATE) == 1
        and set(template.entities) <= {"plate", *FINE}
    )
