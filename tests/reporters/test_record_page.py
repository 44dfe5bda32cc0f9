from validator.manifests.published import published_schemas
from validator.reporters.record_page import SECTIONS, SOURCES, UNITS, record_page


def properties():
    schemas = published_schemas()
    return {
        (model, field): values
        for name, model, _, _ in SECTIONS
        for field, values in schemas[name]["$defs"][model]["properties"].items()
    }


def test_every_field_has_its_meaning_and_source():
    page = record_page()
    for (model, field), values in properties().items():
        assert f"| `{field}`" in page, model
        assert values.get("description") or values.get("const"), (model, field)
        assert SOURCES[field], (model, field)


def test_every_number_has_its_unit():
    for (model, field), values in properties().items():
        kinds = {values.get("type"), *(other.get("type") for other in values.get("anyOf", []))}
        if kinds & {"integer", "number"} or values.get("format") == "date-time":
            assert field in UNITS, (model, field)


def test_nothing_is_explained_that_does_not_exist():
    fields = {field for _, field in properties()}
    assert set(SOURCES) == fields
    assert set(UNITS) <= fields


def test_a_table_is_a_table():
    rows = [line for line in record_page().splitlines() if line.startswith("| `")]
    assert all(line.replace("\\|", "").count("|") == 5 for line in rows)
