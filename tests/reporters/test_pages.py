import json
from html import unescape

from validator.checks.registry import all_rules
from validator.models.finding import Level
from validator.reporters.pages import rule_pages, rule_record, rule_table, rule_text
from validator.reporters.style import Style
from validator.rulebook.policy import load_policy, policy_names


def test_every_rule_has_a_page_that_says_what_why_how_and_how_bad():
    policies = {name: load_policy(name).level for name in policy_names()}
    pages = rule_pages(all_rules(), policies)
    assert set(pages) == {"index.md"} | {f"{number}.md" for number in all_rules()}
    for rule in all_rules().values():
        page = pages[f"{rule.id}.md"]
        assert page.startswith(f"# {rule.slug} ({rule.id})\n")
        said = unescape(page).replace("\\*", "*")
        for part in (rule.title.rstrip("."), rule.why, rule.mend, rule.source):
            assert part in said
        assert all(f"| `{name}` |" in page for name in policies)
        assert f"[{rule.id}]({rule.id}.md)" in pages["index.md"]


def test_a_rule_for_the_terminal_fits_the_terminal():
    for rule in all_rules().values():
        lines = "".join(rule_text(rule, {"contribution": Level.ERROR}, Style(60))).splitlines()
        assert lines[0].startswith(f"{rule.slug} ({rule.id})")
        assert all(len(line) <= 60 or " " not in line.strip() for line in lines[1:])
        assert any("error under contribution" in line for line in lines)


def test_the_table_has_every_rule_once_at_any_width():
    table = [(rule, Level.WARNING) for rule in all_rules().values()]
    for width in (60, 140):
        shown = "".join(rule_table(table, Style(width)))
        assert all(shown.count(rule.id) == 1 for rule, _ in table)


def test_a_rule_is_plain_data():
    rule = next(iter(all_rules().values()))
    assert json.loads(json.dumps(rule_record(rule, {"gallery": Level.INFO})))["levels"] == {"gallery": "info"}
