"""Policies: which level every rule has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache

from validator.errors import RulebookError, UsageError
from validator.models.finding import Level
from validator.models.rule import Rule
from validator.rulebook.ignore import Base, PathPatterns
from validator.rulebook.locate import read_rulebook_file, rulebook_folder

DEFAULT_POLICY = "contribution"


@dataclass(frozen=True, slots=True)
class Override:
    """A level that a user decided.

    Attributes
    ----------
    rule
        Number or name of a rule, or either with ``*``.
    level, reason
        What holds, and why.
    origin
        File and line, for people.
    paths
        Patterns as in a ``.gitignore`` of the places where it holds; everywhere without them.
    of_policy
        Whether a policy says it, and not the configuration of a dataset.
    base
        Key of the folder in which ``paths`` hold; ``None`` for ``project/source/`` of every dataset.
    """

    rule: str
    level: Level
    reason: str
    origin: str
    paths: tuple[str, ...] = ()
    of_policy: bool = False
    base: str | None = None
    _patterns: PathPatterns | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if self.paths:
            object.__setattr__(self, "_patterns", PathPatterns(self.paths))

    def is_about(self, rule: Rule) -> bool:
        """Whether it names a rule."""
        wanted = self.rule.lower()
        return fnmatchcase(rule.id.lower(), wanted) or fnmatchcase(rule.slug, wanted)

    def in_words(self) -> str:
        """The level, where it holds, why, and who says so."""
        where = f" in {', '.join(self.paths)}" if self.paths else ""
        reason = f": {self.reason}" if self.reason else ""
        return f"{self.level.value}{where}{reason} ({self.origin})"

    def holds_at(self, key: str) -> bool:
        """Whether it holds for a finding at this key (a folder's ends with ``/``)."""
        if self._patterns is None:
            return True
        path = Base(self.base).relative(key)
        return path is not None and self._patterns.decided_by(path) is not None


@dataclass(frozen=True, slots=True)
class Policy:
    """Levels of rules under one name.

    Attributes
    ----------
    name, version
        What reports and receipts record.
    levels
        Level by rule number, where it differs from the rule's own.
    overrides
        What users decided; of those that apply the last one holds.
    """

    name: str
    version: str
    levels: Mapping[str, Level]
    overrides: tuple[Override, ...] = ()

    def level(self, rule: Rule) -> Level:
        """Level of a rule where nothing else is said about a place."""
        return self.decide(rule)[0]

    def decide(self, rule: Rule, key: str | None = None) -> tuple[Level, int | None]:
        """Level of a rule, and which override decided it.

        Parameters
        ----------
        rule
            The rule.
        key
            Where a finding is; without it what is said about single places does not count.

        Returns
        -------
        tuple
            The level, and the index of the override or ``None``.
        """
        for index in range(len(self.overrides) - 1, -1, -1):
            override = self.overrides[index]
            applies = not override.paths if key is None else override.holds_at(key)
            if override.is_about(rule) and applies:
                return override.level, index
        return self.levels.get(rule.id, rule.level), None

    def said_of(self, rule: Rule) -> list[str]:
        """What users decided about a rule, each in one sentence with its reason; the last that applies holds."""
        return [override.in_words() for override in self.overrides if override.is_about(rule)]

    def is_off(self, rule: Rule) -> bool:
        """Whether no finding of this rule can be reported, wherever it is."""
        in_places = (o for o in self.overrides if o.paths and o.level is not Level.OFF and o.is_about(rule))
        return self.level(rule) is Level.OFF and not any(in_places)


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
        raise UsageError(
            f"There is no policy {name!r}.",
            f"Use one of: {', '.join(policy_names())}; or a file of your own, ./strict.yaml.",
        )
    document = read_rulebook_file(f"policies/{name}.yaml")
    try:
        levels = {rule: Level(level) for rule, level in (document["levels"] or {}).items()}
    except ValueError as error:
        raise RulebookError(f"The policy {name} gives a level that does not exist.") from error
    return Policy(name, str(document["version"]), levels)
