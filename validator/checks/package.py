"""A package in the style of the Allen Institute as checks see it: nodes with their documents and images."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, TypeVar

from validator.checks.dataset import Dataset
from validator.checks.info_facts import InfoFacts, read_facts
from validator.checks.mishaps import Mishaps
from validator.checks.package_nodes import Node, NodeId
from validator.checks.pool import in_threads
from validator.errors import UnreadableFile
from validator.models.attributes import Groups, attribute_groups
from validator.models.finding import Finding
from validator.models.listing import Entry
from validator.models.package import NODE_KINDS, SCHEMA_NAMES, SUBSET_NAMES
from validator.readers.json_text import JsonDocument, read_json

Result = TypeVar("Result")
READERS = 8
"""Threads that read documents and headers of images; shares are slow."""


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document of the package: its entry, and its value or why it has none."""

    entry: Entry
    document: JsonDocument | None
    problem: UnreadableFile | None = None


@dataclass
class PackageDataset(Dataset):
    """A package that was listed; its keys begin at its root."""

    subject: ClassVar[str] = "package"

    @cached_property
    def nodes(self) -> Mapping[NodeId, Node]:
        """Every node by group and name, in the order of the keys."""
        nodes: dict[NodeId, Node] = {}
        for file in self.files():
            known = file.place.entities
            if "node" not in known:
                continue
            node_id = (known["group"], known["node"])
            node = nodes.get(node_id)
            if node is None:
                node = nodes[node_id] = Node(NODE_KINDS[node_id[0]], node_id[1])
            if file.place.misfit is None and file.place.kind == "package.info":
                node.infos.append(file.entry)
            elif file.place.misfit is None and file.place.kind == "package.image":
                node.images.append(file.entry)
            else:
                node.others.append(file.entry)
        return nodes

    @cached_property
    def root_files(self) -> Mapping[str, Entry]:
        """Files that lie at the root, by their names."""
        root = self.folders.get("")
        return {file.entry.key: file.entry for file in self.files_of(root)} if root is not None else {}

    @cached_property
    def schema(self) -> ReadDocument | None:
        """The SCHEMA document, or ``None`` when there is none."""
        return self._root_document(SCHEMA_NAMES)

    @cached_property
    def subset(self) -> ReadDocument | None:
        """The document that declares the package a part of another one, or ``None`` when there is none."""
        return self._root_document(SUBSET_NAMES)

    @property
    def is_subset(self) -> bool:
        """Whether the package says that it is a part of another one, in SUBSET or in what a registry knows of it."""
        return self.subset is not None or not self.complete

    @cached_property
    def groups(self) -> Groups:
        """What SCHEMA says, by its keys; empty when it cannot be read."""
        document = self.schema.document if self.schema else None
        return attribute_groups(document.value) if document else {}

    @cached_property
    def mishaps(self) -> Mishaps:
        """Files that the system did not hand out and that no finding has told yet."""
        return Mishaps()

    def take_mishaps(self) -> Iterator[Finding]:
        """Files that the system did not hand out since this was asked last."""
        told, self.mishaps = list(self.mishaps.findings()), Mishaps()
        return iter(told)

    def read_document(self, entry: Entry) -> ReadDocument | None:
        """Read a JSON document of the package; ``None`` when the system does not hand it out."""
        try:
            with self.open(entry) as stream:
                return ReadDocument(entry, read_json(stream))
        except UnreadableFile as problem:
            return ReadDocument(entry, None, problem)
        except OSError as error:
            self.mishaps.unreadable(entry.key, error)
            return None

    @cached_property
    def infos(self) -> Mapping[NodeId, InfoFacts]:
        """What the info document of every node says; a node without one that can be read has no links."""
        nodes = self.nodes.values()
        return {node.id: facts for node, facts in zip(nodes, self.read_all(nodes, self._facts), strict=True)}

    def _facts(self, node: Node) -> InfoFacts:
        if len(node.infos) != 1 or node.infos[0].size == 0 or node.meant:  # the layout says so
            return InfoFacts(node)
        read = self.read_document(node.infos[0])
        if read is None or read.document is None:
            return InfoFacts(node, problem=read.problem if read else None)
        return read_facts(node, read.document, self.groups.get(node.kind.schema_key))

    def line(self, node: Node, pointer: str) -> int | None:
        """Line of a JSON pointer in the info document of a node, which is read once more."""
        read = self.read_document(node.infos[0]) if len(node.infos) == 1 else None
        return read.document.line(pointer) if read and read.document else None

    def read_all(self, nodes: Iterable[Node], read: Callable[[Node], Result]) -> Iterator[Result]:
        """Call a function that reads something of every node, side by side; results in their order."""
        yield from in_threads(read, nodes, READERS)

    def _root_document(self, names: Iterable[str]) -> ReadDocument | None:
        entry = next((self.root_files[name] for name in names if name in self.root_files), None)
        return self.read_document(entry) if entry is not None else None
