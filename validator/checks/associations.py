"""Checks of associations (CPG630-CPG638): one wrong link, one finding, at the end that is probably wrong."""

from collections.abc import Iterator
from functools import cached_property

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
from validator.models.package import CUT_NAME, NODE_KINDS
from validator.models.rule import EXAMPLES_KEPT
from validator.rulebook.nearest import nearest_name

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
        for facts in self._infos.values():
            yield from (finding for finding in facts.findings if finding.rule in _OF_ONE_DOCUMENT)
        yield from self._targets()
        for facts in self._infos.values():
            yield from self._counts(facts)
        for facts in self._infos.values():
            yield from self._values(facts)
        yield from self._one_sided()
        for facts in self._infos.values():
            yield from self._detours(facts)

    def _at(self, facts: InfoFacts, pointer: str) -> Location:
        return Location(pointer=pointer, line=self._dataset.line(facts.node, pointer))

    def _pointer_to(self, facts: InfoFacts, group: str, name: str) -> str:
        names = facts.links.get(group, ())
        return facts.pointer(group, names.index(name) if name in names else None)

    def _targets(self) -> Iterator[Finding]:
        outside: dict[str, list[NodeId]] = {}
        for target, listers in missing_targets(self._infos):
            if self._dataset.is_subset:
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
                self._told.update((other, g) for g in facts.links)
                return f"Rename {group}/{other[1]}/ to {name}: it lists the nodes that miss it."
        near = nearest_name(name, (n for g, n in self._infos if g == group))
        return f"Write “{near}”, if that is the node that is meant." if near else None

    @cached_property
    def _unlisted(self) -> list[NodeId]:
        """Nodes that nobody lists although they list others."""
        listed = {(g, n) for facts in self._infos.values() for g, names in facts.links.items() for n in names}
        return [n for n, facts in self._infos.items() if n not in listed and any(facts.links.values())]

    def _counts(self, facts: InfoFacts) -> Iterator[Finding]:
        node = facts.node
        for group in node.kind.parents:
            names = facts.links.get(group)
            if names is None or len(set(names)) == 1 or (node.id, group) in self._told:
                continue
            self._told.add((node.id, group))
            one = NODE_KINDS[group].noun.split(" ", 1)[1]
            cut = ""
            if len(names) > 1 and node.kind.is_segmentation and len(node.name) == CUT_NAME:
                cut = f". Its name has {CUT_NAME} characters: names were probably cut, and {len(names)} nodes became one"
            yield LINK_COUNT.finding(
                node.info_key,
                f"This is {node.kind.noun} of {counted(len(names), one) if names else f'no {one}'}{cut}",
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

    def _detours(self, facts: InfoFacts) -> Iterator[Finding]:
        """Compare the plate, well and line of a node with those of the node that it belongs to."""
        for parent_group in facts.node.kind.parents:
            names = facts.links.get(parent_group, ())
            parent = self._infos.get((parent_group, names[0])) if len(names) == 1 else None
            if parent is None or (facts.node.id, parent_group) in self._told:
                continue
            for group in parent.node.kind.parents:
                own, theirs = facts.links.get(group), parent.links.get(group)
                told = {(facts.node.id, group), (parent.node.id, group)} & self._told
                if not own or not theirs or told or set(own) == set(theirs):
                    continue
                self._told.add((facts.node.id, group))
                one = NODE_KINDS[group].noun.split(" ", 1)[1]
                yield LINK_DETOUR.finding(
                    facts.node.info_key,
                    f"The {one} is {joined(own)}, and that of {parent.node.name} is {joined(theirs)}",
                    location=self._at(facts, facts.pointer(group, 0)),
                    expected=joined(theirs),
                    actual=joined(own),
                )
