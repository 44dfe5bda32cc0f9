import pytest
from table_cases import by_rule, judge

from validator.checks.load_data import load_data_is_right

URL = "s3://cellpainting-gallery/cpg0099-example/broad/images/2024_03_05_Run1/images/BR01/"


def findings(content, **options):
    return by_rule(judge(load_data_is_right, "workspace.load_data", content, **options))


def table(*rows, header="Metadata_Plate,Metadata_Well,Metadata_Site,URL_OrigDNA,URL_OrigER"):
    return "\n".join([header, *rows, ""])


def row(well="A01", site="1", dna="d.tiff", er="e.tiff"):
    return f"BR01,{well},{site},{URL}{dna},{URL}{er}"


def test_a_right_table_has_no_finding():
    assert findings(table(row(), row(site="2"))) == {}


def test_one_mistake_in_many_rows_and_columns_is_one_finding():
    bad = table(*[row(site=str(site)) for site in range(1, 1001)]).replace(
        "s3://cellpainting-gallery", "s3://my-bucket"
    )
    found = findings(bad)
    assert list(found) == ["CPG213"]
    assert found["CPG213"].count == 2000
    assert "every row" in found["CPG213"].message
    assert "URL_OrigDNA and URL_OrigER" in found["CPG213"].message
    assert len(found["CPG213"].examples) <= 10


def test_location_is_the_line_and_column():
    found = findings(table(row(), row(well="99A"), row(well="98A"), row(site="2")))["CPG216"]
    assert (found.location.line, found.location.line_end, found.location.column) == (3, 4, "Metadata_Well")
    assert found.actual == "“99A”"


def test_missing_well_column_names_what_is_probably_meant():
    found = findings(table(row()).replace("Metadata_Well", "Metadata_CPD_WELL_POSITION"))["CPG211"]
    assert "Metadata_CPD_WELL_POSITION" in found.hint


def test_only_one_finding_for_both_usual_columns():
    found = findings(f"Metadata_Well,URL_OrigDNA\nA01,{URL}d.tiff\n")
    assert list(found) == ["CPG219"]
    assert "Metadata_Plate and Metadata_Site" in found["CPG219"].message


def test_well_spelled_otherwise_repeats():
    assert "CPG217" in findings(table(row(well="a01"), row(well="A01")))


@pytest.mark.parametrize(
    "column", ["Metadata_PlaneID", "Metadata_Z", "Metadata_Timepoint", "Metadata_Cycle", "Metadata_ZPlane"]
)
def test_a_further_key_tells_rows_apart(column):
    header = f"Metadata_Plate,Metadata_Well,Metadata_Site,URL_OrigDNA,{column}"
    two = table(f"BR01,A01,1,{URL}1.tiff,1", f"BR01,A01,1,{URL}2.tiff,2", header=header)
    same = table(f"BR01,A01,1,{URL}1.tiff,1", f"BR01,A01,1,{URL}2.tiff,1", header=header)
    assert findings(two) == {}
    assert list(findings(same)) == ["CPG217"]


def test_pooled_data_may_repeat_wells():
    assert findings(table(row(), row()), scope="pooled") == {}


def test_channels_with_one_image_but_other_frames():
    header = "Metadata_Plate,Metadata_Well,Metadata_Site,URL_OrigDNA,URL_OrigER,Frame_DNA,Frame_ER"
    assert findings(table(row(er="d.tiff") + ",0,1", header=header)) == {}
    assert list(findings(table(row(er="d.tiff") + ",0,0", header=header))) == ["CPG218"]


def test_channels_of_the_legacy_form_are_compared_with_their_folders():
    header = "Metadata_Plate,Metadata_Well,Metadata_Site,FileName_OrigDNA,PathName_OrigDNA,FileName_OrigER,PathName_OrigER"
    assert list(findings(table("BR01,A01,1,i.tif,/x/1,i.tif,/x/2", header=header))) == ["CPG212"]
    assert set(findings(table("BR01,A01,1,i.tif,/x/1,i.tif,/x/1/", header=header))) == {"CPG212", "CPG218"}


def test_the_legacy_form_is_told_with_its_channels_and_once():
    header = "Metadata_Plate,Metadata_Well,Metadata_Site,FileName_OrigDNA,PathName_OrigDNA,FileName_OrigER,PathName_OrigER"
    (found,) = findings(table("BR01,A01,1,i.tif,/x/1,i.tif,/x/2", header=header)).values()
    assert found.message.endswith("PathName columns: OrigDNA and OrigER")
    assert found.examples == []


def test_blank_images_are_not_the_same_image():
    assert list(findings(table(f"BR01,A01,1,{URL}d.tiff,", f"BR01,A02,1,,{URL}e.tiff"))) == ["CPG214"]


def test_hostile_values_end_in_findings():
    content = table(row(well="\x1b[31m" + "9" * 10_000, site="{0}{a}"))
    found = findings(content)
    assert set(found) == {"CPG215", "CPG216"}
    assert all(len(finding.message) < 400 for finding in found.values())


def test_corpus_tables_get_only_what_is_true_of_them(corpus):
    for path in sorted((corpus / "tables").glob("load_data*/*.csv")):
        name = path.name.rpartition("__")[2]
        rules = set(findings(path.read_bytes(), name=name))
        assert rules <= {"CPG211", "CPG212", "CPG219"}, path.name
        assert ("CPG212" in rules) == (b"PathName_" in path.read_bytes()), path.name
