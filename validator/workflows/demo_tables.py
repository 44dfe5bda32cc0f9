"""The tables of the demo plate: platemap, load_data, backend, analysis, profiles."""

import csv
import gzip
import io
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from math import pi
from pathlib import Path

import numpy as np

from validator.workflows.demo_images import CHANNELS, Cell, Treatment

FINAL_BUCKET = "s3://cellpainting-gallery"
"""Where URLs of load_data point: the public bucket, although an upload goes to staging first."""

FEATURES_PER_TABLE = 720
"""Columns of a backend table that stand for measurements; CellProfiler writes about so many."""

COMPARTMENTS = ("Cells", "Cytoplasm", "Nuclei")

Row = Sequence[object]


@dataclass(frozen=True)
class Names:
    """What things are called: ``project/source``, batch, plate, plate as the microscope wrote it."""

    project: str
    source: str
    batch: str
    plate: str
    full_plate: str
    platemap: str

    @property
    def prefix(self) -> str:
        """``project/source``."""
        return f"{self.project}/{self.source}"

    def image(self, row: int, column: int, site: int, channel: int) -> str:
        """Path below the source of one plane, named as a Phenix does (all numbers from 1)."""
        name = f"r{row:02}c{column:02}f{site:02}p01-ch{channel}sk1fk1fl1.tiff"
        return f"images/{self.batch}/images/{self.full_plate}/Images/{name}"

    def illumination(self, channel: str) -> str:
        """Path below the source of an illumination function."""
        return f"images/{self.batch}/illum/{self.plate}/{self.plate}_Illum{channel}.npy"


@dataclass(frozen=True)
class Site:
    """One imaged site: its well (row and column from 1), number, treatment, drawn cells."""

    row: int
    column: int
    number: int
    treatment: Treatment
    cells: list[Cell]

    @property
    def well(self) -> str:
        """``A01`` for row 1, column 1."""
        return f"{chr(64 + self.row)}{self.column:02}"


def write_load_data(source: Path, names: Names, sites: Iterable[Site]) -> None:
    """Write load_data.csv and load_data_with_illum.csv: one row per well and site."""
    folder = source / "workspace/load_data_csv" / names.batch / names.plate
    bucket = f"{FINAL_BUCKET}/{names.prefix}"
    head = ["Metadata_Source", "Metadata_Batch", "Metadata_Plate", "Metadata_Well", "Metadata_Site"]
    head += [f"URL_Orig{channel}" for channel in CHANNELS]
    rows: list[list[object]] = []
    for site in sites:
        planes = [names.image(site.row, site.column, site.number, n) for n in range(1, len(CHANNELS) + 1)]
        place = [names.source, names.batch, names.plate, site.well, site.number]
        rows.append([*place, *(f"{bucket}/{plane}" for plane in planes)])
    illumination = [f"{bucket}/{names.illumination(channel)}" for channel in CHANNELS]
    write_csv(folder / "load_data.csv", head, rows)
    write_csv(
        folder / "load_data_with_illum.csv",
        [*head, *(f"URL_Illum{channel}" for channel in CHANNELS)],
        [[*row, *illumination] for row in rows],
    )


def write_metadata(
    source: Path, names: Names, sites: Iterable[Site], treatments: Iterable[Treatment]
) -> None:
    """Write the platemap, the table that names it, and what is known of the compounds."""
    metadata = source / "workspace/metadata"
    folder = metadata / "platemaps" / names.batch
    wells = {site.well: site.treatment for site in sites}
    write_csv(
        folder / "barcode_platemap.csv",
        ["Assay_Plate_Barcode", "Plate_Map_Name"],
        [[names.plate, names.platemap]],
    )
    write_csv(
        folder / "platemap" / f"{names.platemap}.txt",
        ["plate_map_name", "well_position", "broad_sample", "mmoles_per_liter", "solvent"],
        [[names.platemap, well, t.sample, 5.0 if t.sample else "", "DMSO"] for well, t in wells.items()],
        delimiter="\t",
    )
    write_csv(
        metadata / "external_metadata" / "compounds.tsv",
        ["broad_sample", "pert_iname", "pert_type", "control_type"],
        [
            [t.sample, t.name, "control" if t.name == "DMSO" else "trt", "negcon" if t.name == "DMSO" else ""]
            for t in treatments
            if t.sample
        ],
        delimiter="\t",
    )


def write_backend(source: Path, names: Names, sites: Sequence[Site], rng: np.random.Generator) -> None:
    """Write the backend: an SQLite file with the tables Image, Cells, Cytoplasm and Nuclei."""
    path = source / "workspace/backend" / names.batch / names.plate / f"{names.plate}.sqlite"
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA page_size = 65536")
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        head = [
            "TableNumber",
            "ImageNumber",
            "Metadata_Plate",
            "Metadata_Well",
            "Metadata_Site",
            "Count_Cells",
        ]
        rows = [
            [number, number, names.plate, site.well, site.number, len(site.cells)]
            for number, site in enumerate(sites, 1)
        ]
        _fill(database, "Image", head, rows)
        for compartment in COMPARTMENTS:
            head = ["TableNumber", "ImageNumber", "ObjectNumber", *_cell_columns(compartment)]
            head += feature_names(compartment)
            _fill(database, compartment, head, _object_rows(sites, compartment, rng))
        database.commit()


