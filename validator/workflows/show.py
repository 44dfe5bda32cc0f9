"""Look at the nodes of a package: metadata, links that are walked when they are asked for, a picture."""

import html
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from validator.errors import CpgateError, UnreadableFile, UsageError
from validator.models.package import NODE_KINDS, NodeKind, info_name
from validator.readers.json_text import read_json
from validator.readers.ome import read_projection
from validator.reporters.escape import shown
from validator.reporters.node_picture import Outline, Panel, draw_node
from validator.reporters.outfile import reason

_LONGEST_VALUE = 70


@dataclass(frozen=True)
class PackageFolder:
    """A package in a folder; nothing is read before it is asked for.

    Attributes
    ----------
    root
        The folder.

    Examples
    --------
    >>> package = PackageFolder(Path("cells"))
    >>> package.node("fovs", "fov_0a").linked("wells")  # doctest: +SKIP
    [<a well plate_3500001464_well_E6>]
    """

    root: Path

    def node(self, group: str, name: str) -> "NodeView":
        """One node.

        Raises
        ------
        UsageError
            If there is none.
        """
        kind = NODE_KINDS.get(group)
        if kind is None or not (self.root / group / name).is_dir():
            raise UsageError(
                f"There is no node {shown(name)} in {shown(str(self.root / group))}.",
                f"Name a node's folder, such as {shown(str(self.root))}/fovs/fov_...",
            )
        return NodeView(self, kind, name)

    def nodes(self, group: str) -> Iterator["NodeView"]:
        """Every node of a group, in the order of their names."""
        folder = self.root / group
        if group in NODE_KINDS and folder.is_dir():
            for path in sorted(folder.iterdir()):
                if path.is_dir() and not path.name.startswith("."):
                    yield NodeView(self, NODE_KINDS[group], path.name)


