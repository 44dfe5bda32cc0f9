from concurrent.futures import ThreadPoolExecutor

import polars as pl
from pandera.config import config_context

from validator.checks.table_models import LOAD_DATA, PLATEMAP
from validator.checks.table_values import column_meant, judge_values
from validator.readers.tables import Table


def table(**columns):
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return Table(tuple(columns), frame, list(range(2, frame.height + 2)))


BAD = {"Metadata_Well": ["A01", "zz", None, "x"], "Metadata_Site": ["1", "-1", "2", "3"]}


def rules(schema, **columns):
    return {found.rule: found for found in judge_values("k", table(**columns), schema)}


def test_blank_and_wrong_values_are_two_mistakes():
    found = rules(LOAD_DATA, **BAD)
    assert set(found) == {"CPG214", "CPG215", "CPG216"}
    assert found["CPG216"].count == 2
    assert found["CPG216"].examples == ["line 3, Metadata_Well: “zz”", "line 5, Metadata_Well: “x”"]
    assert found["CPG214"].location.line == 4


def test_settings_of_other_programs_switch_nothing_off():
    with config_context(validation_enabled=False):
        assert "CPG216" in rules(LOAD_DATA, **BAD)
    with config_context(validation_depth="SCHEMA_ONLY"):
        assert "CPG216" in rules(LOAD_DATA, **BAD)


def test_many_threads_find_the_same():
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: sorted(rules(LOAD_DATA, **BAD)), range(100)))
    assert found == [["CPG214", "CPG215", "CPG216"]] * 100


def test_columns_that_are_probably_meant():
    assert column_meant("Metadata_Well", ["x", "Metadata_CPD_WELL_POSITION"]) == "Metadata_CPD_WELL_POSITION"
    assert column_meant("Plate_Map_Name", ["plate map name "]) == "plate map name "
    assert column_meant("well_position", ["broad_sample"]) == ""


def test_every_missing_column_is_a_finding_of_its_own():
    assert rules(PLATEMAP, broad_sample=["x"])["CPG211"].expected == "well_position"


def test_a_column_named_like_a_pattern_is_only_a_column():
    assert rules(LOAD_DATA, **{"Metadata_Well": ["A01"], "^.*$": ["x"], "URL_$": ["s3://x"]}).keys() == {
        "CPG213"
    }
