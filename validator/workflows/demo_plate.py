"""Makes the demo plate: a small dataset that looks like a lab's own, without or with the usual defects."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from validator.errors import CpgateError, UsageError
from validator.workflows.demo_defects import ALL_DEFECTS, DATE_SPELLING, OTHER_DATE_SPELLING, spoil
from validator.workflows.demo_images import CHANNELS, Microscope, Treatment
from validator.workflows.demo_tables import (
    Names,
    Site,
    write_analysis,
    write_backend,
    write_load_data,
    write_metadata,
    write_profiles,
)

IMAGE_SIZE = 256

DMSO = Treatment("DMSO", "DEMO-C0000")
UNTREATED = Treatment("", "")
COMPOUNDS = (
    Treatment("AMG900", "DEMO-C0001", density=0.45, nucleus=1.45, channels={"DNA": 1.3}),
    Treatment("FK-866", "DEMO-C0002", density=0.55, channels={"Mito": 0.45, "ER": 0.8}),
    Treatment("dexamethasone", "DEMO-C0003", channels={"AGP": 1.35}),
    Treatment("quinidine", "DEMO-C0004", channels={"ER": 1.5, "RNA": 0.85}),
    Treatment("TC-S-7004", "DEMO-C0005", nucleus=1.15, channels={"RNA": 1.4}),
    Treatment("aloxistatin", "DEMO-C0006", density=1.1, channels={"AGP": 0.75}),
)
"""Names of compounds that JUMP uses as positive controls; what they do here is made up."""


@dataclass(frozen=True)
class DemoPlate:
    """A plate that was made: the folder that holds the project, its source folder, files and bytes."""

    folder: Path
    source: Path
    files: int
    size: int


def make_demo_plate(
    folder: Path, *, wells: int = 96, sites: int = 1, defects: bool | Collection[str] = False, seed: int = 0
) -> DemoPlate:
    """Make the dataset ``cpg0099-demo/lab`` with one plate of 96 wells and five channels.

    Parameters
    ----------
    folder
        Where to; must be empty or not exist.
    wells
        How many wells are imaged, row by row.
    sites
        Sites in each well.
    defects
        Whether to put in one defect of each common kind (`demo_defects.DEFECTS`), or the names of the
        rules whose defects are wanted.
    seed
        Another number makes other cells; the same number makes the same bytes.

    Raises
    ------
    UsageError
        If the folder holds something already.
    CpgateError
        If it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not an empty folder", "name a folder that does not exist yet")
    wanted = (ALL_DEFECTS if defects else frozenset()) if isinstance(defects, bool) else frozenset(defects)
    names = Names(
        project="cpg0099-demo",
        source="lab",
        batch=OTHER_DATE_SPELLING if DATE_SPELLING in wanted else "2024_03_05_Run1",
        plate="BR00990001",
        full_plate="BR00990001__2024-03-05T10_12_41-Measurement1",
        platemap="demo-platemap-1",
    )
    source = folder / names.prefix
    try:
        _write(source, names, wells, sites, seed)
        spoil(source, names, wanted)
        sizes = [path.stat().st_size for path in source.rglob("*") if path.is_file()]
    except OSError as error:
        raise CpgateError(
            f"the demo plate cannot be written to {folder}: {error.strerror or error}",
            "name a folder on a disk with 300 MB to spare",
        ) from error
    return DemoPlate(folder, source, len(sizes), sum(sizes))


def _write(source: Path, names: Names, wells: int, sites: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    microscope = Microscope(rng, IMAGE_SIZE)
    imaged = _image_wells(source, names, microscope, wells, sites)
    for channel, illumination in microscope.illumination.items():
        path = source / names.illumination(channel)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, illumination)
    write_load_data(source, names, imaged)
    write_metadata(source, names, imaged, (DMSO, *COMPOUNDS))
    write_backend(source, names, imaged, rng)
    write_analysis(source, names, imaged)
    write_profiles(source / "workspace/profiles" / names.batch / names.plate, names, imaged)


def _image_wells(
    source: Path, names: Names, microscope: Microscope, wells: int, sites: int
) -> Sequence[Site]:
    import tifffile  # noqa: PLC0415  0.2 s that other commands do not pay

    imaged = []
    for index in range(wells):
        row, column = index // 12 + 1, index % 12 + 1
        for number in range(1, sites + 1):
            treatment = treatment_of(row, column)
            view = microscope.take(treatment)
            for position, channel in enumerate(CHANNELS, 1):
                path = source / names.image(row, column, number, position)
                path.parent.mkdir(parents=True, exist_ok=True)
                tifffile.imwrite(path, view.planes[channel], photometric="minisblack", metadata=None)
            imaged.append(Site(row, column, number, treatment, view.cells))
    return imaged


def treatment_of(row: int, column: int) -> Treatment:
    """Columns 1 and 12 hold DMSO, column 2 is untreated, the rest holds compounds in turn."""
    if column in (1, 12):
        return DMSO
    if column == 2:
        return UNTREATED
    return COMPOUNDS[(row + column) % len(COMPOUNDS)]
