import pytest
from dataset_builder import base_files

from validator.checks.runner import run_checks
from validator.sources.local import LocalSource
from validator.workflows.listing import list_dataset

PROJECT, SOURCE, FILES = base_files()
PLATE = "workspace/load_data_csv/2024_03_05_Run1/BR00123401"
IMAGES = "images/2024_03_05_Run1/images/BR00123401__2024-03-05T10_02_51-Measurement1/Images"


@pytest.fixture
def links(build_dataset):
    def run(scope=None, **fields):
        dataset, _ = list_dataset(LocalSource(build_dataset(**fields)), policy="contribution", scope=scope)
        return list(run_checks(dataset, only=["links"], jobs=1))

    return run


def test_missing_images_say_channel_well_sites_and_lines(links):
    (found,) = links(
        remove=[f"{IMAGES}/r01c0{well}f0{site}p01-ch2sk1fk1fl1.tiff" for well in (1, 2) for site in (1, 2)]
    )
    assert found.rule == "CPG401"
    assert "channel ER" in found.message
    assert "A01 sites 1-2 and A02 sites 1-2" in found.message
    assert (found.location.line, found.location.line_end, found.location.column) == (2, 5, "URL_OrigER")
    assert found.count == 4
    assert found.examples[0].startswith("line 2, URL_OrigER: images/")


def test_what_load_data_has_said_the_table_with_illum_does_not_repeat(links):
    found = links(remove=[IMAGES])
    assert [(f.rule, f.key.rpartition("/")[2]) for f in found] == [("CPG401", "load_data.csv")]


def test_without_its_sibling_the_table_with_illum_says_it(links):
    found = links(remove=[IMAGES, f"{PLATE}/load_data.csv"])
    assert ("CPG401", "load_data_with_illum.csv") in [(f.rule, f.key.rpartition("/")[2]) for f in found]


def test_a_thousand_tables_without_images_are_one_finding(links):
    tables = {
        f"workspace/load_data_csv/2024_03_05_Run1/P{plate}/load_data.csv": FILES[
            f"{PLATE}/load_data.csv"
        ].replace("BR00123401", f"P{plate}")
        for plate in range(50)
    }
    found = links(remove=["images"], add=tables, scope="addition")
    assert [(f.rule, f.count) for f in found] == [("CPG409", 54), ("CPG404", 50)]


def test_keys_in_another_normal_form_are_found(links):
    name = "Ko\u0308ln.tiff"
    table = FILES[f"{PLATE}/load_data.csv"].replace("r01c01f01p01-ch1sk1fk1fl1.tiff", name)
    found = links(
        remove=[f"{PLATE}/load_data.csv"],
        add={f"{PLATE}/load_data.csv": table, f"{IMAGES}/K\u00f6ln.tiff": "@tiff"},
    )
    assert found == []


def test_only_the_rows_that_go_astray_are_counted(links):
    table = FILES[f"{PLATE}/load_data.csv"]
    line = table.splitlines()[1]
    moved = table.replace(line, line.replace("images/BR00123401__", "images/BR00999999__"))
    (found,) = links(remove=[f"{PLATE}/load_data.csv"], add={f"{PLATE}/load_data.csv": moved})
    assert (found.rule, found.count, found.location.line) == ("CPG407", 1, 2)
    assert "BR00999999__2024-03-05T10_02_51-Measurement1" in found.message


def test_an_unreadable_table_is_no_matter_of_links(links):
    assert links(remove=[f"{PLATE}/load_data.csv"], add={f"{PLATE}/load_data.csv": "@png"}) == []


@pytest.mark.parametrize(("scope", "rules"), [("arrayed", ["CPG408"]), ("addition", [])])
def test_other_datasets_are_no_slip_in_an_addition(links, scope, rules):
    edits = {f"{PLATE}/load_data.csv": [["cpg0099-example/broad/", "cpg0016-jump/source_4/"]]}
    assert [found.rule for found in links(replace=edits, scope=scope)] == rules
