"""Names with entities in braces: ``{plate}_Illum{channel}.npy``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from pydantic import ConfigDict, Field, RootModel

from validator.errors import RulebookError
from validator.models.late_model import LateModel
from validator.rulebook.locate import read_rulebook_file


class EntitySpec(LateModel):
    """A varying part of a path, as ``entities.yaml`` writes it.

    Attributes
    ----------
    is
        What it is, in words.
    show
        What messages write in its place, ``<plate>``.
    pattern
        Regular expression for what may stand there; named groups bind further entities.
    examples
        Some that are in use.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    meaning: str = Field(alias="is")
    show: str
    pattern: str
    examples: tuple[str, ...] = Field(min_length=1)


class EntitiesSpec(RootModel[dict[str, EntitySpec]]):
    """The whole of ``entities.yaml``: entities by their names."""


_BRACES = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Entity:
    """A varying part of a path.

    Attributes
    ----------
    name
        ``plate``
    meaning
        What it is, in words.
    show
        What messages write in its place, ``<plate>``.
    pattern
        What may stand there.
    examples
        Some that are in use.
    """

    name: str
    meaning: str
    show: str
    pattern: str
    examples: tuple[str, ...]


@cache
def load_entities() -> Mapping[str, Entity]:
    """Every entity of the rulebook by its name."""
    specs = EntitiesSpec.model_validate(read_rulebook_file("entities.yaml")).root
    return {
        name: Entity(name, spec.meaning, spec.show, spec.pattern, spec.examples)
        for name, spec in specs.items()
    }


@dataclass(frozen=True, slots=True)
class Template:
    """A name in which entities stand for what varies.

    Attributes
    ----------
    text
        As the rulebook writes it.
    entities
        Names of the entities in it, in their order.
    is_one_entity
        Whether it is nothing but one entity.
    """

    text: str
    entities: tuple[str, ...]
    is_one_entity: bool = False

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Read a template.

        Raises
        ------
        RulebookError
            When it names an entity that the rulebook does not define.
        """
        names = tuple(_BRACES.findall(text))
        unknown = [name for name in names if name not in load_entities()]
        if unknown:
            raise RulebookError(
                f"The layout's name {text} uses {unknown[0]}, which entities.yaml does not define."
            )
        return cls(text, names, text == f"{{{names[0]}}}" if len(names) == 1 else False)

    def match(self, name: str, bound: Mapping[str, str]) -> dict[str, str] | None:
        """Entities that a name binds, or ``None`` when it is not of this form.

        Parameters
        ----------
        name
            One part of a path.
        bound
            What is known already; those entities must be the same here.
        """
        entities = self.entities
        if self.is_one_entity and entities[0] not in bound and load_entities()[entities[0]].pattern == ".+":
            return {entities[0]: name}
        pieces = _pieces(self.text)
        # What is known at the beginning is no pattern: then the pattern of the rest is the same for all plates.
        begin = piece = 0
        while piece < len(pieces) and (piece % 2 == 0 or pieces[piece] in bound):
            known = bound[pieces[piece]] if piece % 2 else pieces[piece]
            if not name.startswith(known, begin):
                return None
            begin += len(known)
            piece += 1
        if piece == len(pieces):
            return {} if begin == len(name) else None
        relevant = tuple([(entity, bound[entity]) for entity in pieces[piece::2] if entity in bound])
        found = _compiled(self.text, piece, relevant).fullmatch(name[begin:])
        return None if found is None else {key: value for key, value in found.groupdict().items() if value}

    def describe(self, bound: Mapping[str, str]) -> str:
        """Write it for people, with what is known filled in: ``BR00117035_Illum<Channel>.npy``."""
        entities = load_entities()
        return "".join(
            [
                bound.get(piece, entities[piece].show) if number % 2 else piece
                for number, piece in enumerate(_pieces(self.text))
            ]
        )


@cache
def _pieces(text: str) -> tuple[str, ...]:
    """What stands between entities, and their names, in turns; the first and the last stand between none."""
    return tuple(_BRACES.split(text))


@lru_cache(maxsize=2048)
def _compiled(text: str, first: int, bound: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    """Pattern of the pieces from an entity on."""
    entities, known = load_entities(), dict(bound)
    seen: set[str] = set()
    parts: list[str] = []
    for index, piece in enumerate(_pieces(text)[first:], first):
        if index % 2 == 0:
            parts.append(re.escape(piece))
        elif piece in known:
            parts.append(re.escape(known[piece]))
        elif piece in seen:
            parts.append(f"(?P={piece})")
        else:
            parts.append(f"(?P<{piece}>{entities[piece].pattern})")
            seen.add(piece)
    return re.compile("".join(parts), re.DOTALL)
