"""Rules of where things lie in a package (CPG608, CPG610-CPG616)."""

from collections.abc import Iterator

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
NODE_FORM = Rule(
    id="CPG612",
    slug="node-form",
    title="A node is named like the others of its kind",
    why="The names tell people and programs what a node is; a well among the plates is lost.",
    mend="Move the node to its group, or give it the usual name.",
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
        if not there:
            yield ROOT_FILE.finding(names[0], f"The package has no {names[0]}", expected=listed(names))
        elif len(there) > 1:
            hint = "Keep one of the two."
            yield ROOT_FILE.finding(there[1], f"{there[0]} lies beside {there[1]}", hint=hint, examples=there)


@dataset_check(GROUP_NAME, FILE_UNKNOWN, subjects=["package"])
def judge_groups(dataset: Dataset) -> Iterator[Finding]:
    """Judge the folders at the root, and find files without a place."""
    assert isinstance(dataset, PackageDataset)
    there = {group for group, _ in dataset.nodes}
    lacking = [group for group in NODE_KINDS if group not in there]
    strange: dict[str, list[Entry]] = {}
    for file in dataset.files():
        if file.place.misfit is not None and "node" not in file.place.entities:
            folder, slash, _ = file.entry.key.partition("/")
            strange.setdefault(folder + slash, []).append(file.entry)
    for key, entries in strange.items():
        name = key.rstrip("/")
        if not key.endswith("/") or name in NODE_KINDS:
            yield from (_unknown([entry]) for entry in entries)
            continue
        near = nearest_name(name, lacking)
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


@dataset_check(NODE_NAMING, NODE_FORM, subjects=["package"])
def judge_node_names(dataset: Dataset) -> Iterator[Finding]:
    """Judge the names of nodes; unusual names of one group are one finding."""
    assert isinstance(dataset, PackageDataset)
    unusual: dict[str, list[Node]] = {}
    for node in dataset.nodes.values():
        if not NODE_NAME.fullmatch(node.name):
            message = f"“{node.name}” is not a name that programs can use"
            expected = "a letter, then letters, digits and _"
            yield NODE_NAMING.finding(node.key, message, expected=expected, actual=node.name)
        elif not node.kind.form.fullmatch(node.name):
            unusual.setdefault(node.kind.group, []).append(node)
    for nodes in unusual.values():
        yield _unusual(nodes)


def _unusual(nodes: list[Node]) -> Finding:
    kind, count = nodes[0].kind, len(nodes)
    what = f"“{nodes[0].name}” is" if count == 1 else f"{counted(count, 'node')} of {kind.group}/ are"
    other = next((o for o in NODE_KINDS.values() if o is not kind and o.form.fullmatch(nodes[0].name)), None)
    hint = (
        f"Move it to {other.group}/, if it is {other.noun}."
        if other and count == 1 and other.parents
        else None
    )
    return NODE_FORM.finding(
        nodes[0].key if count == 1 else f"{kind.group}/",
        f"{what} not named like {kind.noun}",
        expected=kind.form_shown,
        hint=hint,
        count=count,
        examples=[node.name for node in nodes[:EXAMPLES_KEPT]] if count > 1 else (),
    )


@dataset_check(PART_MISSING, PART_TWICE, FILE_UNKNOWN, subjects=["package"])
def judge_parts(dataset: Dataset) -> Iterator[Finding]:
    """See that every node has what its kind needs, once, and nothing else."""
    assert isinstance(dataset, PackageDataset)
    for node in dataset.nodes.values():
        flat = {entry.key[len(node.key) :]: entry for entry in node.others}
        for part, entries, wanted in (
            ("info", node.infos, True),
            ("image", node.images, node.kind.has_image is True),
        ):
            if not entries and wanted and part not in flat:
                message = f"This is {node.kind.noun} without {part}"
                yield PART_MISSING.finding(f"{node.key}{part}/", message, expected=f"{part}/")
            if len(entries) > 1:
                names = [entry.key.rpartition("/")[2] for entry in entries]
                message = f"{part}/ holds {counted(len(entries), 'object')}: {listed(names, 'and')}"
                yield PART_TWICE.finding(f"{node.key}{part}/", message, count=len(entries), examples=names)
        strange = list(node.others) + (node.images if node.kind.has_image is False else [])
        if strange:
            yield _unknown(strange)


def _unknown(entries: list[Entry]) -> Finding:
    name = entries[0].key.rpartition("/")[2]
    hint = None
    if name in ("info", "image"):
        hint = f"Make it a folder with one object: {name}/load."
    what = "This file has" if len(entries) == 1 else f"{counted(len(entries), 'file')} of this node have"
    return FILE_UNKNOWN.finding(
        entries[0].key,
        f"{what} no place in a package",
        hint=hint,
        count=len(entries),
        examples=[entry.key for entry in entries[:EXAMPLES_KEPT]] if len(entries) > 1 else (),
    )
