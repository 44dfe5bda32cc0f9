"""Wells of platemaps against wells of images: the count and the examples speak of the same things."""

import pytest

from validator.checks.runner import run_checks
from validator.sources.local import LocalSource
from validator.workflows.listing import list_dataset

PLATEMAP = "workspace/metadata/platemaps/2024_03_05_Run1/platemap/example_platemap_1.txt"
HEADER = "plate_map_name\twell_position\tbroad_sample\n"


@pytest.fixture
def not_imaged(build_dataset):
    def run(wells, add=None, remove=()):
        table = HEADER + "".join(f"example_platemap_1\t{well}\t\n" for well in wells)
        root = build_dataset(add={PLATEMAP: table} | (add or {}), remove=[PLATEMAP, *remove])
        dataset, _ = list_dataset(LocalSource(root), policy="contribution")
        (found,) = run_checks(dataset, select=["CPG413"], jobs=1)
        return found

    return run


def test_of_several_plates_each_is_an_example(not_imaged):
    found = not_imaged(["A01", "A02", "A03", "B01", "B02"])
    assert found.count == len(found.examples) == 2
    assert found.examples[0] == "BR00123401: A03, B02"


def test_of_one_plate_the_message_names_the_wells(not_imaged):
    barcodes = "workspace/metadata/platemaps/2024_03_05_Run1/barcode_platemap.csv"
    one = {barcodes: "Assay_Plate_Barcode,Plate_Map_Name\nBR00123401,example_platemap_1\n"}
    found = not_imaged(["A01", "A02", "A03", "B01", "B02"], add=one, remove=[barcodes])
    assert (found.count, found.examples) == (2, [])
    assert found.message.endswith("A03, B02")
