"""Rules of where things lie in a package (CPG608, CPG610-CPG616)."""

from collections.abc import Iterator, Sequence
from typing import Any

from validator.checks.dataset import Dataset
from validator.checks.info_rules import SOURCE
from validator.checks.package import PackageDataset
from validator.checks.package_nodes import Node
from validator.checks.registry import dataset_check
from validator.checks.wording import counted, listed
from validator.models.finding import Finding, Level
from validator.models.listing import Entry
from validator.models.package import NODE_KINDS, NODE_NAME, README_NAMES, SCHEMA_NAMES
from validator.models.rule import EXAMPLES_KEPT, Rule
from validator.rulebook.nearest import nearest_name

ROOT_FILE = Rule(
    id="CPG608",
    slug="package-root-file",
    title="At the root of a package lie one SCHEMA and one README",
    why="SCHEMA says what every attribute means, README what the package is; a reader begins with them.",
    mend="Write the missing file; cpgate schema draft PACKAGE drafts a SCHEMA.",
    family="layout",
    source=SOURCE,
)
GROUP_NAME = Rule(
    id="CPG610",
    slug="package-group",
    title="A package has the groups lines, plates, wells, fovs, cell_segs, nuclei_segs and structure_segs, and no others",
    why="Programs walk from group to group by these names.",
    mend="Rename the folder to the group that is meant, or add the group.",
    family="layout",
    source=SOURCE,
)
NODE_NAMING = Rule(
    id="CPG611",
    slug="node-name",
    title="The name of a node begins with a letter and holds letters, digits and _ only",
    why="Programs use the names of nodes as names of their own: package.fovs.fov_0a1b.",
    mend="Rename the node, and the links to it.",
    family="layout",
    source=SOURCE,
)
NODE_MISPLACED = Rule(
    id="CPG613",
    slug="node-misplaced",
    title="A node lies in the group of its kind",
    why="Programs look for a well among the wells: one that lies among the plates is lost, and taken for a plate.",
    mend="Move the node to its group.",
    family="layout",
    source=SOURCE,
)
NODE_FORM = Rule(
    id="CPG612",
    slug="node-form",
    title="A node is named like the others of its kind",
    why="The names tell people and programs what a node is.",
    mend="Give the node the usual name.",
    family="layout",
    level=Level.WARNING,
    source=SOURCE,
)
PART_MISSING = Rule(
    id="CPG614",
    slug="node-part-missing",
    title="Every node has its info, fields of view and segmentations an image, too",
    why="A node without info is linked to nothing; a field of view without pixels cannot be looked at.",
    mend="Add the missing object, or remove the node and the links to it.",
    family="layout",
    source=SOURCE,
)
PART_TWICE = Rule(
    id="CPG615",
    slug="node-part-twice",
    title="info and image hold one object each",
    why="Which of two holds is not said; programs take either.",
    mend="Keep the one that holds, remove the other.",
    family="layout",
    source=SOURCE,
)
FILE_UNKNOWN = Rule(
    id="CPG616",
    slug="package-file-unknown",
    title="Every file of a package has a place in it",
    why="What lies beside the nodes' info and image is found by nobody.",
    mend="Move it to where it belongs, or leave it out of the package.",
    family="layout",
    level=Level.WARNING,
    source=SOURCE,
)


@dataset_check(ROOT_FILE, subjects=["package"])
def judge_root_files(dataset: Dataset) -> Iterator[Finding]:
    """Look for SCHEMA and README."""
    assert isinstance(dataset, PackageDataset)
    for names in (SCHEMA_NAMES, README_NAMES):
        there = [name for name in names if name in dataset.root_files]
        other = _root_file_meant(dataset, names)
        if other is not None:
            ending = "" if "." not in other else names[1].removeprefix(names[0])
            hint = f"Rename it to {names[0]}{ending}."
            yield ROOT_FILE.finding(
                other, f"{other} is not the name of a {names[0]}", expected=listed(names), hint=hint
            )
        elif not there:
            yield ROOT_FILE.finding(names[0], f"The package has no {names[0]}", expected=listed(names))
        elif len(there) > 1:
            hint = "Keep one of the two."
            yield ROOT_FILE.finding(there[1], f"{there[0]} lies beside {there[1]}", hint=hint, examples=there)


