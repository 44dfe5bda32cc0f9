"""Names that the layout has at one place only say where a file or folder belongs."""

import pytest

from validator.rulebook.homes import home_of_file, home_of_folder
from validator.rulebook.layout import load_layout

BATCH = {"batch": "2024_03_05_Run1"}


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("platemap", "workspace/metadata/platemaps/2024_03_05_Run1/"),
        ("illum", "images/2024_03_05_Run1/"),
        ("load_data_csv", "workspace/"),
    ],
)
def test_folders_that_have_one_place(name, folder):
    assert home_of_folder(name, BATCH).folder == folder


@pytest.mark.parametrize("name", ["images", "profiles", "analysis", "embeddings", "no_such_folder"])
def test_folders_of_several_places_or_none(name):
    assert home_of_folder(name, BATCH) is None


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Barcodes.csv", "workspace/metadata/<batch>/"),
        ("barcode_platemap.csv", "workspace/metadata/platemaps/<batch>/"),
        ("load_data_with_illum.csv.gz", "workspace/load_data_csv/<batch>/<plate>/"),
    ],
)
def test_files_that_have_one_place(name, folder):
    assert home_of_file(name, {}).folder == folder


@pytest.mark.parametrize("name", ["profile_index.json", "Cells.csv", "notes.txt", "BR00117035.sqlite"])
def test_files_of_several_places_or_none(name):
    assert home_of_file(name, {}) is None


@pytest.mark.parametrize(
    ("folder", "name", "left_out"),
    [
        ("workspace/backend/2024_03_05_Run1/", "BR1.sqlite", ("{plate}", "BR1/")),
        ("workspace/load_data_csv/2024_03_05_Run1/", "load_data.csv", ("{plate}", "<plate>/")),
        ("workspace/metadata/platemaps/", "barcode_platemap.csv", ("{batch}", "<batch>/")),
        ("workspace/metadata/", "compounds.tsv", ("external_metadata", "external_metadata/")),
        ("workspace/metadata/", "notes.txt", ("", "")),
        ("workspace/backend/2024_03_05_Run1/", "notes.txt", ("", "")),
    ],
)
def test_steps_that_are_left_out_on_the_way_to_a_file(folder, name, left_out):
    layout = load_layout()
    place = layout.place_folder(f"cpg0099-example/broad/{folder}")
    assert layout.left_out_before(place, name) == left_out
