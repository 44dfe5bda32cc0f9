"""Folders of one form: the layout says the same of all of them, but for the values of well and site."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from validator.models.place import Place
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
    """

    place: FolderPlace
    sort: object
    number: int
    index: int
    _alone: bool
    _plate: str
    _named: Collection[str]
    _rests: dict[str, int | None]
    _children: dict[str, "Form"] = field(default_factory=dict)
    _by_entities: dict[int, "Form"] = field(default_factory=dict)


def sort_of(key: str, place: Place) -> object:
    """What folders have in common that no rule tells apart; ``None`` for a folder outside batches."""
    if place.misfit is not None:
        return "/".join(key.split("/")[: place.misfit.depth + 1])
    if "batch" not in place.entities:
        return None
    return place.kind, *((name, value) for name, value in place.entities.items() if name not in FINE)


@dataclass(slots=True)
class Walked:
    """Folders that were placed, and those between them, each once.

    Attributes
    ----------
    forms
        Index of the form of each folder that was asked for.
    names
        Names of all folders.
    parents
        What tells the folders in which these lie from each other.
    """

    forms: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)


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

    def of(self, key: str) -> Form:
        """Form of a folder.

        Parameters
        ----------
        key
            Ends with ``/``; the empty key is the root.
        """
        (index,) = self.walk([key]).forms
        return list(self)[index]

    def walk(self, keys: Iterable[str]) -> Walked:
        """Find the form of each folder.

        Parameters
        ----------
        keys
            Sorted; then none is looked at twice.
        """
        walked = Walked()
        found, names, parents = walked.forms, walked.names, walked.parents
        # The folder that was placed last, and those above it: where each begins to differ, and what it is.
        prefix, form, here = "", self._root, 0
        above: list[tuple[str, Form, int]] = []
        for key in keys:
            while not key.startswith(prefix):
                prefix, form, here = above.pop()
            begin = len(prefix)
            end = key.find("/", begin) + 1
            while end:
                above.append((prefix, form, here))
                name = key[begin : end - 1]
                names.append(name)
                parents.append(here)
                here = len(names)
                last = end == len(key)
                prefix = key if last else key[:end]
                form = form._children.get(name) or self._below(form, prefix, name)  # noqa: SLF001  made here only
                begin, end = end, 0 if last else key.find("/", end) + 1
            found.append(form.index)
        return walked

    def __iter__(self) -> Iterator[Form]:
        """Every form, in the order of their indices."""
        return iter(self._forms.values())

    def _below(self, parent: Form, key: str, name: str) -> Form:
        # PLATE-A01-1 in a folder of this plate: what follows the plate is the same in every plate.
        plate = parent._plate  # noqa: SLF001
        if plate and name.startswith(plate) and name not in parent._named:  # noqa: SLF001
            rest = name[len(plate) :]
            bound = parent._rests.get(rest, _UNKNOWN)  # noqa: SLF001
            if bound == _UNKNOWN:
                template = parent.place.node.templates[0][0]
                match = template.match(name, parent.place.entities)
                bound = self._rests.enter(parent._rests, rest, match)  # noqa: SLF001
            if bound is not None:
                form = parent._by_entities.get(bound)  # noqa: SLF001
                if form is None:
                    form = self._form(key, self._layout.step(parent.place, name))
                    parent._by_entities[bound] = form  # noqa: SLF001
                return form
        if parent._alone:  # noqa: SLF001
            return self._form(key, self._layout.folder_place(key))
        form = self._form(key, self._layout.step(parent.place, name))
        parent._children[name] = form  # noqa: SLF001
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
            known = self._forms[same] = Form(
                place,
                sort,
                number,
                len(self._forms),
                alone,
                place.entities["plate"] if short else "",
                self._layout.named_in(place),
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
