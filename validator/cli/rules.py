"""``cpgate rules`` and ``cpgate explain``: what is judged, and why."""

import json

import click

from validator.cli import options
from validator.cli.output import terminal_style
from validator.cli.terminal import say


@click.command(short_help="List all rules.")
@options.policy_option
@click.option("--json", "as_json", is_flag=True, help="As JSON, with why and how to mend.")
@options.colour_option
def rules(*, policy: str, as_json: bool, color: str) -> int:
    """List all rules with the level that the policy gives them."""
    from validator.checks.registry import all_rules  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.pages import rule_record, rule_table  # noqa: PLC0415  the command's help comes fast
    from validator.rulebook.policy import load_policy  # noqa: PLC0415  the command's help comes fast

    levels = load_policy(policy)
    if as_json:
        records = [rule_record(rule, {policy: levels.level(rule)}) for rule in all_rules().values()]
        say(json.dumps(records, indent=2, ensure_ascii=False) + "\n")
        return 0
    table = [(rule, levels.level(rule)) for rule in all_rules().values()]
    say("".join(rule_table(table, terminal_style(color))))
    return 0


@click.command(short_help="Explain one rule.")
@click.argument("rule")
@options.colour_option
def explain(*, rule: str, color: str) -> int:
    """Explain the rule with this number or name (CPG112, batch-undated): what, why, how to mend it."""
    from validator.checks.registry import all_rules  # noqa: PLC0415  the command's help comes fast
    from validator.checks.selection import matching_rules  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.pages import rule_text  # noqa: PLC0415  the command's help comes fast
    from validator.rulebook.policy import load_policy, policy_names  # noqa: PLC0415  the command's help comes fast

    known = all_rules()
    style = terminal_style(color)
    texts = []
    for number in matching_rules(rule):
        levels = {name: load_policy(name).level(known[number]) for name in policy_names()}
        texts.append("".join(rule_text(known[number], levels, style)))
    say("\n".join(texts))
    return 0
