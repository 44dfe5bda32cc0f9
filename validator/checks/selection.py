"""Which rules a run is about: ``--only`` families, ``--select`` and ``--ignore``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

from validator.checks.registry import all_rules
from validator.checks.wording import listed
from validator.errors import UsageError
from validator.models.rule import FAMILIES, Rule

CRASHES = "CPG901"
_NUMBER = re.compile(r"cpg\d{3}")
SHORTEST_WORD = 3
NAMED = 5


@dataclass(frozen=True, slots=True)
class Selection:
    """The rules of a run.

    Attributes
    ----------
    families
        Families that are checked.
    rules
        Numbers of the rules that are reported. That a check crashed is always reported: leaving it out
        would make an incomplete report look whole.
    """

    families: frozenset[str]
    rules: frozenset[str]

    def wants(self, rule: Rule) -> bool:
        """Whether findings of this rule are reported."""
        return rule.id == CRASHES or rule.id in self.rules


def make_selection(
    only: Sequence[str] = (), select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> Selection:
    """Understand what the user asked for.

    Parameters
    ----------
    only
        Names of families, ``layout``, ``tables``, ...
    select, ignore
        Numbers, names, or either with ``*`` (``CPG1*``, ``batch-*``).

    Raises
    ------
    UsageError
        If something is named that does not exist; names the nearest that does.
    """
    for family in only:
        if family not in FAMILIES:
            raise UsageError(
                f"There is no family of checks {family!r}.", f"There are: {', '.join(FAMILIES)}."
            )
    rules = all_rules()
    chosen = {number for name in select for number in matching_rules(name)} if select else set(rules)
    chosen -= {number for name in ignore for number in matching_rules(name)}
    return Selection(frozenset(only or FAMILIES), frozenset(chosen))


def matching_rules(name: str) -> list[str]:
    """Numbers of the rules that a number, a name or a pattern stands for.

    Raises
    ------
    UsageError
        If there is none.
    """
    wanted = name.strip().lower()
    rules = all_rules()
    found = [
        rule.id
        for rule in rules.values()
        if fnmatchcase(rule.id.lower(), wanted) or fnmatchcase(rule.slug, wanted)
    ]
    if not found:
        known = {text: text for rule in rules.values() for text in (rule.id.lower(), rule.slug)}
        # A number that nearly is another one says nothing about which rule was meant.
        nearest = [] if _NUMBER.fullmatch(wanted) else get_close_matches(wanted, known, n=1, cutoff=0.6)
        if not nearest and len(wanted) >= SHORTEST_WORD:  # a word of the name is what one remembers
            nearest = [rule.slug for rule in rules.values() if wanted in rule.slug][:NAMED]
        shown = listed([text.upper() if text.startswith("cpg") else text for text in nearest])
        raise UsageError(
            f"There is no rule {name!r}.",
            f"Did you mean {shown}? `cpgate rules` lists all." if nearest else "`cpgate rules` lists all.",
        )
    return found
