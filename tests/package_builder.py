"""Builds a small package in the style of the Allen Institute: 2 lines, 3 plates, 20 wells, 60 fields of view, segmentations.

The package is made in memory as documents and images, may be changed, and is then written; that is quick enough to do it
for every mutation.
"""

import copy
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from validator.manifests.attribute_page import with_section
from validator.models.attributes import attribute_groups
from validator.models.listing import Entry, Folder, SourceFacts
from validator.models.package import NODE_KINDS

LINES = {"line_AICS_23": ("AICS-23", 27, "TJP1"), "line_AICS_10": ("AICS-10", 14, "SEC61B")}
WELLS = {"plate_3500001464": 7, "plate_3500001359": 7, "plate_3500001410": 6}
WELLS_OF_SMALL = dict.fromkeys(WELLS, 2)
FOVS_PER_WELL = 3
CHANNELS = (
    ("CMDRP_2", 0),
    ("CMDRP", 1),
    ("EGFP_2", 0),
    ("EGFP", 1),
    ("H3342_2", 0),
    ("H3342", 1),
    ("Bright_100X", 1),
)
SHAPE = (4, 20, 24)
SEGMENTATIONS = {"cell_segs": "cell", "nuclei_segs": "nuc", "structure_segs": "struct"}
README = "# Cells of two lines\n\nMade up for tests.\n"


@dataclass
class Package:
    """A package in memory.

    Attributes
    ----------
    schema
        The SCHEMA document.
    infos
        Info documents by the path of their node, ``fovs/fov_0a...``.
    files
        Every other file by its path; also what stands in the place of a document.
    """

    schema: dict[str, Any]
    infos: dict[str, dict[str, Any]]
    files: dict[str, bytes] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    renamed: list[tuple[str, str]] = field(default_factory=list)

    def write(self, root: Path, info: str = "info/load", schema: str = "SCHEMA") -> Path:
        """Write it below a folder that does not exist yet; info documents go to this path in their node."""
        return write(self.contents(info, schema), root)

    def contents(self, info: str = "info/load", schema: str = "SCHEMA") -> dict[str, bytes]:
        """Every file by its path."""
        documents = {schema: encode(self.schema)}
        documents |= {f"{path}/{info}": encode(document) for path, document in self.infos.items()}
        return {
            self._moved(path): content
            for path, content in (documents | self.files).items()
            if not any(path == gone or path.startswith(f"{gone}/") for gone in self.removed)
        }

    def _moved(self, path: str) -> str:
        for old, new in self.renamed:
            if path == old or path.startswith(f"{old}/"):
                return new + path[len(old) :]
        return path


def write(contents: dict[str, bytes], root: Path) -> Path:
    """Write files below a folder."""
    for path, content in contents.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return root


class MemorySource:
    """A package that is on no disk: nothing is quicker to list and to read."""

    root = "package"
    complete = True
    facts = SourceFacts("folder")

    def __init__(self, contents: dict[str, bytes]) -> None:
        self._contents = contents

    def scan(self) -> Iterator[Folder]:
        folders: dict[str, Folder] = {}
        for path, content in sorted(self._contents.items()):
            place, slash, name = path.rpartition("/")
            folder = folders.setdefault(place + slash, Folder(place + slash, place))
            folder.add(name, len(content), 0)
        yield from (folders[key] for key in sorted(folders))

    def open(self, entry: Entry) -> io.BytesIO:
        return io.BytesIO(self._contents[entry.key])


def encode(document: Any) -> bytes:
    return json.dumps(document, indent=1).encode()


def build_package(*, small: bool = False) -> Package:
    """A clean package, free to be changed; a small one has six wells."""
    package = _clean(small=small)
    return Package(copy.deepcopy(package.schema), copy.deepcopy(package.infos), dict(package.files))


def nodes(package: Package, group: str) -> list[str]:
    """Names of the nodes of a group in the order in which they were made."""
    return [path.split("/")[1] for path in package.infos if path.startswith(f"{group}/")]


