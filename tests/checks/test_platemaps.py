from table_cases import by_rule, judge

from validator.checks.platemaps import barcode_platemap_is_right, platemap_is_right
from validator.checks.table_reading import table_can_be_read


def barcodes(content):
    return by_rule(
        judge(barcode_platemap_is_right, "workspace.barcode_platemap", content, name="barcode_platemap.csv")
    )


def platemap(content, name="map1.txt"):
    return by_rule(judge(platemap_is_right, "workspace.platemap", content, name=name))


def test_right_tables():
    assert barcodes("Plate_Map_Name,Assay_Plate_Barcode\nm,0001\nm,1e5x\n") == {}
    assert platemap("plate_map_name\twell_position\tbroad_sample\nmap1\tA01\t\nmap1\tp24\tBRD\n") == {}


def test_a_misnamed_column_is_not_also_a_further_column():
    assert list(barcodes("Barcode,Plate_Map_Name\n1,m\n")) == ["CPG211"]


def test_further_columns_are_one_finding():
    found = barcodes("Assay_Plate_Barcode,Plate_Map_Name,a,b\n1,m,,\n")
    assert list(found) == ["CPG231"]
    assert found["CPG231"].count == 2


def test_plates_twice_are_one_finding():
    found = barcodes("Assay_Plate_Barcode,Plate_Map_Name\nA,m\nB,m\nA,n\nB,m\nA,m\n")["CPG232"]
    assert found.count == 3
    assert found.examples == ["A: lines 2, 4, 6", "B: lines 3, 5"]


def test_wells_twice_whatever_their_spelling():
    found = platemap("plate_map_name\twell_position\nmap1\tA01\nmap1\ta1\nmap1\tx\nmap1\tx\n")
    assert set(found) == {"CPG216", "CPG244"}
    assert found["CPG244"].count == 2


def test_name_missing_has_a_hint_when_another_column_holds_it():
    assert (
        platemap("Plate_Map_Name\twell_position\nmap1\tA01\n")["CPG242"].hint
        == "rename “Plate_Map_Name” to plate_map_name"
    )


def test_names_that_differ_are_counted():
    found = platemap("plate_map_name\twell_position\nmap1\tA01\nmap2\tA02\nmap2\tA03\n")["CPG243"]
    assert (found.count, found.location.line, found.actual) == (2, 3, "map2")


def test_corpus_platemaps(corpus):
    for path in sorted((corpus / "tables" / "platemap").iterdir()):
        rules = set(platemap(path.read_bytes(), name=path.name.rpartition("__")[2]))
        expected = set() if b"plate_map_name" in path.read_bytes() else {"CPG242"}
        assert rules == expected, path.name


def test_corpus_barcode_platemaps_are_clean(corpus):
    for path in sorted((corpus / "tables" / "barcode_platemap").iterdir()):
        assert barcodes(path.read_bytes()) == {}, path.name


def test_corpus_tables_can_be_read(corpus):
    kinds = {
        "barcode_platemap": "workspace.barcode_platemap",
        "platemap": "workspace.platemap",
        "external_metadata": "workspace.external_metadata",
    }
    for folder, kind in kinds.items():
        for path in sorted((corpus / "tables" / folder).iterdir()):
            assert judge(table_can_be_read, kind, path.read_bytes(), name=path.name) == [], path.name


def test_corpus_pointer_in_place_of_a_table(corpus):
    content = (corpus / "tables" / "LFS_POINTER_load_data.csv.gz").read_bytes()
    (found,) = judge(table_can_be_read, "workspace.load_data", content, name="load_data.csv.gz")
    assert found.rule == "CPG201"
    assert "Git LFS" in found.message
