"""Plates and batches compared across components, from the folders alone."""

import doctest

import pytest

from validator.checks import partial_plates, plate_names
from validator.checks.plate_names import belongs_to_plate, plate_of, similar_plate
from validator.checks.runner import run_checks
from validator.sources.local import LocalSource
from validator.workflows.listing import list_dataset

COMPARED = ("CPG150", "CPG151", "CPG152", "CPG153", "CPG154", "CPG155")
HOME = "cpg0071-liver/lab"


@pytest.fixture
def compare(tmp_path):
    def run(*keys, policy="contribution", scope=None):
        for key in keys:
            path = tmp_path / HOME / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        dataset, _ = list_dataset(LocalSource(tmp_path / HOME), policy=policy, scope=scope)
        return [(f.rule, f.examples) for f in run_checks(dataset, select=COMPARED, jobs=1)]

    return run


def plate_keys(plate, batch="2024_03_05_A", full=None):
    return (
        f"images/{batch}/images/{full or plate}/x.tif",
        f"images/{batch}/illum/{plate}/{plate}_IllumDNA.npy",
        f"workspace/load_data_csv/{batch}/{plate}/load_data.csv",
        f"workspace/analysis/{batch}/{plate}/analysis/{plate}-A01-1/Cells.csv",
        f"workspace/backend/{batch}/{plate}/{plate}.sqlite",
        f"workspace/profiles/{batch}/{plate}/{plate}.csv.gz",
    )


@pytest.mark.parametrize(
    ("plate", "full"),
    [
        ("1086289792", None),
        ("0012", "0012__2024-03-05T10_00_00-Measurement1"),
        ("LM37.70_1", "LM37.70_1__2024-03-05T10_00_00-Measurement1"),
        ("ADMJUM001", "P01_ADMJUM001"),
        ("2024_01_31_B8A1R2_P2T1", "2024_01_31_B8A1R2_P2T1__2024_01_31T10_18_16_Measurement_1"),
        ("1.10", None),
    ],
)
def test_names_are_text(compare, plate, full):
    """1.10 is not 1.1, and 0012 not 12."""
    assert compare(*plate_keys(plate, full=full), *plate_keys("BR7")) == []
    assert compare("workspace/profiles/2024_03_05_A/1.1/1.1.csv") == [("CPG155", ["1.1"])]


def test_folders_of_wells_and_sites_are_no_plates(compare):
    """Analyses that lie without the folder of their plate are misplaced, which CPG109 says."""
    assert compare(*plate_keys("P1"), "workspace/analysis/2024_03_05_A/P1-Well1-0/Cells.csv") == []
    assert compare(*plate_keys("P1"), "workspace/analysis/2024_03_05_A/P2-Well1-0/Cells.csv") == [
        ("CPG155", ["P2-Well1-0"])
    ]


def test_a_group_is_no_plate_beside_any_component_of_its_plate(compare):
    illum = "images/2024_03_05_A/illum/P1/P1_IllumDNA.npy"
    assert compare(illum, "workspace/analysis/2024_03_05_A/P1-A1-1/Cells.csv") == []


def test_plates_that_lack_the_same_are_one_finding(compare):
    keys = [key for plate in ("P1", "P2", "P3", "P4") for key in plate_keys(plate)]
    lost = [key for key in keys if "backend" in key and ("P1" in key or "P3" in key)]
    lost += [key for key in keys if "P4" in key and "illum" in key]
    assert compare(*(key for key in keys if key not in lost)) == [
        ("CPG150", ["P1", "P3"]),
        ("CPG150", ["P4"]),
    ]


def test_a_plate_under_two_names_is_told_once(compare):
    analysed = [key.replace("/EC157", "/EC157real") for key in plate_keys("EC157") if "/analysis" in key]
    others = [key for key in plate_keys("EC157") if "/analysis" not in key]
    assert compare(*others, *analysed, *plate_keys("EC158")) == [("CPG155", ["EC157real"])]


def test_components_of_a_batch_without_images_are_compared(compare):
    keys = [
        f"workspace/{name}/2016_04_01_b1/SQ{n}/SQ{n}.csv"
        for n in range(4)
        for name in ("backend", "profiles")
    ]
    assert compare(*keys[:-1]) == [("CPG150", ["SQ3"])]


def test_profiles_without_folders_are_not_compared(compare):
    keys = [key for key in plate_keys("P1") if "profiles" not in key]
    assert compare(*keys, "workspace/profiles/2024_03_05_A/P1_augmented.csv.gz") == []


def test_a_batch_spelt_otherwise_is_told_once(compare):
    images = [key for key in plate_keys("P1", "2021_07_19_JUMP-Run1") if key.startswith("images")]
    workspace = [key for key in plate_keys("P1", "20210719_Run1") if key.startswith("workspace")]
    found = compare(*images, *workspace, *plate_keys("P9"))
    assert found == [("CPG153", ["2021_07_19_JUMP-Run1"])]


def test_batches_without_images_are_one_finding_for_the_same_folders(compare):
    more = [key for batch in ("2024_04_01_B", "2024_05_01_C") for key in plate_keys("P8", batch)[4:]]
    assert compare(*plate_keys("P1"), *more) == [("CPG154", ["2024_04_01_B", "2024_05_01_C"])]


def test_a_plate_of_two_batches(compare):
    keys = [*plate_keys("P1", "2024_03_05_A"), *plate_keys("P1", "2024_04_05_B")]
    assert compare(*keys) == [("CPG152", ["P1"])]
    assert compare(*keys, policy="gallery") == [("CPG152", ["P1"])]


@pytest.mark.parametrize(
    ("full", "plate", "belongs"),
    [
        ("BR1", "BR1", True),
        ("BR1_x", "BR1", True),
        ("P01_ADMJUM001", "ADMJUM001", True),
        ("P01-ADMJUM001-2", "ADMJUM001", True),
        ("BR10", "BR1", False),
        ("XBR0012", "BR0012", False),
        ("P01_A1", "A1", False),
    ],
)
def test_belongs_to_plate(full, plate, belongs):
    assert belongs_to_plate(full, plate) is belongs


def test_plate_of_takes_the_longest():
    assert plate_of("P01_EC12_b_x", "P01_EC12_b_x", ["EC12", "EC12_b"]) == "EC12_b"
    assert plate_of("EC12__x", "EC12", ["P9"]) == "EC12"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("EC157real", "EC157"),
        ("ec157", "EC157"),
        ("EC15", ""),
        ("EC1570", ""),
        ("EC158", ""),
        ("BRO01", "BR001"),
    ],
)
def test_similar_plate(name, meant):
    assert similar_plate(name, ["EC157", "BR001"]) == meant


@pytest.mark.parametrize("module", [plate_names, partial_plates], ids=lambda module: module.__name__)
def test_examples_of_docstrings(module):
    assert doctest.testmod(module).failed == 0
