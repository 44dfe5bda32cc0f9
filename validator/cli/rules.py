"""``cpgate rules`` and ``cpgate explain``: what is judged, why, and at which level."""

import json
from pathlib import Path

import click

from validator.cli import options
from validator.cli.style import terminal_style
from validator.cli.terminal import say


@click.command(short_help="List all rules.")
@options.policy_option
@options.config_option
@click.option("--json", "as_json", is_flag=True, help="As JSON, with why and how to mend.")
@options.colour_option
def rules(*, policy: str | None, config: Path | None, as_json: bool, color: str) -> int:
    """List all rules with the level that the policy (and a configuration that is named) gives them."""
    from validator.checks.registry import all_rules  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.pages import rule_record, rule_table  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.configuration import settings_in_force  # noqa: PLC0415  the command's help comes fast

    levels = settings_in_force(None, config=config, policy=policy).policy
    if as_json:
        records = [
            rule_record(rule, {levels.name: levels.level(rule)}, levels.said_of(rule))
            for rule in all_rules().values()
        ]
        say(json.dumps(records, indent=2, ensure_ascii=False) + "\n")
        return 0
    table = [(rule, levels.level(rule)) for rule in all_rules().values()]
    decided = {rule.id: levels.said_of(rule) for rule in all_rules().values()}
    say("".join(rule_table(table, terminal_style(color), decided)))
    return 0


@click.command(short_help="Explain one rule.")
@click.argument("rule")
@options.policy_option
@options.config_option
@options.colour_option
def explain(*, rule: str, policy: str | None, config: Path | None, color: str) -> int:
    """Explain the rule with this number or name (CPG112, batch-undated): what, why, how to mend it."""
    from validator.checks.registry import all_rules  # noqa: PLC0415  the command's help comes fast
    from validator.checks.selection import matching_rules  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.pages import rule_text  # noqa: PLC0415  the command's help comes fast
    from validator.rulebook.policy import load_policy, policy_names  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.configuration import settings_in_force  # noqa: PLC0415  the command's help comes fast

    known = all_rules()
    style = terminal_style(color)
    asked = settings_in_force(None, config=config, policy=policy).policy
    policies = {name: load_policy(name) for name in policy_names()}
    if policy is not None and asked.name not in policies:
        policies[asked.name] = asked
    texts = []
    for number in matching_rules(rule):
        levels = {name: policies[name].level(known[number]) for name in policies}
        texts.append("".join(rule_text(known[number], levels, style, asked.said_of(known[number]))))
    say("\n".join(texts))
    return 0
