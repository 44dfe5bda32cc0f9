"""Checks of associations (CPG630-CPG638): one wrong link, one finding, at the end that is probably wrong."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from validator.checks.alike import alike, together
from validator.checks.dataset import Dataset
from validator.checks.info_facts import InfoFacts
from validator.checks.info_rules import LINK_FORM, LINK_TWICE
from validator.checks.link_rules import (
    LINK_COUNT,
    LINK_DANGLING,
    LINK_DETOUR,
    LINK_ONE_SIDED,
    LINK_OUTSIDE,
    LINK_VALUE,
)
from validator.checks.link_values import Disagreement, disagreements
from validator.checks.one_sided import Mismatch, Slot, missing_targets, unanswered
from validator.checks.package import PackageDataset
from validator.checks.package_nodes import NodeId
from validator.checks.registry import dataset_check
from validator.checks.row_words import joined
from validator.checks.wording import counted
from validator.models.finding import Finding, Location
from validator.models.package import CUT_NAME, NODE_KINDS, NODE_NAME, usable_name
from validator.models.rule import EXAMPLES_KEPT
from validator.rulebook.nearest import nearest_name

_FEWEST_ALIKE = 3
"""Documents with one mistake before that is more than chance."""
_OF_ONE_DOCUMENT = frozenset({LINK_FORM.id, LINK_TWICE.id})


@dataset_check(
    LINK_FORM,
    LINK_TWICE,
    LINK_DANGLING,
    LINK_OUTSIDE,
    LINK_ONE_SIDED,
    LINK_COUNT,
    LINK_VALUE,
    LINK_DETOUR,
    subjects=["package"],
)
def judge_associations(dataset: Dataset) -> Iterator[Finding]:
    """Judge the links between nodes, those that stand for themselves first."""
    assert isinstance(dataset, PackageDataset)
    yield from _Links(dataset).judge()
    yield from dataset.take_mishaps()


class _Links:
    """The findings of one package; `_told` are lists about which something is said already."""

    def __init__(self, dataset: PackageDataset) -> None:
        self._dataset = dataset
        self._infos = dataset.infos
        self._told: set[Slot] = set()

    def judge(self) -> Iterator[Finding]:
        infos = self._infos.values()
        yield from together(f for facts in infos for f in facts.findings if f.rule in _OF_ONE_DOCUMENT)
        yield from self._targets()
        yield from self._collisions()
        for facts in infos:
            yield from self._counts(facts)
        yield from self._usual(finding for facts in infos for finding in self._values(facts))
        yield from self._one_sided()
        yield from self._detours()

    def _usual(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Findings as they are; those of most documents of a kind are one mistake of whoever wrote them."""
        documents = Counter(group for group, _ in self._infos)
        for same in alike(findings):
            number = len(same.documents)
            if number >= _FEWEST_ALIKE and 2 * number > documents[same.first.key.partition("/")[0]]:
                yield same.finding()
            else:
                yield from same.findings

    def _at(self, facts: InfoFacts, pointer: str) -> Location:
        return Location(pointer=pointer, line=self._dataset.line(facts.node, pointer))

    def _pointer_to(self, facts: InfoFacts, group: str, name: str) -> str:
        names = facts.links.get(group, ())
        return facts.pointer(group, names.index(name) if name in names else None)

    def _targets(self) -> Iterator[Finding]:
        outside: dict[str, list[NodeId]] = {}
        for target, listers in missing_targets(self._infos, every=self._dataset.is_subset):
            if self._lies_elsewhere(target):
                self._told.update((lister, target[0]) for lister, _ in listers)
            elif self._dataset.is_subset:
                outside.setdefault(target[0], []).append(target)
            else:
                self._told.update((lister, target[0]) for lister, _ in listers)
                yield self._dangling(target, listers)
        for group, targets in outside.items():
            names = [name for _, name in targets]
            message = f"{counted(len(names), 'node')} of {group}/ are listed and not in this subset"
            if len(names) == 1:
                message = f"“{names[0]}” is listed and not in this subset"
            yield LINK_OUTSIDE.finding(f"{group}/", message, count=len(names), examples=names[:EXAMPLES_KEPT])

    def _lies_elsewhere(self, target: NodeId) -> bool:
        """Whether the node lies in a group that is not its own, or under a name that no node may have: the layout says so."""
        group, name = target
        if any(
            (other, name) in self._infos and self._infos[other, name].node.meant is NODE_KINDS[group]
            for other in NODE_KINDS
        ):
            return True
        usable = usable_name(name)
        return usable == name and any(usable_name(n) == name for g, n in self._unusable if g == group)

    @cached_property
    def _unusable(self) -> list[NodeId]:
        return [(g, n) for g, n in self._infos if not NODE_NAME.fullmatch(n)]

    def _dangling(self, target: NodeId, listers: list[tuple[NodeId, int]]) -> Finding:
        group, name = target
        (first, index), facts = listers[0], self._infos[listers[0][0]]
        more = f", as {counted(len(listers) - 1, 'other node')} say" if len(listers) > 1 else ""
        if len(listers) == 2:
            more = ", as another node says"
        pointer = facts.pointer(group, index)
        return LINK_DANGLING.finding(
            self._infos[first].node.info_key,
            f"“{name}” is not in {group}/ of this package{more}",
            location=self._at(facts, pointer),
            hint=self._meant(target, {lister for lister, _ in listers}),
            count=len(listers),
            examples=[f"{g}/{n}" for (g, n), _ in listers[:EXAMPLES_KEPT]] if len(listers) > 1 else (),
        )

    def _meant(self, target: NodeId, listers: set[NodeId]) -> str | None:
        """What the name of a missing node was meant to be."""
        group, name = target
        elsewhere = next((g for g in NODE_KINDS if (g, name) in self._infos), None)
        if elsewhere is not None:
            return f"“{name}” lies in {elsewhere}/: list it under “{elsewhere}”."
        if len(name) > CUT_NAME and (group, name[:CUT_NAME]) in self._infos:
            return f"The node is named “{name[:CUT_NAME]}”: its name was cut at {CUT_NAME} characters. Give it its whole name."
        for other in self._unlisted:
            facts = self._infos[other]
            links = {(g, n) for g, names in facts.links.items() for n in names}
            if other[0] == group and listers <= links:
                self._told.update((other, g) for g in NODE_KINDS)
                return f"Rename {group}/{other[1]}/ to {name}: it lists the nodes that miss it."
        near = nearest_name(name, (n for g, n in self._infos if g == group))
        return f"Write “{near}”, if that is the node that is meant." if near else None

    @cached_property
    def _unlisted(self) -> list[NodeId]:
        """Nodes that nobody lists although they list others."""
        return [n for n, facts in self._infos.items() if n not in self._listers and any(facts.links.values())]

    def _collisions(self) -> Iterator[Finding]:
        """Segmentations of several fields of view that became one, because their names were cut."""
        for facts in self._infos.values():
            node = facts.node
            if not node.kind.is_segmentation or len(node.name) != CUT_NAME:
                continue
            listers = {name for group, name in self._listers.get(node.id, ()) if group == "fovs"}
            of = sorted(listers | set(facts.links.get("fovs", ())))
            if len(of) < 2:
                continue
            self._told.update((node.id, group) for group in NODE_KINDS)
            yield LINK_COUNT.finding(
                node.info_key,
                f"{len(of)} fields of view share “{node.name}”. Its name has {CUT_NAME} characters: names were "
                f"probably cut, and {len(of)} nodes became one",
                location=self._at(facts, facts.pointer("fovs")),
                expected="one field of view",
                actual=joined(of),
            )

    @cached_property
    def _listers(self) -> Mapping[NodeId, set[NodeId]]:
        """Who lists each node."""
        found: dict[NodeId, set[NodeId]] = {}
        for node_id, facts in self._infos.items():
            for group, names in facts.links.items():
                for name in names:
                    found.setdefault((group, name), set()).add(node_id)
        return found

    def _counts(self, facts: InfoFacts) -> Iterator[Finding]:
        node = facts.node
        for group in node.kind.parents:
            names = facts.links.get(group)
            if names is None or len(set(names)) == 1 or (node.id, group) in self._told:
                continue
            self._told.add((node.id, group))
            one = NODE_KINDS[group].one
            yield LINK_COUNT.finding(
                node.info_key,
                f"This is {node.kind.noun} of {counted(len(names), one) if names else f'no {one}'}",
                location=self._at(facts, facts.pointer(group)),
                expected=f"one {one}",
                actual=joined(names) or "an empty list",
            )

    def _values(self, facts: InfoFacts) -> Iterator[Finding]:
        for wrong in disagreements(facts):
            if (facts.node.id, wrong.group) in self._told:
                continue
            yield LINK_VALUE.finding(
                facts.node.info_key, wrong.message, location=self._at(facts, self._wrong_end(facts, wrong))
            )
            if facts.node.kind.group != wrong.group:
                self._told.add((facts.node.id, wrong.group))

    def _wrong_end(self, facts: InfoFacts, wrong: Disagreement) -> str:
        """The value, when the other node answers the link; otherwise the link."""
        other = self._infos.get((wrong.group, wrong.linked))
        answered = other is None or facts.node.name in other.links.get(facts.node.kind.group, ())
        if wrong.attribute and (answered or facts.node.kind.group == wrong.group):
            return facts.pointer(wrong.attribute)
        return self._pointer_to(facts, wrong.group, wrong.linked)

    def _one_sided(self) -> Iterator[Finding]:
        found = unanswered(self._infos, self._told)
        for node_id in found.orphans:
            facts = self._infos[node_id]
            self._told.update((node_id, group) for group in facts.links)
            listed = sum(map(len, facts.links.values()))
            yield LINK_ONE_SIDED.finding(
                facts.node.info_key,
                f"No node lists “{node_id[1]}”, which lists {counted(listed, 'node')}",
                location=Location(pointer="", line=1),
                hint="Remove the node, or add its name to the lists of the others.",
            )
        for mismatch in found.lists:
            self._told.add(mismatch.slot)
            yield self._mismatch(mismatch)

    def _mismatch(self, wrong: Mismatch) -> Finding:
        node_id, group = wrong.slot
        facts = self._infos[node_id]
        count = max(len(wrong.stray), len(wrong.lacking))
        said = []
        if wrong.stray:
            not_back = "which does not list it" if len(wrong.stray) == 1 else "which do not list it"
            said.append(f"lists {joined(wrong.stray, 2)}, {not_back}")
        if wrong.lacking:
            back = "which lists it" if len(wrong.lacking) == 1 else "which list it"
            said.append(f"does not list {joined(wrong.lacking, 2)}, {back}")
        pointer = self._pointer_to(facts, group, wrong.stray[0]) if wrong.stray else facts.pointer(group)
        return LINK_ONE_SIDED.finding(
            facts.node.info_key,
            f"“{node_id[1]}” {', and '.join(said)}",
            location=self._at(facts, pointer),
            count=count,
            examples=[f"{group}/{name}" for name in (wrong.stray or wrong.lacking)[:EXAMPLES_KEPT]],
        )

    def _detours(self) -> Iterator[Finding]:
        """Compare the plate, well and line of nodes with those of the node that they belong to."""
        strays: dict[tuple[NodeId, str, tuple[str, ...]], list[InfoFacts]] = {}
        for facts in self._infos.values():
            for parent, group in self._detours_of(facts):
                self._told.add((facts.node.id, group))
                strays.setdefault((parent, group, tuple(sorted(facts.links[group]))), []).append(facts)
        for (parent, group, _), children in strays.items():
            if len(children) > 1 and len(children) == self._children_of(parent):
                yield self._detour_of_parent(self._infos[parent], group, children)
            else:
                yield from (self._detour(facts, self._infos[parent], group) for facts in children)

    def _detours_of(self, facts: InfoFacts) -> Iterator[tuple[NodeId, str]]:
        """Parents and groups of which a node names another node than the parent does."""
        for parent_group in facts.node.kind.parents:
            names = facts.links.get(parent_group, ())
            parent = self._infos.get((parent_group, names[0])) if len(names) == 1 else None
            if parent is None or (facts.node.id, parent_group) in self._told:
                continue
            for group in parent.node.kind.parents:
                own, theirs = facts.links.get(group), parent.links.get(group)
                told = {(facts.node.id, group), (parent.node.id, group)} & self._told
                if own and theirs and not told and set(own) != set(theirs):
                    yield parent.node.id, group

    def _children_of(self, parent: NodeId) -> int:
        """How many nodes say that they belong to a node."""
        return sum(
            parent[0] in self._infos[lister].node.kind.parents for lister in self._listers.get(parent, ())
        )

    def _detour(self, facts: InfoFacts, parent: InfoFacts, group: str) -> Finding:
        own, theirs = facts.links[group], parent.links[group]
        return LINK_DETOUR.finding(
            facts.node.info_key,
            f"The {NODE_KINDS[group].one} is {joined(own)}, and that of {parent.node.name} is {joined(theirs)}",
            location=self._at(facts, facts.pointer(group, 0)),
            expected=joined(theirs),
            actual=joined(own),
        )

    def _detour_of_parent(self, parent: InfoFacts, group: str, children: list[InfoFacts]) -> Finding:
        """All that belong to a node agree against it: it is probably the one that is wrong."""
        own, theirs = parent.links[group], children[0].links[group]
        return LINK_DETOUR.finding(
            parent.node.info_key,
            f"The {NODE_KINDS[group].one} is {joined(own)}, and that of all {len(children)} nodes that belong to this one is "
            f"{joined(theirs)}",
            location=self._at(parent, parent.pointer(group, 0)),
            expected=joined(theirs),
            actual=joined(own),
            count=len(children),
            examples=[child.node.name for child in children],
        )
