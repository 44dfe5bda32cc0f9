"""Levels by policy, as the table of policies says."""

import pytest

from validator.checks.registry import all_rules, find_rule
from validator.errors import UsageError
from validator.models.finding import Level
from validator.rulebook.policy import load_policy, policy_names


@pytest.mark.parametrize("name", policy_names())
def test_levels_are_of_rules_that_exist(name):
    assert set(load_policy(name).levels) <= set(all_rules())


@pytest.mark.parametrize("name", policy_names())
def test_levels_say_something(name):
    policy = load_policy(name)
    same = [rule for rule, level in policy.levels.items() if all_rules()[rule].level is level]
    assert same == []


@pytest.mark.parametrize(
    ("slug", "contribution", "gallery"),
    [
        ("batch-undated", Level.ERROR, Level.INFO),
        ("batch-date-spelling", Level.ERROR, Level.INFO),
        ("batch-date-impossible", Level.ERROR, Level.WARNING),
        ("project-tag", Level.ERROR, Level.INFO),
        ("workspace-folder-unknown", Level.WARNING, Level.INFO),
        ("folder-misspelt", Level.ERROR, Level.WARNING),
        ("folder-characters", Level.ERROR, Level.WARNING),
        ("file-characters", Level.INFO, Level.INFO),
    ],
)
def test_documented_levels(slug, contribution, gallery):
    rule = find_rule(slug)
    assert load_policy("contribution").level(rule) is contribution
    assert load_policy("gallery").level(rule) is gallery


def test_unknown_policy_names_the_known():
    with pytest.raises(UsageError) as caught:
        load_policy("strict")
    assert "contribution" in caught.value.mend
    assert "gallery" in caught.value.mend
