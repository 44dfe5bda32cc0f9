"""A closed part of a package in the style of the Allen Institute: nodes that are wanted, and those they rest upon."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from validator.errors import NothingChecked, UsageError
from validator.models.package import NODE_KINDS
from validator.workflows.package_content import PlacedObject

NodeId = tuple[str, str]
"""Group and name."""

LEVELS: Mapping[str, int] = {
    "lines": 0,
    "plates": 0,
    "wells": 1,
    "fovs": 2,
    "cell_segs": 3,
    "nuclei_segs": 3,
    "structure_segs": 3,
}
"""A node belongs to those of the levels above that it lists."""
INFO = "package.info"
_SHOWN = 6


@dataclass(slots=True)
class NodeLinks:
    """A node with the names that it lists, by group."""

    id: NodeId
    lists: dict[str, set[str]] = field(default_factory=dict)


def node_of(item: PlacedObject) -> NodeId | None:
    """The node to which an object belongs; ``None`` for what lies at the root."""
    entities = item.place.entities
    return (entities["group"], entities["node"]) if "node" in entities else None


def info_objects(objects: Iterable[PlacedObject]) -> list[PlacedObject]:
    """The info documents of all nodes: what must be read to know the associations."""
    return [item for item in objects if item.place.misfit is None and item.place.kind == INFO]


def read_links(node: NodeId, document: Any) -> NodeLinks:
    """Associations of an info document; what is no list of names says nothing here, the check of the package tells it."""
    links = NodeLinks(node)
    if isinstance(document, dict):
        for group in LEVELS:
            names = document.get(group)
            if isinstance(names, list):
                links.lists[group] = {name for name in names if isinstance(name, str)}
    return links


def associated_subset(
    objects: Sequence[PlacedObject], wanted: Mapping[str, Sequence[str]], links: Mapping[NodeId, NodeLinks]
) -> list[PlacedObject]:
    """The objects of wanted nodes and of all that they rest upon.

    What is wanted takes along what belongs to it (with a line its wells, fields of view and segmentations), and every
    node takes along those of which it must have one: a segmentation its field of view, that its plate, well and
    line. What lies at the root (SCHEMA, README) comes always.

    Parameters
    ----------
    objects
        All that the receipts name, placed in the package.
    wanted
        Globs by group: ``{"lines": ["AICS-23"]}``. A glob is matched with the name of a node, or its end after a ``_``.
    links
        Associations of every node.

    Raises
    ------
    UsageError
        If there is no such group.
    NothingChecked
        If nothing is wanted.
    """
    unknown = next((group for group in wanted if group not in NODE_KINDS), None)
    if unknown is not None:
        raise UsageError(f"Packages of this style have no {unknown}.", f"They have: {', '.join(NODE_KINDS)}.")
    nodes = list(dict.fromkeys(node for item in objects if (node := node_of(item)) is not None))
    chosen = {
        group: {name for home, name in nodes if home == group and _is_meant(name, globs)}
        for group, globs in wanted.items()
    }
    kept = _belonging(sorted(nodes, key=lambda node: LEVELS.get(node[0], 0)), chosen, links)
    if not kept:
        options = " ".join(f"--select {group}={glob}" for group, globs in wanted.items() for glob in globs)
        raise NothingChecked(f"No node of the package fits {options}.", _what_there_is(nodes, wanted))
    _add_parents(kept, set(nodes), links)
    return [item for item in objects if (node := node_of(item)) is None or node in kept]


def _is_meant(name: str, globs: Sequence[str]) -> bool:
    parts = name.split("_")
    ends = [
        "_".join(parts[start:]) for start in range(len(parts))
    ]  # AICS_23 of line_AICS_23, E6 of plate_1_well_E6
    return any(fnmatchcase(end, glob.replace("-", "_")) for end in ends for glob in globs)


def _belonging(
    nodes: Sequence[NodeId], chosen: Mapping[str, set[str]], links: Mapping[NodeId, NodeLinks]
) -> set[NodeId]:
    """Nodes that are chosen in every respect, or belong to such; the levels above come first."""
    kept: set[NodeId] = set()
    for node in nodes:
        lists = links[node].lists if node in links else {}
        above = {
            (group, name)
            for group, names in lists.items()
            if LEVELS[group] < LEVELS.get(node[0], 0)
            for name in names
        }

        def fits(group: str, names: set[str], node: NodeId = node, above: set[NodeId] = above) -> bool:
            if node[0] == group:
                return node[1] in names
            if LEVELS[group] >= LEVELS.get(node[0], 0):
                return False  # it may still be what another one rests upon
            listed = {name for home, name in above if home == group}
            return bool(listed & names) if listed else not above.isdisjoint(kept)

        if all(fits(group, names) for group, names in chosen.items()):
            kept.add(node)
    return kept


def _add_parents(kept: set[NodeId], there: set[NodeId], links: Mapping[NodeId, NodeLinks]) -> None:
    waiting = list(kept)
    while waiting:
        node = waiting.pop()
        lists = links[node].lists if node in links else {}
        parents = NODE_KINDS[node[0]].parents if node[0] in NODE_KINDS else ()
        for parent in ((group, name) for group in parents for name in lists.get(group, ())):
            if parent in there and parent not in kept:
                kept.add(parent)
                waiting.append(parent)


def _what_there_is(nodes: Iterable[NodeId], wanted: Iterable[str]) -> str:
    said = []
    for group in wanted:
        names = sorted(name for home, name in nodes if home == group)
        more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
        said.append(
            f"There are {group} {', '.join(names[:_SHOWN])}{more}." if names else f"There are no {group}."
        )
    return " ".join(said)
