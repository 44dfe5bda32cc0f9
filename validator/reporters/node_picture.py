"""Draws a node: one labelled panel for each channel, segmentations as outlines."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from validator.errors import UsageError
from validator.reporters.escape import shown

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

    Pixels = npt.NDArray[Any]

PANEL = 360
"""Pixels of the longer side of a panel."""
COLUMNS = 4
_MARGIN, _LABEL, _TITLE = 12, 26, 34
_BACKGROUND, _INK, _FAINT = (18, 18, 20), (240, 240, 240), (150, 150, 155)
_DARK_PART, _BRIGHT_PART = 1.0, 99.7
"""Percentiles that become black and white: a few hot pixels must not darken the rest."""
OUTLINES = {"cell_segs": (255, 214, 10), "nuclei_segs": (64, 200, 255), "structure_segs": (255, 90, 200)}
"""Colours that people with any colour vision tell apart by their brightness, too."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A channel to draw: its name, and pixels with the axes Y, X."""

    label: str
    pixels: "Pixels"


@dataclass(frozen=True, slots=True)
class Outline:
    """A segmentation to draw: group and name of its kind, and labels with the axes Y, X."""

    group: str
    label: str
    mask: "Pixels"


def draw_node(title: str, panels: Sequence[Panel], outlines: Sequence[Outline] = ()) -> bytes:
    """Draw panels side by side, each with its label and all outlines.

    Parameters
    ----------
    title
        Stands above.
    panels
        At least one; all of one size.
    outlines
        Of the size of the panels.

    Returns
    -------
    bytes
        A PNG.

    Raises
    ------
    UsageError
        If Pillow is not installed.
    """
    image_module, draw_module, font_module = _pillow()
    scale = PANEL / max(panels[0].pixels.shape)
    height, width = (max(1, round(length * scale)) for length in panels[0].pixels.shape)
    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    legend = _LABEL if outlines else 0
    size = (
        max(columns * (width + _MARGIN) + _MARGIN, 2 * PANEL),
        _TITLE + legend + rows * (height + _LABEL + _MARGIN) + _MARGIN,
    )
    canvas = image_module.new("RGB", size, _BACKGROUND)
    draw = draw_module.Draw(canvas)
    draw.text(
        (_MARGIN, 9),
        _fitting(draw, title, font_module.load_default(18), size[0] - 2 * _MARGIN),
        _INK,
        font=font_module.load_default(18),
    )
    _draw_legend(draw, outlines, font_module.load_default(15))
    for number, panel in enumerate(panels):
        left = _MARGIN + (number % columns) * (width + _MARGIN)
        top = _TITLE + legend + (number // columns) * (height + _LABEL + _MARGIN)
        font = font_module.load_default(16)
        draw.text((left, top + 3), _fitting(draw, panel.label, font, width), _INK, font=font)
        canvas.paste(_painted(panel.pixels, outlines, (width, height)), (left, top + _LABEL))
    stream = io.BytesIO()
    canvas.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _pillow() -> tuple[Any, Any, Any]:
    try:
        from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415  an extra that only pictures need
    except ImportError as error:
        raise UsageError(
            "Pictures are drawn with Pillow, which is not installed here.", "pip install 'cpgate[show]'"
        ) from error
    return Image, ImageDraw, ImageFont


def _draw_legend(draw: "ImageDraw", outlines: Sequence[Outline], font: "FreeTypeFont | ImageFont") -> None:
    left = float(_MARGIN)
    for outline in outlines:
        colour = OUTLINES.get(outline.group, _FAINT)
        draw.line((left, _TITLE + 12, left + 22, _TITLE + 12), fill=colour, width=3)
        draw.text((left + 30, _TITLE + 2), outline.label, colour, font=font)
        left += 54 + draw.textlength(outline.label, font=font)


def _painted(pixels: "Pixels", outlines: Sequence[Outline], size: tuple[int, int]) -> Any:
    """A panel in grey with its outlines."""
    import numpy as np  # noqa: PLC0415  only pictures need it

    image_module, _, _ = _pillow()
    values = np.nan_to_num(pixels.astype(np.float32))
    low, high = np.percentile(values, (_DARK_PART, _BRIGHT_PART))
    grey = np.clip((values - low) * (255 / max(high - low, 1e-6)), 0, 255).astype(np.uint8)
    enlarged = size[0] > grey.shape[1]
    how = image_module.Resampling.NEAREST if enlarged else image_module.Resampling.BOX
    panel = np.array(image_module.fromarray(grey).resize(size, how).convert("RGB"))
    for outline in outlines:
        labels = image_module.fromarray(outline.mask.astype(np.int32)).resize(
            size, image_module.Resampling.NEAREST
        )
        panel[_borders(np.array(labels))] = OUTLINES.get(outline.group, _FAINT)
    return image_module.fromarray(panel)


def _borders(labels: "Pixels") -> "Pixels":
    """Pixels of objects that touch another object or none: two pixels wide, so that they are seen."""
    import numpy as np  # noqa: PLC0415  only pictures need it

    padded = np.pad(labels, 2, mode="edge")
    rows, columns = labels.shape
    border = np.zeros(labels.shape, dtype=bool)
    for down in range(5):
        for right in range(5):
            border |= padded[down : down + rows, right : right + columns] != labels
    return border & (labels > 0)


def _fitting(draw: "ImageDraw", text: str, font: "FreeTypeFont | ImageFont", width: int) -> str:
    """As much of a text as fits, with an ellipsis where something is left out."""
    text = shown(text)
    if draw.textlength(text, font=font) <= width:
        return text
    while text and draw.textlength(f"{text}…", font=font) > width:
        text = text[:-1]
    return f"{text}…"
