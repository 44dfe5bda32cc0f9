"""Scopes: what a dataset must bring, by what it is for."""

from collections.abc import Iterable
from functools import cache

from pydantic import ConfigDict, Field

from validator.errors import UsageError
from validator.models.late_model import LateModel
from validator.models.place import Place
from validator.rulebook.locate import read_rulebook_file
from validator.rulebook.vocabulary import known_projects


class Component(LateModel):
    """A part of a dataset that a scope asks for.

    Attributes
    ----------
    component
        What messages call it.
    folders
        Folders below ``project/source/`` of which one must hold a file; ``*`` is any one name.
    kinds
        Kinds of which a file must be there, if not empty.
    hidden_by
        Kinds of folders: when something in one of them has no place, this component is perhaps only misplaced.
    why
        What it is for, a half sentence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    component: str
    folders: tuple[str, ...]
    kinds: frozenset[str] = frozenset()
    hidden_by: frozenset[str] = frozenset()
    why: str


class Scope(LateModel):
    """What a dataset of one sort must bring.

    Attributes
    ----------
    name, title
        ``arrayed``, *new arrayed dataset*.
    signs, unless
        Kinds of places, or what they begin with, that show that a dataset is of this sort.
    unless_published
        Kinds that do not count as signs either, where the project is in the Gallery already.
    required, recommended
        What it must bring, and what it had better bring.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    signs: tuple[str, ...]
    unless: tuple[str, ...] = ()
    unless_published: tuple[str, ...] = ()
    required: tuple[Component, ...] = Field(default=())
    recommended: tuple[Component, ...] = Field(default=())

    def shown_by(self, kind: str, *, published: bool = False) -> bool:
        """Whether a place of this kind is a sign of this scope, in a project that is in the Gallery already or not."""
        unless = (*self.unless, *self.unless_published) if published else self.unless
        return _begins(kind, self.signs) and not _begins(kind, unless)


class ScopesSpec(LateModel):
    """The whole of ``scopes.yaml``.

    Attributes
    ----------
    scopes
        Every scope; the first of which a dataset shows a sign is taken.
    default
        Name of the scope of a dataset that shows no sign.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scopes: tuple[Scope, ...]
    default: str


@cache
def load_scopes() -> tuple[Scope, ...]:
    """Every scope of the rulebook; the order matters to :func:`find_scope`."""
    return ScopesSpec.model_validate(read_rulebook_file("scopes.yaml")).scopes


def load_scope(name: str) -> Scope:
    """Return the scope of this name.

    Raises
    ------
    UsageError
        When there is none.
    """
    for scope in load_scopes():
        if scope.name == name:
            return scope
    known = ", ".join(scope.name for scope in load_scopes())
    raise UsageError(f"There is no scope {name!r}.", f"Use one of: {known}.")


def find_scope(places: Iterable[Place]) -> str:
    """Name of the scope that a dataset is of, found from the places of its folders.

    Data with images is a new dataset (pooled when it has barcoding images), data without is an addition to an existing one, and
    assembled or deep-learning products alone are derived. Compressed or projected images alone add to a project that is known.
    """
    kinds = {(place.kind, place.entities.get("project") in known_projects()) for place in places}
    for scope in load_scopes():
        if any(scope.shown_by(kind, published=published) for kind, published in kinds):
            return scope.name
    return str(read_rulebook_file("scopes.yaml")["default"])


def _begins(kind: str, beginnings: tuple[str, ...]) -> bool:
    return any(kind == beginning or kind.startswith(f"{beginning}.") for beginning in beginnings)
