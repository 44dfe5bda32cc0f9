"""Rules of the images of a package (CPG650-CPG653): OME-TIFF, axes TZCYX, channels, segmentations as their field of view."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from validator.checks.alike import together
from validator.checks.dataset import Dataset
from validator.checks.images import IMAGE_TRUNCATED, IMAGE_UNREADABLE
from validator.checks.info_rules import SOURCE
from validator.checks.package import PackageDataset
from validator.checks.package_nodes import Node, NodeId
from validator.checks.registry import dataset_check
from validator.checks.row_words import shown
from validator.errors import UnreadableFile
from validator.models.counts import counted
from validator.models.finding import Finding, Location
from validator.models.rule import Rule
from validator.readers.ome import AXES, StackFacts, read_stack
from validator.readers.tiff_header import TruncatedImage

NOT_OME = Rule(
    id="CPG650",
    slug="image-not-ome",
    title="An image of a package is an OME-TIFF",
    why="Without OME-XML nobody can tell planes in depth from channels and time points.",
    mend="Write it again as OME-TIFF, with the axes T, Z, C, Y, X.",
    family="images",
    source=SOURCE,
)
IMAGE_AXES = Rule(
    id="CPG651",
    slug="image-axes",
    title="The pages of an image are ordered time, Z, channel, and all of them are there",
    why="Programs read page after page in this order; in another one depth is shown as channels.",
    mend="Write it again with the axes T, Z, C, Y, X (an image of one time point may leave T out).",
    family="images",
    source=SOURCE,
)
IMAGE_CHANNELS = Rule(
    id="CPG652",
    slug="image-channels",
    title="A field of view describes as many channels as its image has",
    why="The channels are named by their order: one too few, and every dye after it has the wrong name.",
    mend="Correct channels in the info document, or write the image again with all channels.",
    family="images",
    source=SOURCE,
)
SEGMENTATION_SHAPE = Rule(
    id="CPG653",
    slug="segmentation-shape",
    title="A segmentation has the depth, height and width of its field of view, and one channel",
    why="It says of every voxel of the field of view whether it is inside; with another shape it says nothing.",
    mend="Write the segmentation again from this field of view, or correct the link.",
    family="images",
    source=SOURCE,
)


@dataclass(frozen=True, slots=True)
class _Looked:
    """A node whose image was looked at: what it says, or what is wrong with it."""

    node: Node
    stack: StackFacts | None = None
    finding: Finding | None = None


@dataset_check(
    IMAGE_UNREADABLE,
    IMAGE_TRUNCATED,
    NOT_OME,
    IMAGE_AXES,
    IMAGE_CHANNELS,
    SEGMENTATION_SHAPE,
    subjects=["package"],
)
def judge_package_images(dataset: Dataset) -> Iterator[Finding]:
    """Read the headers of all images; compare them with channels, and segmentations with fields of view."""
    assert isinstance(dataset, PackageDataset)
    stacks: dict[NodeId, StackFacts] = {}
    wrong: list[Finding] = []
    nodes = [node for node in dataset.nodes.values() if node.images and node.images[0].size != 0]
    for looked in dataset.read_all(nodes, lambda node: _look(dataset, node)):
        if looked.finding is not None:
            yield looked.finding
        if looked.stack is not None:
            axes = list(_judge_axes(looked.node, looked.stack))
            wrong.extend(axes)
            if not axes:
                stacks[looked.node.id] = looked.stack
    yield from dataset.take_mishaps()
    yield from together(wrong, exact=True)
    yield from together(
        (
            finding
            for node_id, stack in stacks.items()
            for finding in _judge_channels(dataset, node_id, stack)
        ),
        exact=True,
    )
    yield from _judge_shapes(dataset, stacks)


def _look(dataset: PackageDataset, node: Node) -> _Looked:
    entry = node.images[0]
    try:
        with dataset.open(entry) as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(0)
            return _Looked(node, stack=read_stack(stream, size))
    except TruncatedImage as error:
        rule, said = IMAGE_TRUNCATED, f"This image is not whole. {error.what}"
    except UnreadableFile as error:
        rule, said = IMAGE_UNREADABLE, f"This image cannot be opened. {error.what}"
    except OSError as error:
        dataset.mishaps.unreadable(entry.key, error)
        return _Looked(node)
    return _Looked(node, finding=rule.finding(entry.key, said, size=entry.size))


def _judge_axes(node: Node, stack: StackFacts) -> Iterator[Finding]:
    key = node.images[0].key
    if stack.sizes is None:
        yield NOT_OME.finding(
            key,
            f"The OME-XML of this image is not in it, but in {shown(stack.elsewhere)}"
            if stack.elsewhere
            else "This image is a TIFF without OME-XML that says its axes",
        )
        return
    if stack.samples > 1:
        yield IMAGE_AXES.finding(
            key,
            f"This is a colour image: {stack.samples} channels lie in each of its pixels",
            expected="a page for every channel",
            actual=f"{stack.samples} samples per pixel",
        )
        return
    long = [axis for axis in stack.order if stack.sizes[axis] > 1]
    if long != [axis for axis in AXES if stack.sizes[axis] > 1]:
        yield IMAGE_AXES.finding(
            key, f"The axes of this image are in the order {stack.order}", expected=AXES, actual=stack.order
        )
    elif stack.pages != stack.pages_needed:
        yield IMAGE_AXES.finding(
            key,
            f"This image has {counted(stack.pages, 'page')}, and its OME-XML promises {stack.pages_needed:,}",
            expected=f"{_times(stack, 'TZC')} pages",
            actual=counted(stack.pages, "page"),
            location=Location(page=stack.pages - 1) if stack.pages < stack.pages_needed else None,
        )


def _judge_channels(dataset: PackageDataset, node_id: NodeId, stack: StackFacts) -> Iterator[Finding]:
    facts = dataset.infos[node_id]
    if node_id[0] != "fovs" or facts.channels is None or stack.sizes is None:
        return
    if facts.channels != stack.sizes["C"]:
        pointer = facts.pointer("channels")
        yield IMAGE_CHANNELS.finding(
            facts.node.info_key,
            f"{facts.channels} channels are described, and the image has {stack.sizes['C']}",
            location=Location(pointer=pointer, line=dataset.line(facts.node, pointer)),
            expected=f"{stack.sizes['C']} channels",
            actual=f"{facts.channels} channels",
        )


def _judge_shapes(dataset: PackageDataset, stacks: Mapping[NodeId, StackFacts]) -> Iterator[Finding]:
    """Compare segmentations with their field of view; when all of them agree against it, it is the one that is wrong."""
    others: dict[NodeId, list[NodeId]] = {}
    number: Counter[NodeId] = Counter()
    for node_id, stack in stacks.items():
        facts = dataset.infos[node_id]
        if not facts.node.kind.is_segmentation or stack.sizes is None:
            continue
        if stack.sizes["T"] > 1 or stack.sizes["C"] > 1:
            yield _of_several(facts.node, stack)
            continue
        fovs = facts.links.get("fovs", ())
        fov = ("fovs", fovs[0]) if len(fovs) == 1 else None
        if fov is not None and fov in stacks:
            number[fov] += 1
            if _times(stacks[fov], "ZYX") != _times(stack, "ZYX"):
                others.setdefault(fov, []).append(node_id)
    for fov, node_ids in others.items():
        shapes = {_times(stacks[node_id], "ZYX") for node_id in node_ids}
        if len(shapes) == 1 and len(node_ids) == number[fov] > 1:
            yield _fov_differs(dataset.nodes[fov], stacks[fov], shapes.pop(), [name for _, name in node_ids])
        else:
            yield from (_segmentation_differs(dataset.nodes[n], stacks[n], stacks[fov]) for n in node_ids)


def _of_several(node: Node, stack: StackFacts) -> Finding:
    assert stack.sizes is not None
    said = f"{stack.sizes['C']} channels" if stack.sizes["C"] > 1 else f"{stack.sizes['T']} time points"
    key = node.images[0].key
    return SEGMENTATION_SHAPE.finding(key, f"This segmentation has {said}", expected="one", actual=said)


def _segmentation_differs(node: Node, stack: StackFacts, fov: StackFacts) -> Finding:
    return SEGMENTATION_SHAPE.finding(
        node.images[0].key,
        f"This segmentation is {_times(stack, 'ZYX')} (Z x Y x X), its field of view {_times(fov, 'ZYX')}",
        expected=_times(fov, "ZYX"),
        actual=_times(stack, "ZYX"),
    )


def _fov_differs(node: Node, stack: StackFacts, shape: str, names: list[str]) -> Finding:
    return SEGMENTATION_SHAPE.finding(
        node.images[0].key,
        f"This field of view is {_times(stack, 'ZYX')} (Z x Y x X), and all {len(names)} segmentations of it are {shape}",
        expected=shape,
        actual=_times(stack, "ZYX"),
        hint="Take the image from which the segmentations were made, or make them again from this one.",
        count=len(names),
        examples=names,
    )


def _times(stack: StackFacts, axes: str) -> str:
    return " x ".join(f"{stack.sizes[axis]:,}" for axis in axes) if stack.sizes else ""