def _root_file_meant(dataset: PackageDataset, names: Sequence[str]) -> str | None:
    """A file that was meant to be SCHEMA or README, where there is none: ``readme.txt``, ``schema.json``."""
    if any(name in dataset.root_files for name in names):
        return None
    return next((name for name in dataset.root_files if name.partition(".")[0].upper() == names[0]), None)


@dataset_check(GROUP_NAME, FILE_UNKNOWN, subjects=["package"])
def judge_groups(dataset: Dataset) -> Iterator[Finding]:
    """Judge the folders at the root, and find files without a place."""
    assert isinstance(dataset, PackageDataset)
    there = {group for group, _ in dataset.nodes}
    lacking = [group for group in NODE_KINDS if group not in there]
    strange: dict[str, list[Entry]] = {}
    told = {_root_file_meant(dataset, names) for names in (SCHEMA_NAMES, README_NAMES)}
    for file in dataset.files():
        if file.place.misfit is not None and "node" not in file.place.entities and file.entry.key not in told:
            folder, slash, _ = file.entry.key.partition("/")
            strange.setdefault(folder + slash, []).append(file.entry)
    for key, entries in strange.items():
        name = key.rstrip("/")
        if not key.endswith("/") or name in NODE_KINDS:
            yield from (_unknown([entry]) for entry in entries)
            continue
        near = nearest_name(name, lacking) or _group_of_nodes(entries, lacking)
        if near:
            lacking.remove(near)
        yield GROUP_NAME.finding(
            key,
            f"“{name}” is not a group of a package ({counted(len(entries), 'file')})",
            expected=near or listed(tuple(NODE_KINDS)),
            hint=f"Rename it to {near}." if near else "Move what it holds to a group, or leave it out.",
        )
    if lacking and not dataset.is_subset:
        message = f"The package has no {listed([f'{group}/' for group in lacking])}"
        yield GROUP_NAME.finding(
            f"{lacking[0]}/",
            message,
            count=len(lacking),
            examples=lacking,
            hint="Add the group; a package that is a part of another one says so in SUBSET.json.",
        )


def _group_of_nodes(entries: list[Entry], lacking: list[str]) -> str:
    """The missing group whose nodes are named like what lies in a folder."""
    names = [key[1] for entry in entries if len(key := entry.key.split("/")) > 2]
    return next((g for g in lacking if names and all(NODE_KINDS[g].form.fullmatch(n) for n in names)), "")


@dataset_check(NODE_NAMING, NODE_FORM, NODE_MISPLACED, subjects=["package"])
def judge_node_names(dataset: Dataset) -> Iterator[Finding]:
    """Judge the names of nodes; those of one group that are wrong in the same way are one finding."""
    assert isinstance(dataset, PackageDataset)
    wrong: dict[tuple[str, str, str], list[Node]] = {}
    for node in dataset.nodes.values():
        if not NODE_NAME.fullmatch(node.name):
            wrong.setdefault((NODE_NAMING.id, node.kind.group, ""), []).append(node)
        elif node.meant is not None:
            wrong.setdefault((NODE_MISPLACED.id, node.kind.group, node.meant.group), []).append(node)
        elif not node.kind.form.fullmatch(node.name):
            wrong.setdefault((NODE_FORM.id, node.kind.group, ""), []).append(node)
    for (rule, group, meant), nodes in wrong.items():
        if rule == NODE_NAMING.id:
            said = "not a name that programs can use", "not named so that programs can use it"
            expected = "a letter, then letters, digits and _"
            yield _of_nodes(NODE_NAMING, nodes, said, expected=expected, actual=nodes[0].name)
        elif rule == NODE_MISPLACED.id:
            said = (f"{NODE_KINDS[meant].noun} by its name", f"named like {NODE_KINDS[meant].noun}")
            yield _of_nodes(NODE_MISPLACED, nodes, said, expected=f"{meant}/", hint=f"Move it to {meant}/.")
        else:
            kind = NODE_KINDS[group]
            said = (f"not named like {kind.noun}",) * 2
            yield _of_nodes(NODE_FORM, nodes, said, expected=kind.form_shown)


