import pytest

from validator.checks.runner import run_checks
from validator.sources.local import LocalSource
from validator.workflows.listing import list_dataset

BARCODES = "workspace/metadata/platemaps/2024_03_05_Run1/barcode_platemap.csv"
HEADER = "Assay_Plate_Barcode,Plate_Map_Name\n"


@pytest.fixture
def links(build_dataset):
    def run(table, scope=None, **more):
        dataset, _ = list_dataset(
            LocalSource(build_dataset(remove=[BARCODES], add={BARCODES: table} | more)),
            policy="contribution",
            scope=scope,
        )
        return {found.rule: found for found in run_checks(dataset, only=["links"], jobs=1)}

    return run


def test_plates_and_platemaps_that_agree(links):
    assert links(HEADER + "BR00123401,example_platemap_1\nBR00123402,example_platemap_1\n") == {}


def test_each_disagreement_is_one_finding(links):
    found = links(HEADER + "P1,a\nP2,b\nP3,b\n")
    assert {rule: finding.count for rule, finding in found.items()} == {"CPG403": 2, "CPG404": 2, "CPG405": 3}
    assert found["CPG403"].examples == ["“a”: line 2", "“b”: lines 3-4"]


def test_a_platemap_in_another_case_has_a_hint(links):
    found = links(HEADER + "BR00123401,Example_Platemap_1\nBR00123402,example_platemap_1\n")
    assert list(found) == ["CPG403"]
    assert "Write “example_platemap_1”" in found["CPG403"].hint


@pytest.mark.parametrize(
    ("files", "hint"),
    [
        (["layout 2.csv"], "Save platemap/layout 2.csv as a table with tabs, platemap/layout 2.txt."),
        (
            ["layout 2.csv", "layout 3.xlsx"],
            "Save platemap/layout 2.csv as a table with tabs, platemap/layout 2.txt; 1 more likewise.",
        ),
        (["layout 4.csv"], None),
    ],
)
def test_a_platemap_that_is_written_as_another_table_has_a_hint(links, files, hint):
    folder = BARCODES.rpartition("/")[0] + "/platemap"
    table = HEADER + "BR00123401,example_platemap_1\nBR00123402,layout 2\nBR00123403,layout 3\n"
    found = links(table, **{f"{folder}/{name}": "a,b\n" for name in files})["CPG403"]
    assert found.hint == hint


def test_a_shorter_number_is_another_plate(links):
    found = links(
        HEADER
        + "BR0012340,example_platemap_1\nBR00123401,example_platemap_1\nBR00123402,example_platemap_1\n"
    )
    assert list(found) == ["CPG405"]


def test_plates_of_pooled_data_are_not_compared(links):
    assert links(HEADER + "other,example_platemap_1\n", scope="pooled") == {}


def test_a_table_without_its_columns_is_no_matter_of_links(links):
    assert links("a,b\n1,2\n") == {}
