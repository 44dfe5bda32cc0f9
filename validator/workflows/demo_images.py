"""Draws the fields of view of the demo plate: cells in five channels, as a microscope would see them.

Nothing here is a measurement. The pictures have what checks and people look at: nuclei and cytoplasm with
texture, a background, darker corners, camera noise, and treatments that can be told from the controls.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import cos, sin

import numpy as np
from numpy.typing import NDArray

CHANNELS = ("DNA", "ER", "RNA", "AGP", "Mito")
"""The five channels of the Cell Painting assay, in the order in which the demo's microscope takes them."""

CAMERA_OFFSET = 110.0
"""Counts of a pixel that no light reached."""

_BACKGROUND = {"DNA": 90.0, "ER": 260.0, "RNA": 320.0, "AGP": 210.0, "Mito": 180.0}
_PEAK = {"DNA": 5200.0, "ER": 3400.0, "RNA": 3900.0, "AGP": 3000.0, "Mito": 4400.0}
_READ_NOISE = 6.0

Image = NDArray[np.float32]


@dataclass(frozen=True)
class Treatment:
    """What a compound does to cells, as factors of what an untreated cell looks like.

    Attributes
    ----------
    name
        Name of the compound, empty for untreated wells.
    sample
        Identifier of the sample on the platemap; blank means untreated.
    density, nucleus
        Factors of the number of cells and of the radius of their nuclei.
    channels
        Factors of the brightness of channels.
    """

    name: str
    sample: str
    density: float = 1.0
    nucleus: float = 1.0
    channels: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """One drawn cell: centre in pixels, half axes in pixels, angle in radians, brightness (1 is usual)."""

    row: float
    column: float
    nucleus: tuple[float, float]
    body: tuple[float, float]
    angle: float
    brightness: float


@dataclass(frozen=True)
class FieldOfView:
    """Pixels of one site (16-bit, one plane a channel) and the cells that were drawn."""

    planes: dict[str, NDArray[np.uint16]]
    cells: list[Cell]


