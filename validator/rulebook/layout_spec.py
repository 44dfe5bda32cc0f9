"""The layout's tree as ``layout.yaml`` writes it."""

from typing import Any

from pydantic import ConfigDict, Field, ValidationError

from validator.errors import RulebookError
from validator.models.empty import empty_dict, empty_list
from validator.models.late_model import LateModel


class NodeSpec(LateModel):
    """One folder of the tree, as ``layout.yaml`` writes it.

    Attributes
    ----------
    kind
        What lies there; checks ask for files by their kind. Taken from the part, or from the folder around it, where it is not said.
    use
        A node of ``parts`` that stands here.
    opaque
        Whether the imager decides what is inside, at any depth; nothing inside is ever renamed.
    free
        Whether anything may be inside, beside what is named.
    aliases
        Other names that people give to the folder when they mean this one.
    folders
        Folders that may lie in it, by their name or a form of names; literal names come first.
    files
        Files that may lie in it, by their name or a form of names, each with its kind.
    """

    model_config = ConfigDict(extra="forbid")

    kind: str | None = None
    use: str | None = None
    opaque: bool = False
    free: bool = False
    aliases: list[str] = Field(default_factory=empty_list)
    folders: dict[str, "NodeSpec"] = Field(default_factory=empty_dict)
    files: dict[str, str] = Field(default_factory=empty_dict)


class EverywhereSpec(LateModel):
    """What may lie in any folder.

    Attributes
    ----------
    files
        Files by their name or a form of names, each with its kind.
    folders
        Folders by their name.
    """

    model_config = ConfigDict(extra="forbid")

    files: dict[str, str]
    folders: dict[str, NodeSpec]


class CharactersSpec(LateModel):
    """What folder names are made of.

    Attributes
    ----------
    allowed
        Characters, as a class of a regular expression.
    exceptions
        Regular expressions for whole names that may hold a dot.
    opaque
        Regular expressions for folders below which names are a file format's own.
    """

    model_config = ConfigDict(extra="forbid")

    allowed: str
    exceptions: list[str]
    opaque: list[str]


class LayoutSpec(LateModel):
    """The whole of ``layout.yaml``.

    Attributes
    ----------
    version
        Version of the rulebook in which the layout changed last.
    everywhere
        What may lie in any folder.
    folder_characters
        What folder names are made of.
    may_be_empty
        Names of files that are empty on purpose.
    parts
        Nodes that stand in several places of the tree, by their names.
    tree
        The root of the bucket.
    """

    model_config = ConfigDict(extra="forbid")

    version: str
    everywhere: EverywhereSpec
    folder_characters: CharactersSpec
    may_be_empty: list[str]
    parts: dict[str, NodeSpec]
    tree: NodeSpec


def read_spec(document: Any) -> LayoutSpec:
    """Check the layout's form.

    Raises
    ------
    RulebookError
        When it does not have the form that this version of cpgate reads.
    """
    try:
        return LayoutSpec.model_validate(document)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise RulebookError(
            f"The layout of the rulebook is broken at {where}.", "Install cpgate again."
        ) from error
