"""One mistake in a package, one finding: by the right rule, at the right pointer and line."""

import pytest
from package_builder import MemorySource, build_package
from package_mutations import filled, make, mutations

from validator.checks.registry import DatasetCheck, all_checks, all_rules
from validator.checks.runner import run_checks
from validator.models.finding import Level
from validator.workflows.configuration import settings_in_force
from validator.workflows.package_listing import list_package

SIZES = (True, pytest.param(False, marks=pytest.mark.full))


def cases(outcome):
    return [
        pytest.param(rule, case, id=f"{rule}-{case['name']}")
        for rule, both in mutations().items()
        for case in both[outcome]
    ]


def check(contents):
    dataset, _ = list_package(MemorySource(contents), settings_in_force(None))
    return list(run_checks(dataset, jobs=2))


def told(findings):
    return [(f.rule, f.key, f.location and f.location.pointer, f.message) for f in findings]


def test_clean_package_has_no_finding_at_all():
    assert told(check(build_package().contents())) == []


@pytest.mark.parametrize("small", SIZES, ids=["small", "whole"])
@pytest.mark.parametrize(("rule", "case"), cases("fail"))
def test_mutation_is_found_once(rule, case, small):
    case = filled(case, small=small)
    findings = check(make(case, small=small))
    assert {f.rule for f in findings} == {rule, *case.get("also", ())}, told(findings)
    own = [finding for finding in findings if finding.rule == rule]
    assert [finding.key for finding in own] == case.get("keys", [case.get("key")]), told(findings)
    if "pointer" in case:
        assert own[0].location.pointer == case["pointer"]
        assert own[0].location.line is not None
    if "line" in case:
        assert own[0].location.line == case["line"]
    if "count" in case:
        assert own[0].count == ((18 if small else 60) if case["count"] == "all" else case["count"])
    words = f"{own[0].message} {own[0].hint} {own[0].expected}"
    for text in case.get("says", ()):
        assert text in words


@pytest.mark.parametrize(("rule", "case"), cases("pass"))
def test_what_is_right_is_not_found(rule, case):
    findings = check(make(filled(case, small=True), small=True))
    assert rule not in {finding.rule for finding in findings}, told(findings)
    assert [f for f in told(findings) if all_rules()[f[0]].level is Level.ERROR] == []


def test_there_are_many_mutations():
    assert len(cases("fail")) >= 40


PACKAGE_RULES = sorted(
    {
        rule.id
        for check in all_checks()
        for rule in check.rules
        if (isinstance(check, DatasetCheck) and check.subjects == {"package"})
        or (not isinstance(check, DatasetCheck) and "package.schema" in check.kinds)
    }
)


@pytest.mark.parametrize("rule", PACKAGE_RULES)
def test_rule_has_failing_and_passing_cases(rule):
    assert mutations()[rule]["fail"]
    assert mutations()[rule]["pass"]
