"""Which links are not answered, and which end of each is probably wrong."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from validator.checks.info_facts import InfoFacts
from validator.checks.package_nodes import NodeId
from validator.models.package import NODE_KINDS

_RANK = {group: rank for rank, group in enumerate(NODE_KINDS)}
Slot = tuple[NodeId, str]
"""A node and the group of nodes that it lists."""


@dataclass(slots=True)
class Mismatch:
    """A list that is probably wrong.

    Attributes
    ----------
    slot
        Whose list it is, and of which group.
    stray
        Names in the list that do not answer.
    lacking
        Names that list this node and are not in the list.
    """

    slot: Slot
    stray: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Unanswered:
    """Links without an answer, sorted by what is probably wrong.

    Attributes
    ----------
    lists
        Lists that name a wrong node or lack one.
    orphans
        Nodes that list others and that nobody lists.
    """

    lists: list[Mismatch] = field(default_factory=list)
    orphans: list[NodeId] = field(default_factory=list)


def unanswered(infos: Mapping[NodeId, InfoFacts], told: AbstractSet[Slot]) -> Unanswered:
    """Compare every link with the other side.

    A node belongs to one well, plate and line, but these have many nodes. So when a node names one well and another well lists
    it, the node's link is taken for wrong; when only one side is there, the long list of the well is.

    Parameters
    ----------
    infos
        What the info documents say.
    told
        Lists about which something is said already; links to and from them are passed over.
    """
    up, down = _pairs(infos, told)
    found = Unanswered(orphans=_orphans(infos, up, down))
    gone = set(found.orphans)
    up = {pair for pair in up if not gone & set(pair)}
    down = {pair for pair in down if not gone & set(pair)}
    lists: dict[Slot, Mismatch] = {}
    for child, group in sorted({(c, p[0]) for c, p in up} & {(c, p[0]) for c, p in down}):
        own = lists[child, group] = Mismatch((child, group))
        own.stray = sorted(p[1] for c, p in up if c == child and p[0] == group)
        own.lacking = sorted(p[1] for c, p in down if c == child and p[0] == group)
    for child, parent in sorted(up):
        if (child, parent[0]) not in lists:
            slot = (parent, child[0])
            lists.setdefault(slot, Mismatch(slot)).lacking.append(child[1])
    for child, parent in sorted(down):
        if (child, parent[0]) in lists:
            continue
        if not infos[child].links[parent[0]]:
            lists.setdefault((child, parent[0]), Mismatch((child, parent[0]))).lacking.append(parent[1])
        else:
            slot = (parent, child[0])
            lists.setdefault(slot, Mismatch(slot)).stray.append(child[1])
    found.lists = list(lists.values())
    return found


Pairs = set[tuple[NodeId, NodeId]]


def _pairs(infos: Mapping[NodeId, InfoFacts], told: AbstractSet[Slot]) -> tuple[Pairs, Pairs]:
    """Child and parent of every link without an answer: those that the child names, and those that the parent names."""
    up: Pairs = set()
    down: Pairs = set()
    listed = {
        (node_id, group): frozenset(names)
        for node_id, facts in infos.items()
        for group, names in facts.links.items()
    }
    for (node_id, group), names in listed.items():
        for name in names:
            other = (group, name)
            answer = listed.get((other, node_id[0]))
            passed_over = (node_id, group) in told or (other, node_id[0]) in told
            if answer is None or node_id[1] in answer or passed_over:
                continue
            if _RANK[group] < _RANK[node_id[0]]:
                up.add((node_id, other))
            else:
                down.add((other, node_id))
    return up, down


def _orphans(infos: Mapping[NodeId, InfoFacts], up: Pairs, down: Pairs) -> list[NodeId]:
    """Nodes that nobody lists although they list others."""
    suspects = {child for child, _ in up} | {parent for _, parent in down}
    if not suspects:
        return []
    listed: defaultdict[NodeId, int] = defaultdict(int)
    for facts in infos.values():
        for group, names in facts.links.items():
            for name in names:
                listed[group, name] += 1
    return sorted(node_id for node_id in suspects if not listed[node_id])


def missing_targets(
    infos: Mapping[NodeId, InfoFacts], *, every: bool
) -> Iterator[tuple[NodeId, list[tuple[NodeId, int]]]]:
    """Nodes that are listed and not there, each with those who list it and the position in their list.

    Parameters
    ----------
    infos
        What the info documents say.
    every
        Also those of groups that are not there at all.
    """
    groups_there = set(NODE_KINDS) if every else {group for group, _ in infos}
    missing: dict[NodeId, list[tuple[NodeId, int]]] = {}
    for node_id, facts in infos.items():
        for group, names in facts.links.items():
            for index, name in enumerate(names):
                if (group, name) not in infos and group in groups_there:
                    missing.setdefault((group, name), []).append((node_id, index))
    yield from missing.items()
