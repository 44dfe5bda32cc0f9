"""What a report records of the configuration under which it was made."""

from pydantic import ConfigDict, Field

from validator.models.empty import empty_dict, empty_list
from validator.models.finding import Level
from validator.models.late_model import LateModel


class LevelChange(LateModel):
    """A level that a user decided.

    Attributes
    ----------
    rule
        Number or name of a rule, or either with ``*``.
    level
        The level.
    paths
        Patterns of the places where it holds; everywhere without them.
    reason
        Why.
    origin
        File and line.
    of_policy
        Whether the policy says it, and not the configuration.
    """

    model_config = ConfigDict(extra="forbid")

    rule: str
    level: Level
    paths: list[str] = Field(default_factory=empty_list)
    reason: str
    origin: str
    of_policy: bool = False


class IgnoredFiles(LateModel):
    """Files that were neither checked nor uploaded.

    Attributes
    ----------
    patterns
        As in a ``.gitignore``.
    reason
        Why.
    origin
        File and line.
    files, size
        How many files these patterns left out, and their bytes.
    """

    model_config = ConfigDict(extra="forbid")

    patterns: list[str]
    reason: str
    origin: str
    files: int = 0
    size: int = 0


class Configuration(LateModel):
    """All that users decided and that findings depend on.

    Attributes
    ----------
    file
        The configuration, ``null`` when there is none.
    policies
        Files of the user's policy and of those that it extends.
    digest
        SHA-256 of all these files, and of where the paths in them begin.
    levels
        Levels, in their order; of those that apply the last one holds.
    ignored
        What was left out.
    mounts
        Folders that lie elsewhere, by key.
    not_used
        Configurations that lie in the data and do not hold for this run.
    """

    model_config = ConfigDict(extra="forbid")

    file: str | None = None
    policies: list[str] = Field(default_factory=empty_list)
    digest: str = ""
    levels: list[LevelChange] = Field(default_factory=empty_list)
    ignored: list[IgnoredFiles] = Field(default_factory=empty_list)
    mounts: dict[str, str] = Field(default_factory=empty_dict)
    not_used: list[str] = Field(default_factory=empty_list)
