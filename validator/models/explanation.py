"""How one path is placed, or why it is left out."""

from typing import Literal

from pydantic import ConfigDict, Field

from validator.models.empty import empty_dict, empty_list
from validator.models.finding import Level
from validator.models.late_model import LateModel


class Segment(LateModel):
    """One part of a key.

    Attributes
    ----------
    name
        The part; a folder's ends with ``/``.
    state
        ``placed``; ``free``: it lies in a folder in which anything may lie; ``misfit``: it has no place;
        ``below``: it lies below one that has none.
    kind
        Kind of place; of a misfit that of the folder in which it lies.
    entities
        What this part says: ``batch``, ``plate``, ...
    meaning
        What these entities are, in words.
    expected, nearest
        Of a misfit: what may stand there, and the known name that was probably meant.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    state: Literal["placed", "free", "misfit", "below"]
    kind: str = ""
    entities: dict[str, str] = Field(default_factory=empty_dict)
    meaning: str = ""
    expected: list[str] = Field(default_factory=empty_list)
    nearest: str = ""


class LeftOutBecause(LateModel):
    """Why a path is neither checked nor uploaded.

    Attributes
    ----------
    why
        ``ignored`` by a configuration; ``junk`` of a system or program; a ``receipt`` or a ``configuration``,
        which are about the data.
    pattern
        The pattern that it matches.
    origin
        File and line of that pattern, or the program that makes such files.
    reason
        Why the configuration ignores it.
    """

    model_config = ConfigDict(extra="forbid")

    why: Literal["ignored", "junk", "receipt", "configuration"]
    pattern: str = ""
    origin: str = ""
    reason: str = ""


class RuleInForce(LateModel):
    """A rule with its level, and who decided it.

    Attributes
    ----------
    id, slug, title
        The rule.
    level
        Its level.
    reason, origin
        Where a user decided the level: why, and in which file and line.
    """

    model_config = ConfigDict(extra="forbid")

    id: str
    slug: str
    title: str
    level: Level
    reason: str = ""
    origin: str = ""


class Explanation(LateModel):
    """How one path is placed, and which rules look at it.

    Attributes
    ----------
    key
        Its key.
    on_disk
        Whether it is there.
    segments
        The parts of the key, from the project on.
    kind
        What it is; empty when it has no place.
    entities
        All that the key says.
    image
        What the name of a raw image says: ``well``, ``site`` and ``channel``; empty where the name has no known form, and
        of all other files.
    left_out
        Why it is neither checked nor uploaded; ``null`` when it is.
    policy, configuration
        What holds.
    rules
        Rules of the checks that read such a file.
    families
        How many rules look at the names and links of every file, by family.
    """

    model_config = ConfigDict(extra="forbid")

    key: str
    on_disk: bool
    segments: list[Segment]
    kind: str
    entities: dict[str, str]
    image: dict[str, str] = Field(default_factory=empty_dict)
    left_out: LeftOutBecause | None = None
    policy: str
    configuration: str | None = None
    rules: list[RuleInForce] = Field(default_factory=empty_list)
    families: dict[str, int] = Field(default_factory=empty_dict)
