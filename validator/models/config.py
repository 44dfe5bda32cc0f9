"""The configuration of a dataset (``cpgate.toml``) and a user's own policy, as they are written."""

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from validator.models.empty import empty_dict, empty_list
from validator.models.finding import Level
from validator.models.late_model import LateModel

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def _switched_off(value: Any) -> Any:
    # YAML 1.1 reads the bare word off as the opposite of on.
    return Level.OFF if value is False else value


def _as_text(value: Any) -> Any:
    # 1.0 without quotation marks is a number, to YAML.
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


class LevelEntry(LateModel):
    """One ``[[level]]``: the level of some rules, everywhere or in some places.

    Attributes
    ----------
    rule
        Number or name of a rule, or either with ``*``: ``CPG112``, ``batch-undated``, ``CPG3*``.
    level
        ``error``, ``warning``, ``info`` or ``off``.
    paths
        Where, as patterns with the meaning that they have in a ``.gitignore``; everywhere without them.
    reason
        Why; printed in every report.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: Text
    level: Level
    paths: list[str] = Field(default_factory=empty_list)
    reason: Reason


class IgnoreEntry(LateModel):
    """One ``[[ignore]]``: files that are neither checked nor uploaded.

    Attributes
    ----------
    patterns
        With the meaning that they have in a ``.gitignore``, in the order in which they are written; later ones win.
    reason
        Why; printed in every report.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    patterns: list[str] = Field(min_length=1)
    reason: Reason


class Config(LateModel):
    """The whole of a ``cpgate.toml``; every key may be left out.

    Attributes
    ----------
    policy
        Name of a policy, or a file with one (beside the configuration).
    scope
        What is required: ``arrayed``, ``pooled``, ``addition``, ``derived``.
    dataset
        ``project/source`` that the folder stands for, where its own names do not say it.
    mounts
        Folders that lie elsewhere, on another disk perhaps, by the key at which their files belong.
    level
        Levels of rules.
    ignore
        Files that are neither checked nor uploaded.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: Text | None = None
    scope: Text | None = None
    dataset: Annotated[str, StringConstraints(pattern=r"^[^/]+/[^/]+$")] | None = None
    mounts: dict[str, Text] = Field(default_factory=empty_dict)
    level: list[LevelEntry] = Field(default_factory=empty_list)
    ignore: list[IgnoreEntry] = Field(default_factory=empty_list)


class PolicyLevel(LateModel):
    """A level with its reason.

    Attributes
    ----------
    level
        ``error``, ``warning``, ``info`` or ``off``.
    reason
        Why; shown by ``cpgate explain``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Annotated[Level, BeforeValidator(_switched_off)]
    reason: str = ""


def _as_level(value: Any) -> Any:
    return value if isinstance(value, dict | PolicyLevel) else {"level": _switched_off(value)}


class PolicyDocument(LateModel):
    """A user's own policy, a YAML file.

    Attributes
    ----------
    name
        What reports call it; the name of the file without it.
    title
        What it is for.
    version
        Free text.
    extends
        The policy that it changes: a name, or a file beside this one.
    levels
        Level by the number or name of a rule, or either with ``*``; later ones win.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text | None = None
    title: str = ""
    version: Annotated[str, BeforeValidator(_as_text)] = ""
    extends: Text = "contribution"
    levels: dict[str, Annotated[PolicyLevel, BeforeValidator(_as_level)]] = Field(default_factory=empty_dict)
