"""What the layout makes of a folder or a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why something has no place in the layout.

    Attributes
    ----------
    depth
        Index of the segment of the key that does not fit (0 is the project).
    segment
        That segment.
    parent_kind
        Kind of the last folder that did fit, ``workspace``.
    expected
        Names or descriptions of what may stand there.
    nearest
        A known name at most one edit away, or empty.
    left_out
        The step of the path that is missing in front of it (``batch``, ``plate``), where only that is wrong; or empty.
    """

    depth: int
    segment: str
    parent_kind: str
    expected: tuple[str, ...]
    nearest: str = ""
    left_out: str = ""


@dataclass(slots=True, unsafe_hash=True)  # frozen ones take four times as long: CONTRIBUTING.md
class Place:
    """Kind and entities of a folder or a file.

    Attributes
    ----------
    kind
        ``images.raw``, ``workspace.load_data``, ...; of a folder that only leads further the name of that
        step (``workspace.load_data_csv``). For something that does not fit, the kind of the last folder
        that did.
    entities
        ``project``, ``source``, ``batch``, ``plate``, ``well``, ``channel``, ... as far as they are known.
    misfit
        Why it does not fit, or ``None`` when it does.
    """

    kind: str
    entities: Mapping[str, str] = field(default_factory=dict)
    misfit: Misfit | None = None
