"""Policies that users wrote."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.checks.registry import find_rule
from validator.errors import UsageError
from validator.models.finding import Level
from validator.rulebook.policy_file import find_policy

STRICT = """\
version: 1.0
extends: gallery
levels:
  batch-*: error
  CPG113: {level: off, reason: renamed by the script}
  junk-file: off
"""


@pytest.fixture
def policy(tmp_path):
    def write(text, name="strict.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


def level(found, slug):
    return found.policy.level(find_rule(slug))


def test_a_policy_of_the_rulebook_has_no_file():
    found = find_policy("gallery")
    assert (found.policy.name, found.files, found.digest) == ("gallery", (), "")


def test_levels_by_number_name_and_glob(policy):
    found = find_policy(policy(STRICT))
    assert (found.policy.name, found.policy.version) == ("strict", "1.0")
    assert level(found, "batch-undated") is Level.ERROR
    assert level(found, "batch-date-spelling") is Level.OFF, "later ones win"
    assert level(found, "junk-file") is Level.OFF, "YAML reads off as false"
    assert level(found, "project-tag") is Level.INFO, "of the policy that it extends"
    _, index = found.policy.decide(find_rule("CPG113"))
    override = found.policy.overrides[index]
    assert (override.reason, override.origin) == ("renamed by the script", "strict.yaml, line 5")


def test_a_policy_extends_a_file_beside_it(policy, tmp_path):
    first = find_policy(policy(STRICT))
    mine = find_policy(policy("name: mine\nextends: ./strict.yaml\nlevels: {junk-file: info}", "b.yml"))
    assert [path.name for path in mine.files] == ["b.yml", "strict.yaml"]
    assert (mine.policy.name, level(mine, "junk-file")) == ("mine", Level.INFO)
    assert level(mine, "batch-undated") is Level.ERROR
    assert find_policy("b.yml", beside=tmp_path) == mine
    policy(STRICT + "  CPG125: info\n")
    assert find_policy("b.yml", beside=tmp_path).digest != mine.digest
    assert first.digest != mine.digest


@pytest.mark.parametrize(
    ("text", "what", "mend"),
    [
        ("levels:\n  CPG112: eror", "line 2: levels.CPG112.level is 'eror', which is no level", "Did you mean error?"),
        ("lvels: {}", "line 1: there is no key lvels", "Did you mean levels?"),
        ("name: gallery", "line 1: gallery is the name of a policy of the rulebook", "another"),
        ("extends: galery", "line 1: extends: There is no policy 'galery'", "gallery"),
        ("extends: ./other.yaml", "There is no policy", "path"),
        ("extends: ./strict.yaml", "extend each other in a circle", ""),
        ("levels: [a]", "line 1: levels is a list; expected a table", ""),
        ("- a", "this is no policy", "levels:"),
        ("levels: {a: [", "this is no YAML", ""),
        ("a: &a [*a]", "there is no key a", ""),
        ("? [a]\n: b", "YAML", ""),
        ("v: 2024-99-99", "YAML", ""),
        ("[" * 3000, "YAML", ""),
        (b"name: \xff", "line 1: this is not UTF-8", ""),
        (b"name: \x00", "YAML", ""),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_plain_words(policy, text, what, mend):
    with pytest.raises(UsageError) as caught:
        find_policy(policy(text))
    assert what in caught.value.what
    assert mend in caught.value.mend


def test_names_of_policies_that_do_not_exist():
    with pytest.raises(UsageError) as caught:
        find_policy("strict")
    assert "contribution" in caught.value.mend
    with pytest.raises(UsageError, match="There is no policy"):
        find_policy("./strict.yaml")


@given(st.text(max_size=60) | st.text("{}[]:,&*!- \nlevsaxtnd'\"", max_size=80))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with suppress(UsageError):
        find_policy(str(path))