@dataclass(frozen=True)
class NodeView:
    """A node; its document and image are read when they are asked for, the document once.

    Attributes
    ----------
    package
        In which it lies.
    kind, name
        What it is.
    """

    package: PackageFolder = field(repr=False)
    kind: NodeKind
    name: str

    def __repr__(self) -> str:
        return f"<{self.kind.noun} {self.name}>"

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.package.root / self.kind.group / self.name

    @cached_property
    def info(self) -> Mapping[str, Any]:
        """Its info document, by the names that info documents use.

        Raises
        ------
        UnreadableFile
            If it is no JSON object.
        UsageError
            If it is not there or cannot be read.
        """
        path = self._object("info")
        if path is None:
            raise UsageError(f"{shown(self.name)} has no info document.", "Check the package.")
        try:
            with path.open("rb") as stream:
                value = read_json(stream).value
        except UnreadableFile as error:
            raise UnreadableFile(f"{shown(str(path))} cannot be read. {error.what}.", error.mend) from error
        except OSError as error:
            raise UsageError(
                f"{shown(str(path))} cannot be read: {reason(error)}.", "Check the path."
            ) from error
        if not isinstance(value, dict):
            raise UnreadableFile(f"{shown(str(path))} is no JSON object.", "Check the package.")
        return {info_name(name): item for name, item in value.items()}

    def linked(self, group: str) -> list["NodeView"]:
        """Nodes of a group that it lists and that are there."""
        names = self.info.get(group)
        there = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
        folder = self.package.root / group
        kind = NODE_KINDS[group]
        return [NodeView(self.package, kind, name) for name in there if _is_node(folder, name)]

    @property
    def has_image(self) -> bool:
        """Whether there is something to draw."""
        return self._object("image") is not None

    def projection(self) -> Any:
        """Maximum over Z of its image at the first time point: an array with the axes channel, Y, X.

        Raises
        ------
        UnreadableFile
            If the image is damaged or no OME-TIFF.
        UsageError
            If it has none.
        """
        path = self._object("image")
        if path is None:
            raise UsageError(f"{shown(self.name)} has no image.", "Name a field of view or a segmentation.")
        try:
            with path.open("rb") as stream:
                return read_projection(stream, path.stat().st_size)
        except UnreadableFile as error:
            raise UnreadableFile(f"{shown(str(path))} cannot be shown. {error.what}.", error.mend) from error
        except OSError as error:
            raise UsageError(
                f"{shown(str(path))} cannot be read: {reason(error)}.", "Check the path."
            ) from error

    def panels(self) -> list[Panel]:
        """What is drawn: the channels that are of use with the names of their dyes, or all where nothing is said."""
        pixels = self.projection()
        channels = self.info.get("channels")
        said = channels if isinstance(channels, list) and len(channels) == len(pixels) else []
        panels = []
        for number, plane in enumerate(pixels):
            channel = said[number] if said and isinstance(said[number], dict) else {}
            if not said or channel.get("use"):
                panels.append(Panel(str(channel.get("dye_name") or self._unnamed(number)), plane))
        return panels or [Panel(self._unnamed(number), plane) for number, plane in enumerate(pixels)]

    def _unnamed(self, number: int) -> str:
        return self.kind.noun.split(" ", 1)[1] if self.kind.is_segmentation else f"channel {number}"

    def outlines(self, shape: tuple[int, int]) -> list[Outline]:
        """Its segmentations, as far as they are there and have this height and width."""
        found = []
        segmentations = [kind for kind in NODE_KINDS.values() if kind.is_segmentation]
        nodes = (
            [self] if self.kind.is_segmentation else [n for k in segmentations for n in self.linked(k.group)]
        )
        for node in nodes:
            if node.has_image:
                mask = node.projection()[0]
                if mask.shape == shape:
                    found.append(Outline(node.kind.group, node.kind.noun.split(" ", 1)[1], mask))
        return found

    def picture(self) -> bytes:
        """A PNG: one labelled panel for each channel of use, segmentations outlined.

        Raises
        ------
        UsageError
            If it has no image, or Pillow is not installed.
        UnreadableFile
            If an image cannot be read.
        """
        panels = self.panels()
        return draw_node(self.name, panels, self.outlines(panels[0].pixels.shape))

    def rows(self) -> Iterator[tuple[str, str]]:
        """Name and value of every attribute in words, links last."""
        info = self.info
        for name in sorted(info, key=lambda one: (one in NODE_KINDS, one not in NODE_KINDS and one)):
            yield shown(name), _in_words(name, info[name])

    def _repr_png_(self) -> bytes | None:
        """What a notebook shows where it shows pictures; nothing when there is none or it cannot be read."""
        try:
            return self.picture() if self.has_image else None
        except CpgateError:
            return None

    def _repr_html_(self) -> str:
        """What a notebook shows: a table of the attributes, above it the picture, or why there is none."""
        import base64  # noqa: PLC0415  only notebooks need it

        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
            f"<td style='text-align:left'>{html.escape(value)}</td></tr>"
            for name, value in self.rows()
        )
        picture = ""
        try:
            if self.has_image:
                data = base64.b64encode(self.picture()).decode()
                picture = (
                    f"<img alt='{html.escape(self.name, quote=True)}' src='data:image/png;base64,{data}'>"
                )
        except CpgateError as error:  # a notebook would show a stack in place of the attributes
            picture = f"<p>{html.escape(shown(error.what))}</p>"
        return f"<h4>{html.escape(shown(self.name))}</h4>{picture}<table>{rows}</table>"

    def _object(self, part: str) -> Path | None:
        folder = self.folder / part
        if not folder.is_dir():
            return None
        files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
        return files[0] if files else None


def find_node(path: Path) -> NodeView:
    """The node whose folder a path names.

    Parameters
    ----------
    path
        ``package/fovs/fov_...``; something inside of the node does as well.

    Raises
    ------
    UsageError
        If it is no node of a package.
    """
    full = Path(os.path.abspath(path))  # noqa: PTH100  takes away "..", which Path.absolute() keeps
    for folder in (full, *full.parents):
        if folder.parent.name in NODE_KINDS and folder.is_dir():
            return PackageFolder(folder.parent.parent).node(folder.parent.name, folder.name)
    raise UsageError(
        f"{shown(str(path))} is not a node of a package.",
        "Name its folder, such as package/fovs/fov_0123456789abcdef0123456789abcdef.",
    )


def _is_node(folder: Path, name: str) -> bool:
    return name not in ("", ".", "..") and "/" not in name and "\\" not in name and (folder / name).is_dir()


def _in_words(name: str, value: Any) -> str:
    if name in NODE_KINDS and isinstance(value, list):
        some = ", ".join(str(one) for one in value[:2])
        return shown(some) if len(value) <= 2 else f"{len(value):,}: {shown(some)}, ..."
    if name == "channels" and isinstance(value, list):
        dyes = [
            str(one.get("dye_name")) + ("" if one.get("use") else " (not of use)")
            for one in value
            if isinstance(one, dict)
        ]
        return shown(", ".join(dyes))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shown(text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}...")
