"""Every defect of the demo plate is found by the rule that it names; the mended plate is clean."""

from collections import Counter

import pytest

from validator.checks.registry import find_rule
from validator.models.finding import Level
from validator.workflows.check import CheckRequest, check
from validator.workflows.demo_defects import DEFECTS
from validator.workflows.demo_plate import make_demo_plate


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    plate = make_demo_plate(folder / "first", defects=True)
    result = check(CheckRequest(plate.source, report=folder / "report.jsonl"))
    assert result.exit_code == 1
    return [finding for finding in result.findings if finding.level is not Level.INFO]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.rule)
def test_the_defect_is_found(findings, defect):
    assert find_rule(defect.rule) is not None, f"no rule is called {defect.rule}"
    assert defect.rule in {finding.slug for finding in findings}


def test_nothing_else_is_found(findings):
    assert {finding.slug for finding in findings} == {defect.rule for defect in DEFECTS}


def test_each_defect_is_one_finding(findings):
    """Two system files of different sorts are two."""
    expected = Counter({defect.rule: 1 for defect in DEFECTS} | {"junk-file": 2})
    assert Counter(finding.slug for finding in findings) == expected


def test_the_mended_plate_is_clean(tmp_path):
    plate = make_demo_plate(tmp_path / "mended")
    result = check(CheckRequest(plate.source, report=tmp_path / "report.jsonl"))
    assert [finding for finding in result.findings if finding.level is not Level.INFO] == []
    assert result.exit_code == 0
