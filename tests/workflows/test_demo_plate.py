"""The demo plate looks like a lab's: light that the illumination functions describe, tables that fit the images."""

import csv
import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import tifffile

from validator.errors import UsageError
from validator.workflows.demo_images import CAMERA_OFFSET, CHANNELS
from validator.workflows.demo_plate import make_demo_plate, treatment_of

IMAGES = "images/2024_03_05_Run1/images/BR00990001__2024-03-05T10_12_41-Measurement1/Images"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return make_demo_plate(tmp_path_factory.mktemp("demo") / "plate").source


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.md5(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_it_holds_a_whole_plate(source):
    images = sorted(path.name for path in (source / IMAGES).iterdir())
    assert len(images) == 96 * 5
    assert images[0] == "r01c01f01p01-ch1sk1fk1fl1.tiff"
    assert images[-1] == "r08c12f01p01-ch5sk1fk1fl1.tiff"
    size = sum(path.stat().st_size for path in source.rglob("*") if path.is_file())
    assert 60e6 < size < 120e6


def test_images_are_16_bit_with_noise_and_signal(source):
    pixels = tifffile.imread(source / IMAGES / "r01c01f01p01-ch1sk1fk1fl1.tiff")
    assert pixels.dtype == np.uint16
    assert pixels.shape == (256, 256)
    assert pixels.min() > CAMERA_OFFSET / 2
    assert pixels.max() > 10 * np.median(pixels)
    assert pixels.max() < 65535


@pytest.mark.parametrize(("position", "channel"), list(enumerate(CHANNELS, 1)))
def test_illumination_functions_describe_the_light(source, position, channel):
    function = np.load(source / f"images/2024_03_05_Run1/illum/BR00990001/BR00990001_Illum{channel}.npy")
    assert function.dtype == np.float32
    assert function.min() == pytest.approx(1)
    planes = [tifffile.imread(path) for path in sorted((source / IMAGES).glob(f"*-ch{position}sk1*"))]
    ground = blocks(np.percentile(np.array(planes), 20, axis=0) - CAMERA_OFFSET)
    light = blocks(function)
    corrected = ground / light
    assert np.corrcoef(ground.ravel(), light.ravel())[0, 1] > 0.9
    assert corrected.std() / corrected.mean() < 0.5 * ground.std() / ground.mean()


def blocks(image):
    """Means of 32 x 32 pixels: light changes slowly, noise does not."""
    return image.reshape(8, 32, 8, 32).mean(axis=(1, 3))


def test_every_url_of_load_data_names_a_file(source):
    folder = source / "workspace/load_data_csv/2024_03_05_Run1/BR00990001"
    rows = list(csv.DictReader((folder / "load_data_with_illum.csv").read_text().splitlines()))
    assert len(rows) == 96
    for row in rows:
        urls = [value for name, value in row.items() if name.startswith("URL_")]
        assert len(urls) == 10
        for url in urls:
            assert url.startswith("s3://cellpainting-gallery/cpg0099-demo/lab/")
            assert (source / url.removeprefix("s3://cellpainting-gallery/cpg0099-demo/lab/")).is_file()


def test_treatments_are_visible_in_the_cells(source):
    path = source / "workspace/backend/2024_03_05_Run1/BR00990001/BR00990001.sqlite"
    assert path.stat().st_size > 30e6
    query = """select Metadata_Well, Count_Cells, avg(Nuclei_AreaShape_Area)
               from Image join Nuclei using (ImageNumber) group by ImageNumber"""
    with closing(sqlite3.connect(path)) as database:
        counts, areas = {}, {}
        for well, cells, area in database.execute(query):
            name = treatment_of(ord(well[0]) - 64, int(well[1:])).name
            counts.setdefault(name, []).append(cells)
            areas.setdefault(name, []).append(area)
    assert np.mean(counts["AMG900"]) < 0.7 * np.mean(counts["DMSO"])
    assert np.mean(areas["AMG900"]) > 1.5 * np.mean(areas["DMSO"])


def test_the_same_seed_makes_the_same_bytes(tmp_path):
    first = make_demo_plate(tmp_path / "a", wells=3, seed=7).source
    second = make_demo_plate(tmp_path / "b", wells=3, seed=7).source
    other = make_demo_plate(tmp_path / "c", wells=3, seed=8).source
    assert digests(first) == digests(second)
    assert digests(first) != digests(other)


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "thesis.doc").touch()
    with pytest.raises(UsageError, match="not an empty folder"):
        make_demo_plate(tmp_path)
