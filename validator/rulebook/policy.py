"""Policies: which level every rule has."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from validator.errors import RulebookError, UsageError
from validator.models.finding import Level
from validator.models.rule import Rule
from validator.rulebook.locate import read_rulebook_file, rulebook_folder

DEFAULT_POLICY = "contribution"


@dataclass(frozen=True, slots=True)
class Policy:
    """Levels of rules under one name.

    Attributes
    ----------
    name, version
        What reports and receipts record.
    levels
        Level by rule number, where it differs from the rule's own.
    """

    name: str
    version: str
    levels: Mapping[str, Level]

    def level(self, rule: Rule) -> Level:
        """Level of a rule under this policy."""
        return self.levels.get(rule.id, rule.level)


@cache
def policy_names() -> tuple[str, ...]:
    """Names of the policies that the rulebook has."""
    found = (entry.name for entry in rulebook_folder().joinpath("policies").iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in found if name.endswith(".yaml")))


@cache
def load_policy(name: str) -> Policy:
    """Read a policy of the rulebook.

    Raises
    ------
    UsageError
        When there is no policy of this name.
    RulebookError
        When the policy's file gives a level that does not exist.
    """
    if name not in policy_names():
        raise UsageError(f"There is no policy {name!r}.", f"Use one of: {', '.join(policy_names())}.")
    document = read_rulebook_file(f"policies/{name}.yaml")
    try:
        levels = {rule: Level(level) for rule, level in (document["levels"] or {}).items()}
    except ValueError as error:
        raise RulebookError(f"The policy {name} gives a level that does not exist.") from error
    return Policy(name, str(document["version"]), levels)
