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


CONFIG = """\
policy = "./strict.yaml"

[[level]]
rule = "batch-undated"
level = "off"
paths = ["images/pilot/"]
reason = "agreed with the maintainers"
"""


def test_levels_under_a_policy_and_a_configuration_of_a_user(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    policy, config = tmp_path / "strict.yaml", tmp_path / "cpgate.toml"
    policy.write_text("levels:\n  junk-file: {level: error, reason: never again}\n")
    config.write_text(CONFIG)
    assert run(["rules", "--config", str(config)]) == 0
    shown = capsys.readouterr().out
    assert "CPG124  error    junk-file" in shown
    assert "error: never again (strict.yaml, line 2)" in shown
    assert "off in images/pilot/: agreed with the maintainers (cpgate.toml, line 3)" in shown
    assert run(["rules", "--json", "--policy", str(policy)]) == 0
    record = next(r for r in json.loads(capsys.readouterr().out) if r["id"] == "CPG124")
    assert record["levels"] == {"strict": "error"}
    assert record["decided"] == ["error: never again (strict.yaml, line 2)"]
    assert run(["explain", "junk-file", "--policy", str(policy)]) == 0
    shown = capsys.readouterr().out
    assert "warning under contribution, info under gallery, error under strict" in shown
    assert "here     error: never again (strict.yaml, line 2)" in shown


def test_a_policy_that_is_none(tmp_path, capsys):
    policy = tmp_path / "strict.yaml"
    policy.write_text("levels:\n  junk-fil: error\n")
    assert run(["rules", "--policy", str(policy)]) == 2
    said = capsys.readouterr().err
    assert "strict.yaml, line 2: There is no rule" in said
    assert "junk-file" in said
