"""Nodes of a package as they were listed."""

from dataclasses import dataclass, field

from validator.models.listing import Entry
from validator.models.package import NODE_KINDS, NodeKind

NodeId = tuple[str, str]
"""Group and name of a node."""


@dataclass(slots=True)
class Node:
    """A node as it was listed.

    Attributes
    ----------
    kind
        What it is.
    name
        Of its folder.
    infos, images
        The objects in its folders ``info`` and ``image``.
    others
        Everything else that lies in it.
    """

    kind: NodeKind
    name: str
    infos: list[Entry] = field(default_factory=list)
    images: list[Entry] = field(default_factory=list)
    others: list[Entry] = field(default_factory=list)

    @property
    def id(self) -> NodeId:
        """Group and name."""
        return self.kind.group, self.name

    @property
    def meant(self) -> NodeKind | None:
        """The kind of which it is by its name, when that is another one than that of its group."""
        if self.kind.form.fullmatch(self.name):
            return None
        return next((kind for kind in NODE_KINDS.values() if kind.form.fullmatch(self.name)), None)

    @property
    def key(self) -> str:
        """Key of its folder."""
        return f"{self.kind.group}/{self.name}/"

    @property
    def info_key(self) -> str:
        """Key of its info document, or of the folder in which it should lie."""
        return self.infos[0].key if self.infos else f"{self.key}info/"