def _object_rows(sites: Sequence[Site], compartment: str, rng: np.random.Generator) -> Iterable[Row]:
    for image, site in enumerate(sites, 1):
        features = rng.standard_normal((len(site.cells), FEATURES_PER_TABLE)).tolist()
        for number, (cell, values) in enumerate(zip(site.cells, features, strict=True), 1):
            yield [image, image, number, *_cell_values(cell, compartment), *values]


def _fill(database: sqlite3.Connection, table: str, head: Sequence[str], rows: Iterable[Row]) -> None:
    columns = ", ".join(f'"{name}"' for name in head)
    marks = ", ".join("?" for _ in head)
    database.execute(f'CREATE TABLE "{table}" ({columns})')
    database.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows)  # noqa: S608  names are ours, values are bound


def feature_names(compartment: str) -> list[str]:
    """Names of measurements as CellProfiler writes them: ``Cells_Texture_Contrast_ER_5_01_256``."""
    names = [
        f"{compartment}_{kind}_{channel}_{detail}"
        for kind in (
            "Texture_Contrast",
            "Texture_Entropy",
            "Texture_Variance",
            "Granularity",
            "RadialDistribution",
        )
        for detail in (f"{scale}_{angle:02}_256" for scale in (3, 5, 10, 20, 40, 80) for angle in range(6))
        for channel in CHANNELS
    ]
    return names[:FEATURES_PER_TABLE]


def write_analysis(source: Path, names: Names, sites: Sequence[Site]) -> None:
    """Write CellProfiler's own tables for the first four sites (a real plate has a folder for each)."""
    root = source / "workspace/analysis" / names.batch / names.plate / "analysis"
    for image, site in enumerate(sites[:4], 1):
        folder = root / f"{names.plate}-{site.well}-{site.number}"
        write_csv(
            folder / "Image.csv",
            ["ImageNumber", "Metadata_Plate", "Metadata_Well", "Metadata_Site", "Count_Cells"],
            [[image, names.plate, site.well, site.number, len(site.cells)]],
        )
        for compartment in COMPARTMENTS:
            write_csv(
                folder / f"{compartment}.csv",
                ["ImageNumber", "ObjectNumber", *_cell_columns(compartment)],
                [
                    [image, number, *_cell_values(cell, compartment)]
                    for number, cell in enumerate(site.cells, 1)
                ],
            )


def write_profiles(folder: Path, names: Names, sites: Sequence[Site]) -> None:
    """Write the profiles of the wells (means over cells), and the same as z-scores of the plate."""
    head = ["Metadata_Plate", "Metadata_Well", "Metadata_broad_sample"]
    features = [name for compartment in COMPARTMENTS for name in _cell_columns(compartment)]
    by_well: dict[str, list[Site]] = {}
    for site in sites:
        by_well.setdefault(site.well, []).append(site)
    means = np.array(
        [
            np.mean(
                [[v for c in COMPARTMENTS for v in _cell_values(cell, c)] for s in well for cell in s.cells],
                axis=0,
            )
            for well in by_well.values()
        ]
    )
    scores = (means - means.mean(axis=0)) / (means.std(axis=0) + 1e-9)
    for suffix, values in (("", means), ("_normalized", scores)):
        rows = [
            [names.plate, well, found[0].treatment.sample, *(round(float(v), 5) for v in line)]
            for (well, found), line in zip(by_well.items(), values, strict=True)
        ]
        write_csv(folder / f"{names.plate}{suffix}.csv.gz", [*head, *features], rows)


def _cell_columns(compartment: str) -> list[str]:
    return [
        f"{compartment}_AreaShape_Area",
        f"{compartment}_Location_Center_X",
        f"{compartment}_Location_Center_Y",
        f"{compartment}_AreaShape_Orientation",
    ]


def _cell_values(cell: Cell, compartment: str) -> list[float]:
    nucleus, body = (pi * axes[0] * axes[1] for axes in (cell.nucleus, cell.body))
    area = {"Nuclei": nucleus, "Cells": body, "Cytoplasm": body - nucleus}[compartment]
    return [round(value, 3) for value in (area, cell.column, cell.row, cell.angle * 180 / pi)]


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Row], delimiter: str = ",") -> None:
    """Write a table, gzipped when the name ends so; the same rows give the same bytes."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    content = text.getvalue().encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, 6, mtime=0) if path.suffix == ".gz" else content)
