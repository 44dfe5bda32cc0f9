"""Checks of info documents against SCHEMA (CPG620-CPG627); what is the same in all documents of a kind is one finding."""

from collections.abc import Iterator, Sequence

from validator.checks.alike import Alike, alike
from validator.checks.dataset import Dataset
from validator.checks.info_facts import InfoFacts
from validator.checks.info_rules import (
    ATTRIBUTE_MISSING,
    ATTRIBUTE_TYPE,
    ATTRIBUTE_UNDOCUMENTED,
    CHANNELS_FORM,
    CHANNELS_UNUSED,
    EDITS_FORM,
    INFO_UNREADABLE,
    SUBSET_FORM,
)
from validator.checks.package import PackageDataset
from validator.checks.registry import dataset_check
from validator.checks.row_words import joined
from validator.checks.wording import counted
from validator.errors import UnreadableFile
from validator.models.finding import Finding, Location
from validator.models.package import NODE_KINDS, NodeKind, info_name
from validator.models.rule import EXAMPLES_KEPT
from validator.models.value_types import in_words
from validator.readers.json_places import escape_pointer
from validator.rulebook.nearest import nearest_name

OF_ONE_DOCUMENT = (ATTRIBUTE_TYPE, CHANNELS_FORM, CHANNELS_UNUSED, EDITS_FORM, INFO_UNREADABLE)


@dataset_check(*OF_ONE_DOCUMENT, ATTRIBUTE_UNDOCUMENTED, ATTRIBUTE_MISSING, subjects=["package"])
def judge_info_documents(dataset: Dataset) -> Iterator[Finding]:
    """Judge every info document alone, and against what SCHEMA says of its kind."""
    assert isinstance(dataset, PackageDataset)
    rules = {rule.id for rule in OF_ONE_DOCUMENT}
    for facts in dataset.infos.values():
        if facts.problem is not None:
            yield _unreadable(facts, facts.problem)
    for kind in NODE_KINDS.values():
        own = [f for f in dataset.infos.values() if f.node.kind is kind]
        group = [facts for facts in own if facts.readable]
        for same in alike(finding for facts in own for finding in facts.findings if finding.rule in rules):
            yield _of_all(dataset, kind, same, len(group)) or same.finding()
        yield from _judge_attributes(dataset, kind, group)
    yield from dataset.take_mishaps()


@dataset_check(SUBSET_FORM, subjects=["package"])
def judge_subset(dataset: Dataset) -> Iterator[Finding]:
    """Judge the document that declares a package a part of another one."""
    assert isinstance(dataset, PackageDataset)
    read = dataset.subset
    if read is None or read.entry.size == 0:  # the layout says that it is empty
        return
    key = read.entry.key
    if read.problem is not None:
        yield SUBSET_FORM.finding(key, f"This declaration cannot be read. {read.problem.what}")
    elif read.document is not None:
        value = read.document.value
        whole = value.get("of") if isinstance(value, dict) else None
        if not isinstance(whole, str) or not whole.strip():
            there = isinstance(value, dict) and "of" in value
            where = Location(pointer="/of" if there else "", line=read.document.line("/of"))
            yield SUBSET_FORM.finding(key, "It does not say of which package this is a part", location=where)


def _unreadable(facts: InfoFacts, problem: UnreadableFile) -> Finding:
    word, _, number = problem.where.partition(" ")
    where = Location(line=int(number)) if word == "line" and number.isdigit() else None
    message = f"This info document cannot be read. {problem.what}"
    return INFO_UNREADABLE.finding(facts.node.info_key, message, location=where, hint=problem.mend)


def _of_all(dataset: PackageDataset, kind: NodeKind, same: Alike, documents: int) -> Finding | None:
    """A type that no document has: SCHEMA is what has to change, or the program that wrote all of them."""
    schema = dataset.schema.document if dataset.schema else None
    if same.first.rule != ATTRIBUTE_TYPE.id or len(same.documents) < max(2, documents) or schema is None:
        return None
    assert same.first.location is not None
    name = info_name((same.first.location.pointer or "")[1:].replace("~1", "/").replace("~0", "~"))
    attribute = dataset.groups[kind.schema_key].attributes[name]
    pointer = f"/{kind.schema_key}/{escape_pointer(attribute.name)}/value_types"
    assert dataset.schema is not None
    return ATTRIBUTE_TYPE.finding(
        dataset.schema.entry.key,
        f"SCHEMA declares {in_words(attribute.types)} for “{name}”, and all {documents:,} info documents in {kind.group}/ have "
        f"something else, such as {same.first.actual}",
        location=Location(pointer=pointer, line=schema.line(pointer)),
        expected=same.first.expected,
        count=same.count,
        examples=same.documents,
    )


