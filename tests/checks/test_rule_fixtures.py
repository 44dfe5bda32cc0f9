"""Every rule finds what its failing fixtures hold, and nothing in its passing ones.

A file in ``fixtures/rules`` is named after its rule; adding a case to it adds a test.
"""

import unicodedata
from pathlib import Path

import pytest
import yaml
from dataset_builder import FIXTURES, CannotBuild, Case, build

from validator.checks.registry import DatasetCheck, all_checks, all_rules
from validator.checks.runner import run_checks
from validator.models.finding import Level
from validator.models.listing import Trouble
from validator.sources.local import LocalSource
from validator.workflows.listing import list_dataset

FOLDER = FIXTURES / "rules"


def cases(outcome):
    found = []
    for path in sorted(FOLDER.glob("CPG*.yaml")):
        for spec in yaml.safe_load(path.read_text(encoding="utf-8")).get(outcome) or []:
            case = Case.read(spec)
            found.append(pytest.param(path.stem, case, id=f"{path.stem}-{case.name}"))
    return found


def check(folder: Path, case: Case):
    try:
        root = build(folder, case)
    except CannotBuild as error:
        pytest.skip(f"this system cannot hold the case: {error}")
    dataset, _ = list_dataset(LocalSource(root, dataset=case.dataset), policy=case.policy, scope=case.scope)
    dataset.troubles.extend(Trouble(path="", **trouble) for trouble in case.troubles)
    return list(run_checks(dataset, jobs=2))


def assert_nothing_else(findings, rule, case):
    others = [f for f in findings if f.level is Level.ERROR and f.rule not in (rule, *case.also)]
    assert not others, [(f.rule, f.key, f.message) for f in others]
    assert not [f for f in findings if f.rule.startswith("CPG9")], "a check crashed"


@pytest.mark.parametrize(("rule", "case"), cases("fail"))
def test_failing_case(rule, case, tmp_path):
    findings = check(tmp_path, case)
    own = [finding for finding in findings if finding.rule == rule]
    assert own, [(f.rule, f.key, f.message) for f in findings]
    if case.findings is not None:
        assert len(own) == case.findings, [(f.key, f.message) for f in own]
    if case.key is not None:
        assert own[0].key.split("/", 2)[-1] == unicodedata.normalize("NFC", case.key)
    told = " ".join(f"{f.message} {f.expected} {f.actual} {f.hint} {' '.join(f.examples)}" for f in own)
    for words in case.says:
        assert words in told
    for listed in case.also:
        assert any(finding.rule == listed for finding in findings), f"{listed} was expected too"
    assert_nothing_else(findings, rule, case)


@pytest.mark.parametrize(("rule", "case"), cases("pass"))
def test_passing_case(rule, case, tmp_path):
    findings = check(tmp_path, case)
    assert not [(f.key, f.message) for f in findings if f.rule == rule]
    assert_nothing_else(findings, rule, case)


def test_clean_dataset_has_no_finding_at_all(tmp_path):
    assert [(f.rule, f.key, f.message) for f in check(tmp_path, Case())] == []


def of_datasets(check):
    """Rules of packages have their cases in ``fixtures/package_mutations.yaml``."""
    if isinstance(check, DatasetCheck):
        return "dataset" in check.subjects
    return any(not kind.startswith("package.") for kind in check.kinds)


RULES = {rule.id for known in all_checks() if of_datasets(known) for rule in known.rules}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_rule_has_fixtures_of_both_kinds(rule):
    document = yaml.safe_load((FOLDER / f"{rule}.yaml").read_text(encoding="utf-8"))
    assert document["fail"]
    assert document["pass"]


def test_fixtures_are_of_rules_that_exist():
    assert {path.stem for path in FOLDER.glob("*.yaml")} <= set(all_rules())


@pytest.mark.parametrize("rule", all_rules().values(), ids=lambda rule: rule.id)
def test_rule_is_written_for_people(rule):
    assert rule.title
    assert not rule.title.endswith(".")
    assert rule.why.endswith(".")
    assert rule.mend.endswith(".")
    for text in (rule.title, rule.why, rule.mend):
        assert not {"regex", "None", "str", "NoneType", "DataFrame"} & set(text.replace(".", " ").split())
