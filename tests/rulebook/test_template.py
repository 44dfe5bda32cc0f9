"""Names with entities: matching, describing, and the entities' own examples."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import RulebookError
from validator.rulebook.template import Template, load_entities


def test_bound_entities_must_be_the_same():
    template = Template.parse("{plate}_Illum{channel}.npy")
    assert template.match("BR1_IllumDNA.npy", {"plate": "BR1"}) == {"channel": "DNA"}
    assert template.match("BR2_IllumDNA.npy", {"plate": "BR1"}) is None
    assert template.match("BR2_IllumDNA.npy", {}) == {"plate": "BR2", "channel": "DNA"}


def test_an_entity_that_stands_twice_must_be_the_same():
    template = Template.parse("{plate}-{plate}")
    assert template.match("a-a", {}) == {"plate": "a"}
    assert template.match("a-b", {}) is None


def test_bound_values_are_not_patterns():
    template = Template.parse("{plate}.sqlite")
    assert template.match("a+b.sqlite", {"plate": "a+b"}) == {}
    assert template.match("aab.sqlite", {"plate": "a+b"}) is None


def test_descriptions_have_no_patterns():
    assert Template.parse("{plate}_Illum{channel}.npy").describe({"plate": "BR1"}) == "BR1_Illum<Channel>.npy"
    for entity in load_entities().values():
        assert entity.meaning
        assert not re.search(r"\\|\(\?|\[A", entity.show)


def test_unknown_entity_is_refused():
    with pytest.raises(RulebookError, match="plaet"):
        Template.parse("{plaet}.csv")


@pytest.mark.parametrize("entity", load_entities().values(), ids=lambda entity: entity.name)
def test_examples_match(entity):
    template = Template.parse(f"{{{entity.name}}}")
    assert entity.examples
    for example in entity.examples:
        assert template.match(example, {}) is not None


@pytest.mark.parametrize("name", ["A01", "a1", "A1", "a01", "P24", "AF48", "Well1"])
def test_wells(name):
    assert Template.parse("{well}").match(name, {}) == {"well": name}


@pytest.mark.parametrize("name", ["A", "01", "ABC1", "A001", "A-1", ""])
def test_no_wells(name):
    assert Template.parse("{well}").match(name, {}) is None


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_name_breaks_the_matching(name, plate):
    bound = Template.parse("{plate}-{well}-{site}").match(name, {"plate": plate})
    assert bound is None or name == f"{plate}-{bound['well']}-{bound['site']}"


@pytest.mark.parametrize(
    "text", ["{plate}-{well}-{site}", "{plate}", "x{plate}_{plate}", "{site}_{plate}.csv", "{plate}{plate}a"]
)
@given(rest=st.text("abAB1-_.", max_size=8), plate=st.sampled_from(["a", "b-1", "a.b"]))
def test_what_is_known_stands_there_as_it_is(text, rest, plate):
    literal = text.replace("{plate}", plate)
    for name in (rest, plate + rest, literal.replace("{well}", "A01").replace("{site}", "1"), literal + rest):
        found = Template.parse(text).match(name, {"plate": plate})
        assert found == Template.parse(literal).match(name, {})
