import json

from validator.checks.registry import all_rules
from validator.cli.main import run


def test_rules_lists_every_rule(capsys, monkeypatch):
    for width in ("60", "140"):
        monkeypatch.setenv("COLUMNS", width)
        assert run(["rules"]) == 0
        shown = capsys.readouterr().out
        assert all(rule.id in shown and rule.slug in shown for rule in all_rules().values())


def test_rules_as_json_follow_the_policy(capsys):
    levels = {}
    for policy in ("contribution", "gallery"):
        assert run(["rules", "--json", "--policy", policy]) == 0
        records = json.loads(capsys.readouterr().out)
        assert [record["id"] for record in records] == list(all_rules())
        levels[policy] = {record["slug"]: record["levels"][policy] for record in records}
    assert levels["contribution"]["batch-undated"] == "error"
    assert levels["gallery"]["batch-undated"] == "info"


def test_explain_takes_numbers_names_and_patterns(capsys):
    assert run(["explain", "CPG112"]) == 0
    by_number = capsys.readouterr().out
    assert run(["explain", "batch-undated"]) == 0
    assert capsys.readouterr().out == by_number
    assert by_number.startswith("batch-undated (CPG112)")
    assert "error under contribution, info under gallery" in by_number
    assert run(["explain", "batch-*"]) == 0
    assert capsys.readouterr().out.count("source  ") > 1