def _judge_attributes(
    dataset: PackageDataset, kind: NodeKind, group: Sequence[InfoFacts]
) -> Iterator[Finding]:
    unknown = _by_attribute(group, "unknown")
    missing = _by_attribute(group, "missing")
    renamed = _renamed(unknown, missing)
    for name, facts in unknown.items():
        yield _undocumented(dataset, kind, name, facts, group, renamed.get(name, ""))
    lacking: dict[tuple[str, ...], list[str]] = {}
    for name, facts in missing.items():
        if name not in renamed.values():
            lacking.setdefault(tuple(one.node.name for one in facts), []).append(name)
    for names in lacking.values():
        if len(missing[names[0]]) == len(group) > 1:
            yield from (_missing_everywhere(dataset, kind, name, group) for name in names)
        else:
            yield _missing(names, missing[names[0]])


def _by_attribute(group: Sequence[InfoFacts], what: str) -> dict[str, list[InfoFacts]]:
    found: dict[str, list[InfoFacts]] = {}
    for facts in group:
        for name in getattr(facts, what):
            found.setdefault(name, []).append(facts)
    return found


def _renamed(unknown: dict[str, list[InfoFacts]], missing: dict[str, list[InfoFacts]]) -> dict[str, str]:
    """Attributes that the same documents have under another name, with the name that SCHEMA has."""
    pairs: dict[str, str] = {}
    for name, facts in unknown.items():
        same = [other for other, lacking in missing.items() if lacking == facts]
        near = nearest_name(name, same)
        if near:
            pairs[name] = near
        elif len(same) == 1 and [n for n, f in unknown.items() if f == facts] == [name]:
            pairs[name] = same[0]
    return pairs


def _undocumented(
    dataset: PackageDataset,
    kind: NodeKind,
    name: str,
    facts: Sequence[InfoFacts],
    group: Sequence[InfoFacts],
    renamed: str,
) -> Finding:
    everywhere = len(facts) == len(group) > 1
    other = f"; SCHEMA describes “{renamed}”, which is not there" if renamed else ""
    hint = None
    if renamed:
        hint = (
            f"Rename “{renamed}” to “{name}” in SCHEMA, or the other way round in the documents."
            if everywhere
            else f"Rename “{name}” to “{renamed}”."
        )
    if everywhere and dataset.schema is not None and dataset.schema.document is not None:
        spelled = dataset.groups[kind.schema_key].attributes[renamed].name if renamed else ""
        pointer = f"/{kind.schema_key}" + (f"/{escape_pointer(spelled)}" if spelled else "")
        return ATTRIBUTE_UNDOCUMENTED.finding(
            dataset.schema.entry.key,
            f"SCHEMA does not describe “{name}”, which all {len(group):,} info documents in {kind.group}/ have{other}",
            location=Location(pointer=pointer, line=dataset.schema.document.line(pointer)),
            hint=hint,
            count=len(facts),
            examples=_some(facts),
        )
    first = facts[0]
    pointer = first.pointer(name)
    return ATTRIBUTE_UNDOCUMENTED.finding(
        first.node.info_key,
        f"“{name}” is not described in SCHEMA{_how_many(facts)}{other}",
        location=Location(pointer=pointer, line=dataset.line(first.node, pointer)),
        hint=hint,
        count=len(facts),
        examples=_some(facts) if len(facts) > 1 else (),
    )


def _missing_everywhere(
    dataset: PackageDataset, kind: NodeKind, name: str, group: Sequence[InfoFacts]
) -> Finding:
    assert dataset.schema is not None
    assert dataset.schema.document is not None
    spelled = dataset.groups[kind.schema_key].attributes[name].name
    pointer = f"/{kind.schema_key}/{escape_pointer(spelled)}"
    return ATTRIBUTE_MISSING.finding(
        dataset.schema.entry.key,
        f"SCHEMA describes “{name}”, which none of the {len(group):,} info documents in {kind.group}/ has",
        location=Location(pointer=pointer, line=dataset.schema.document.line(pointer)),
        hint="Remove it from SCHEMA, or add it to the documents.",
        count=len(group),
        examples=_some(group),
    )


def _missing(names: Sequence[str], facts: Sequence[InfoFacts]) -> Finding:
    """Attributes that the same documents lack."""
    said = joined([f"“{name}”" for name in names])
    return ATTRIBUTE_MISSING.finding(
        facts[0].node.info_key,
        f"{said} {'is' if len(names) == 1 else 'are'} missing{_how_many(facts)}",
        location=Location(pointer="", line=1),
        count=len(facts) * len(names),
        examples=_some(facts) if len(facts) > 1 else names[len(names) == 1 :],
    )


def _how_many(facts: Sequence[InfoFacts]) -> str:
    return f", here and in {counted(len(facts) - 1, 'other document')}" if len(facts) > 1 else ""


def _some(facts: Sequence[InfoFacts]) -> list[str]:
    return [one.node.info_key for one in facts[:EXAMPLES_KEPT]]