class Microscope:
    """Takes pictures of ``size`` x ``size`` pixels with its own uneven light.

    Parameters
    ----------
    rng
        Where all chance comes from.
    size
        Pixels along each side.

    Attributes
    ----------
    illumination
        The illumination function of each channel, float32, ``(size, size)``, 1 where the light is weakest,
        as CellProfiler writes it: a picture divided by it is flat.
    """

    def __init__(self, rng: np.random.Generator, size: int) -> None:
        self.size = size
        self._rng = rng
        self.illumination = {channel: _uneven_light(rng, size) for channel in CHANNELS}
        self._coarse = [_texture(rng, size, 6.0) for _ in range(4)]
        self._fine = [_texture(rng, size, 1.6) for _ in range(4)]

    def take(self, treatment: Treatment) -> FieldOfView:
        """Take one site of a well with this treatment."""
        cells = self._scatter(treatment)
        light = {channel: np.zeros((self.size, self.size), np.float32) for channel in CHANNELS}
        for cell in cells:
            self._draw(cell, light)
        planes = {channel: self._expose(light[channel], channel, treatment) for channel in CHANNELS}
        return FieldOfView(planes, cells)

    def _scatter(self, treatment: Treatment) -> list[Cell]:
        """Put cells where there is room; those that find none are not drawn."""
        rng, size = self._rng, self.size
        wanted = max(3, int(rng.poisson(28 * treatment.density * (size / 256) ** 2)))
        cells: list[Cell] = []
        for _ in range(wanted * 3):
            row, column = rng.uniform(0, size, 2)
            if any((row - c.row) ** 2 + (column - c.column) ** 2 < 26**2 for c in cells):
                continue
            radius = rng.normal(8.5, 0.9) * treatment.nucleus
            stretch = rng.uniform(1.0, 1.35)
            body = radius * rng.uniform(1.9, 2.5)
            cells.append(
                Cell(
                    row=float(row),
                    column=float(column),
                    nucleus=(float(radius * stretch), float(radius)),
                    body=(float(body * stretch), float(body)),
                    angle=float(rng.uniform(0, np.pi)),
                    brightness=float(rng.lognormal(0, 0.18)),
                )
            )
            if len(cells) == wanted:
                break
        return cells

    def _span(self, centre: float, reach: int) -> slice:
        return slice(max(0, int(centre) - reach), min(self.size, int(centre) + reach + 1))

    def _draw(self, cell: Cell, light: Mapping[str, Image]) -> None:
        reach = int(max(cell.body)) + 6
        window = (self._span(cell.row, reach), self._span(cell.column, reach))
        rows, columns = np.ogrid[window]
        down = (rows - cell.row).astype(np.float32)
        right = (columns - cell.column).astype(np.float32)
        along = right * np.float32(cos(cell.angle)) + down * np.float32(sin(cell.angle))
        across = down * np.float32(cos(cell.angle)) - right * np.float32(sin(cell.angle))
        coarse = self._coarse[int(cell.row) % 4][window]
        fine = self._fine[int(cell.column) % 4][window]
        to_nucleus = np.sqrt((along / cell.nucleus[0]) ** 2 + (across / cell.nucleus[1]) ** 2)
        to_body = np.sqrt((along / cell.body[0]) ** 2 + (across / cell.body[1]) ** 2)
        nucleus = _soft_edge(to_nucleus, 0.10)
        body = _soft_edge(to_body + 0.12 * coarse, 0.10)
        cytoplasm = body * (1 - nucleus)
        nucleoli = _spots(along, across, cell)
        golgi = np.exp(-(((along - 1.35 * cell.nucleus[0]) / 4) ** 2) - (across / 3) ** 2)
        rim = np.exp(-(((to_body - 0.92) / 0.09) ** 2))
        drawn = {
            "DNA": nucleus * (0.75 + 0.22 * fine),
            "ER": cytoplasm * (0.62 + 0.25 * fine) * (1.25 - 0.5 * to_body) + 0.10 * nucleus,
            "RNA": cytoplasm * (0.42 + 0.10 * coarse) + nucleus * (0.25 + 0.75 * nucleoli),
            "AGP": body * (0.22 + 0.08 * fine) + 0.55 * rim * body + 0.75 * golgi * body,
            "Mito": cytoplasm
            * np.clip(0.35 + 0.55 * fine, 0, None)
            * np.exp(-1.1 * np.clip(to_body - 0.4, 0, None)),
        }
        for channel, signal in drawn.items():
            part = light[channel][window]
            np.maximum(part, signal * np.float32(cell.brightness), out=part)

    def _expose(self, light: Image, channel: str, treatment: Treatment) -> NDArray[np.uint16]:
        """Turn light into counts: uneven illumination, shot noise, read noise, offset of the camera."""
        strength = _PEAK[channel] * treatment.channels.get(channel, 1.0)
        signal = (_BACKGROUND[channel] + strength * light) * self.illumination[channel] / 1.6
        noise = self._rng.standard_normal(signal.shape, dtype=np.float32)
        counts = signal + noise * np.sqrt(signal * 0.8 + _READ_NOISE**2) + CAMERA_OFFSET
        plane: NDArray[np.uint16] = np.clip(counts, 0, 65535).astype(np.uint16)
        return plane


def _uneven_light(rng: np.random.Generator, size: int) -> Image:
    """Bright near the middle, darker in the corners, every channel a little off centre."""
    centre = 0.5 + rng.uniform(-0.08, 0.08, 2)
    rows, columns = np.ogrid[0 : 1 : size * 1j, 0 : 1 : size * 1j]
    light = np.exp(-0.85 * ((rows - centre[0]) ** 2 + (columns - centre[1]) ** 2))
    function: Image = (light / light.min()).astype(np.float32)
    return function


def _texture(rng: np.random.Generator, size: int, grain: float) -> Image:
    """Noise with a grain of so many pixels, mean 0, standard deviation 1."""
    frequencies = np.fft.fftfreq(size)
    squared = frequencies[:, None] ** 2 + frequencies[None, : size // 2 + 1] ** 2
    spectrum = np.fft.rfft2(rng.standard_normal((size, size)))
    smooth = np.fft.irfft2(spectrum * np.exp(-2 * (np.pi * grain) ** 2 * squared), s=(size, size))
    texture: Image = ((smooth - smooth.mean()) / smooth.std()).astype(np.float32)
    return texture


def _soft_edge(distance: Image, softness: float) -> Image:
    """1 inside (distance below 1), 0 outside, a soft step between."""
    inside: Image = 1 / (1 + np.exp(np.clip((distance - 1) / (softness / 2), -30, 30)))
    return inside


def _spots(along: Image, across: Image, cell: Cell) -> Image:
    """Three nucleoli inside the nucleus."""
    spots = np.zeros(np.broadcast(along, across).shape, np.float32)
    for turn in (0.3, 2.2, 4.4):
        row = 0.45 * cell.nucleus[1] * sin(turn + cell.angle)
        column = 0.45 * cell.nucleus[0] * cos(turn + cell.angle)
        spots += np.exp(-((along - column) ** 2 + (across - row) ** 2) / 5.0)
    return np.clip(spots, 0, 1)
