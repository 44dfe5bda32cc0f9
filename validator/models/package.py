"""Words of packages in the style of the Allen Institute for Cell Science: kinds of nodes, attributes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SCHEMA_NAMES = ("SCHEMA", "SCHEMA.json")
README_NAMES = ("README", "README.md")
SUBSET_NAMES = ("SUBSET", "SUBSET.json")
FIELDS = ("description", "example_value", "origin", "value_types")
"""What a SCHEMA says of every attribute."""
BUILDER_ORIGIN = "baseline"
"""Origin of attributes that the builder of the package writes."""


@dataclass(frozen=True, slots=True)
class NodeKind:
    """A kind of node.

    Attributes
    ----------
    group
        Folder in which its nodes lie; also the name under which other nodes list them, ``cell_segs``.
    schema_key
        Where SCHEMA describes its attributes.
    schema_name
        What SCHEMA calls the association with it, ``cell_segmentations``.
    noun
        What people call one, with its article.
    form
        How its nodes are named.
    has_image
        Whether a node must have an image; ``None`` when it may.
    parents
        Groups of which a node lists exactly one node.
    """

    group: str
    schema_key: str
    schema_name: str
    noun: str
    form: re.Pattern[str]
    form_shown: str
    has_image: bool | None
    parents: tuple[str, ...] = ()

    @property
    def is_segmentation(self) -> bool:
        """Whether its image outlines cells or parts of them."""
        return self.group.endswith("_segs")

    @property
    def one(self) -> str:
        """What people call one, without an article."""
        return self.noun.split(" ", 1)[1]


def _kind(
    group: str,
    name: str,
    noun: str,
    form: str,
    shown: str,
    *,
    image: bool | None = False,
    parents: tuple[str, ...] = (),
) -> NodeKind:
    schema_name = f"{name}s"
    return NodeKind(
        group, f"unique_{name}_info", schema_name, noun, re.compile(form, re.ASCII), shown, image, parents
    )


NODE_KINDS: Mapping[str, NodeKind] = {
    kind.group: kind
    for kind in (
        _kind("lines", "line", "a line", r"line_\w+", "line_AICS_23"),
        _kind("plates", "plate", "a plate", r"plate_(?!.*_well_)\w+", "plate_3500001464"),
        _kind(
            "wells",
            "well",
            "a well",
            r"plate_\w+_well_[A-Za-z]{1,2}\d{1,2}",
            "plate_3500001464_well_E6",
            image=None,
            parents=("plates",),
        ),
        _kind(
            "fovs",
            "fov",
            "a field of view",
            r"fov_[0-9a-f]{32}",
            "fov_ and 32 hexadecimal digits",
            image=True,
            parents=("plates", "wells", "lines"),
        ),
        _kind(
            "cell_segs",
            "cell_segmentation",
            "a cell segmentation",
            r"cell_\w+",
            "cell_plate_3500001464_well_E6_...",
            image=True,
            parents=("fovs",),
        ),
        _kind(
            "nuclei_segs",
            "nuclei_segmentation",
            "a nuclei segmentation",
            r"nuc_\w+",
            "nuc_plate_3500001464_well_E6_...",
            image=True,
            parents=("fovs",),
        ),
        _kind(
            "structure_segs",
            "structure_segmentation",
            "a structure segmentation",
            r"struct_\w+",
            "struct_plate_3500001464_well_E6_...",
            image=True,
            parents=("fovs",),
        ),
    )
}
"""Every kind by its group."""

SCHEMA_KEYS: Mapping[str, NodeKind] = {kind.schema_key: kind for kind in NODE_KINDS.values()}
GROUP_OF_SCHEMA_NAME: Mapping[str, str] = {kind.schema_name: kind.group for kind in NODE_KINDS.values()}
"""``cell_segmentations`` in SCHEMA is ``cell_segs`` in an info document."""
NODE_NAME = re.compile(r"[A-Za-z]\w*")
"""What every node's name must be, so that programs can use it as a name."""
CUT_NAME = 34
"""Characters to which some packages cut the names of segmentations."""


def usable_name(name: str) -> str:
    """What the name of a node becomes when every character that it may not have is written as ``_``.

    >>> usable_name("line-AICS 23")
    'line_AICS_23'
    """
    return re.sub(r"\W", "_", name)


def info_name(attribute: str) -> str:
    """What an info document calls an attribute of SCHEMA.

    >>> info_name("cell_segmentations"), info_name("line_id")
    ('cell_segs', 'line_id')
    """
    return GROUP_OF_SCHEMA_NAME.get(attribute, attribute)


@dataclass(frozen=True, slots=True)
class Attribute:
    """What SCHEMA says of an attribute, as far as it can be used.

    Attributes
    ----------
    name
        As SCHEMA writes it.
    description, origin
        Texts; empty when they are none.
    example
        One value or a list of several.
    types
        Names of types (``str``, ``int``, ``float``, ``bool``, ``list``, ``dict``, ``null``), empty when SCHEMA does not say them rightly.
    described
        Whether SCHEMA says anything of it that has the form of a description.
    """

    name: str
    description: str = ""
    example: Any = None
    origin: str = ""
    types: tuple[str, ...] = ()
    described: bool = True

    @property
    def info_name(self) -> str:
        """What info documents call it."""
        return info_name(self.name)


@dataclass(frozen=True, slots=True)
class AttributeGroup:
    """The attributes under one key of SCHEMA.

    Attributes
    ----------
    key
        ``unique_line_info``.
    attributes
        By the names that info documents use.
    """

    key: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
