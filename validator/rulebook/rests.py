"""Ends of the names of folders, behind the plate that they begin with."""

from collections.abc import Mapping
from functools import lru_cache
from itertools import count

from validator.rulebook.layout import Layout

RESTS_REMEMBERED = 50_000
"""Ends of names in folders at one step of the tree."""


class Rests:
    """What the ends of names say that begin with their plate; the same for all plates of all listings."""

    def __init__(self) -> None:
        self._by_node: dict[int, dict[str, int | None]] = {}
        self._bounds: dict[tuple[str, ...], int] = {}
        self._numbers = count()

    def of(self, node: int) -> dict[str, int | None]:
        """Number of what each end binds at a step of the tree, ``None`` if it is not of the form there."""
        return self._by_node.setdefault(node, {})

    def enter(self, rests: dict[str, int | None], rest: str, match: Mapping[str, str] | None) -> int | None:
        """Remember what an end binds, whatever the values; several threads may do so."""
        bound = None if match is None else self._bounds.setdefault(tuple(match), next(self._numbers))
        if len(rests) >= RESTS_REMEMBERED:
            rests.clear()
        rests[rest] = bound
        return bound


@lru_cache(maxsize=4)
def rests_of(layout: Layout) -> Rests:  # noqa: ARG001  each layout has its own
    """What is remembered for a layout; the same object every time."""
    return Rests()