@cache
def _clean(*, small: bool) -> Package:
    infos: dict[str, dict[str, Any]] = {}
    for name, (line, line_id, gene) in LINES.items():
        edit = {"gene": gene, "gene_id": 19, "fluorescent_protein": "mEGFP", "tag_location": "N-terminus"}
        infos[f"lines/{name}"] = {"line": line, "line_id": line_id, "edits": [edit]}
    for plate_number, (plate, wells) in enumerate((WELLS_OF_SMALL if small else WELLS).items()):
        infos[f"plates/{plate}"] = {"plate_barcode": plate.removeprefix("plate_")}
        for number in range(wells):
            line = list(LINES)[(plate_number + number // 4) % 2]
            _add_well(infos, plate, f"{'BCDE'[number % 4]}{6 + number // 4}", line)
    _link(infos)
    package = Package(_schema(infos), infos)
    package.files["README.md"] = with_section(README, attribute_groups(package.schema)).encode()
    for path in infos:
        group = path.split("/")[0]
        if group == "fovs":
            package.files[f"{path}/image/load"] = fov_image(path)
        elif group in SEGMENTATIONS:
            package.files[f"{path}/image/load"] = segmentation_image(path)
    return package


def _add_well(infos: dict[str, dict[str, Any]], plate: str, position: str, line: str) -> None:
    barcode = plate.removeprefix("plate_")
    lines = infos[f"plates/{plate}"].setdefault("lines", [])
    if line not in lines:
        lines.append(line)
    well = f"{plate}_well_{position}"
    infos[f"wells/{well}"] = {
        "well_name": position,
        "plate_barcode": barcode,
        "plates": [plate],
        "lines": [line],
    }
    for number in range(FOVS_PER_WELL):
        tail = f"{plate}_well_{position}_100X_20171024_{number}_Scene_{number}_P27"
        fov = f"fov_{hashlib.md5(tail.encode()).hexdigest()}"
        above = {"plates": [plate], "wells": [well], "lines": [line]}
        infos[f"fovs/{fov}"] = {
            "plate_barcode": barcode,
            "well_name": f"{position[0]}0{position[1]}" if number else position,
            "clone": "20",
            "instrument": "ZSD2",
            "content_type": "100X_zstack",
            "well_type": "exp",
            "seed_date": "10/16/2017",
            "passage": 36,
            "population_id": 3400,
            "cell_viability": 98.8,
            "concentration": 3000.0,
            "seeding_density": 400000 if number else 400000.0,
            "image_ids": [87262 + number],
            "colony_ids": [],
            "channels": [{"dye_name": name, "use": use} for name, use in CHANNELS],
            "plate_id": None,
            "location": None,
            **above,
        }
        for group, beginning in SEGMENTATIONS.items():
            infos[f"{group}/{beginning}_{tail}"] = {**copy.deepcopy(above), "fovs": [fov]}


def _link(infos: dict[str, dict[str, Any]]) -> None:
    """Complete the lists: parents name what names them, segmentations of a field of view name each other."""
    for path, info in infos.items():
        for other in NODE_KINDS:
            if other != path.split("/")[0]:
                info.setdefault(other, [])
    for path, info in infos.items():
        group, name = path.split("/")
        for parent in _parents(infos, group, info):
            if name not in parent[group]:
                parent[group].append(name)
    for path, info in infos.items():
        if path.startswith("fovs/"):
            own = [(group, name) for group in SEGMENTATIONS for name in info[group]]
            for (group, name), (other, target) in permutations(own, 2):
                infos[f"{group}/{name}"][other].append(target)


def _parents(infos: dict[str, dict[str, Any]], group: str, info: dict[str, Any]) -> list[dict[str, Any]]:
    ranks = ["lines", "plates", "wells", "fovs"]
    above = ranks[: ranks.index(group)] if group in ranks else ranks
    return [infos[f"{other}/{name}"] for other in above for name in info[other]]


_LONG = {kind.group: kind.schema_name for kind in NODE_KINDS.values()}
_WORDS = {
    "line": "human readable edited cell line present",
    "line_id": "number of the line in the laboratory's records",
    "edits": "what was changed in the genome, one object for each edit",
    "plate_barcode": "number on the label of the plate",
    "well_name": "row and column of the well on its plate",
    "passage": "how many times the cells were passaged before imaging",
    "channels": "dyes and bright field in the order of the image, with whether they are of use",
}


def _schema(infos: dict[str, dict[str, Any]]) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for kind in NODE_KINDS.values():
        samples = [info for path, info in infos.items() if path.startswith(f"{kind.group}/")]
        schema[kind.schema_key] = {
            _LONG.get(name, name): _described(name, value) for name, value in samples[0].items()
        }
    return schema


def _described(name: str, value: Any) -> dict[str, Any]:
    if name in NODE_KINDS:
        words = f"the {_LONG[name].replace('_', ' ')} that belong to this node"
        kinds, origin = ["<type 'list'>"], "baseline"
    else:
        words = _WORDS.get(name, f"{name.replace('_', ' ')} as the microscopy team recorded it")
        kinds, origin = [_spelled(value)], f"meta/cell_info/{name}"
    return {"description": words, "example_value": value, "origin": origin, "value_types": kinds}


def _spelled(value: Any) -> str:
    """Python 2 and Python 3 spellings side by side, as packages have them."""
    if value is None or isinstance(value, str):
        return "<type 'unicode'>" if value is None else "<type 'str'>"
    return f"<class '{type(value).__name__}'>"


def ome(pixels: np.ndarray, axes: str, **options: Any) -> bytes:
    """Bytes of an OME-TIFF."""
    stream = io.BytesIO()
    tifffile.imwrite(stream, pixels, ome=True, photometric="minisblack", metadata={"axes": axes}, **options)
    return stream.getvalue()


def plain_tiff(pixels: np.ndarray) -> bytes:
    """Bytes of a TIFF without OME-XML."""
    stream = io.BytesIO()
    tifffile.imwrite(stream, pixels, photometric="minisblack", metadata=None)
    return stream.getvalue()


def _cells() -> np.ndarray:
    depth, rows, columns = np.indices(SHAPE)
    return sum(
        np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 18 - (depth - 1.5) ** 2 / 3)
        for y, x in ((6, 7), (13, 16))
    )


@cache
def _fov_pixels() -> np.ndarray:
    rng = np.random.default_rng(23)
    planes = [
        _cells() * (600 + 300 * number) + rng.integers(90, 130, SHAPE) for number in range(len(CHANNELS))
    ]
    return np.stack(planes, axis=1).astype(np.uint16)


@cache
def _four_axes() -> bytes:
    return ome(_fov_pixels(), "ZCYX")


@cache
def _five_axes() -> bytes:
    return ome(_fov_pixels()[np.newaxis], "TZCYX")


def fov_image(path: str) -> bytes:
    """Image of a field of view, with four or with five axes."""
    return _four_axes() if int(path[-1], 16) % 2 else _five_axes()


@cache
def _mask(scale: float) -> bytes:
    return ome((_cells() > scale).astype(np.uint8), "ZYX")


def segmentation_image(path: str) -> bytes:
    """A mask with the depth, height and width of the field of view."""
    return _mask(
        {"cell_segs": 0.2, "nuclei_segs": 0.5, "structure_segs": 0.35}[path.split("/", maxsplit=1)[0]]
    )