def _of_nodes(rule: Rule, nodes: list[Node], said: tuple[str, str], **more: Any) -> Finding:
    """One finding about the names of nodes of one group: what is said of one, and of several."""
    count, group = len(nodes), nodes[0].kind.group
    what = f"“{nodes[0].name}” is {said[0]}"
    if count > 1:
        what = f"{counted(count, 'node')} of {group}/ are {said[1]}"
    return rule.finding(
        nodes[0].key if count == 1 else f"{group}/",
        what,
        count=count,
        examples=[node.name for node in nodes[:EXAMPLES_KEPT]] if count > 1 else (),
        **more,
    )


@dataset_check(PART_MISSING, PART_TWICE, FILE_UNKNOWN, subjects=["package"])
def judge_parts(dataset: Dataset) -> Iterator[Finding]:
    """See that every node has what its kind needs, once, and nothing else."""
    assert isinstance(dataset, PackageDataset)
    missing: dict[tuple[str, str, str], list[Node]] = {}
    for node in dataset.nodes.values():
        if node.meant is not None:
            continue  # what it holds is right where it belongs
        strange = list(node.others) + (node.images if node.kind.has_image is False else [])
        for part, entries, wanted in (
            ("info", node.infos, True),
            ("image", node.images, node.kind.has_image is True),
        ):
            if not entries and wanted:
                instead = _instead(node, part, strange)
                path = instead.key.removeprefix(node.key) if instead else ""
                missing.setdefault((node.kind.group, part, path), []).append(node)
                strange = [entry for entry in strange if entry is not instead]
            if len(entries) > 1:
                names = [entry.key.rpartition("/")[2] for entry in entries]
                message = f"{part}/ holds {counted(len(entries), 'object')}: {listed(names, 'and')}"
                yield PART_TWICE.finding(f"{node.key}{part}/", message, count=len(entries), examples=names)
        if strange:
            yield _unknown(strange)
    for (_, part, path), nodes in missing.items():
        yield _missing(part, path, nodes)


def _instead(node: Node, part: str, strange: list[Entry]) -> Entry | None:
    """The file that was meant to be a missing part: ``info``, ``info.json``, the only other file."""
    named = [e for e in strange if e.key.removeprefix(node.key).partition(".")[0].lower() == part]
    only_part_missing = bool(node.infos) or node.kind.has_image is not True or bool(node.images)
    if not named and len(strange) == 1 and only_part_missing:
        named = strange
    return named[0] if len(named) == 1 else None


def _missing(part: str, path: str, nodes: list[Node]) -> Finding:
    """Nodes of one group without a part, with the path of what lies in its place."""
    count, first = len(nodes), nodes[0]
    what = f"This is {first.kind.noun} without {part}"
    if count > 1:
        what = f"{counted(count, 'node')} of {first.kind.group}/ have no {part}"
    hint = f"Is {path} meant? Move it to {part}/load." if path else None
    if path == part:
        hint = f"Make it a folder with one object: {part}/load."
    return PART_MISSING.finding(
        f"{first.key}{path or f'{part}/'}" if count == 1 else f"{first.kind.group}/",
        what + (f"; {path} lies there instead" if path else ""),
        expected=f"{part}/",
        hint=hint,
        count=count,
        examples=[node.name for node in nodes[:EXAMPLES_KEPT]] if count > 1 else (),
    )


def _unknown(entries: list[Entry]) -> Finding:
    what = "This file has" if len(entries) == 1 else f"{counted(len(entries), 'file')} of this node have"
    return FILE_UNKNOWN.finding(
        entries[0].key,
        f"{what} no place in a package",
        count=len(entries),
        examples=[entry.key for entry in entries[:EXAMPLES_KEPT]] if len(entries) > 1 else (),
    )
