"""Recognises packages in the style of the Allen Institute."""

import os

from validator.models.package import NODE_KINDS, SCHEMA_NAMES
from validator.sources.standing import SECTIONS

_FEWEST_GROUPS = 3
"""Groups that make a folder without SCHEMA a package all the same."""
_DEEPEST = 3
"""Folders of a package below its root: group, node, part."""


def looks_like_package(names: "set[str] | frozenset[str]") -> bool:
    """Whether files and folders of these names lie at the root of a package.

    >>> looks_like_package({"SCHEMA", "lines"}), looks_like_package({"images", "workspace", "SCHEMA"})
    (True, False)
    """
    if names & SECTIONS:
        return False
    return bool(names & set(SCHEMA_NAMES)) or len(names & set(NODE_KINDS)) >= _FEWEST_GROUPS


def is_package(path: str | os.PathLike[str]) -> bool:
    """Whether a folder is a package; ``False`` when it cannot be read."""
    try:
        return looks_like_package(set(os.listdir(path)))  # noqa: PTH208  names only, not paths
    except OSError:
        return False


def package_around(path: str | os.PathLike[str]) -> str | None:
    """The package of which a folder is a part (a group, a node), or ``None``."""
    full = os.path.abspath(path)  # noqa: PTH100  takes away "..", which Path.absolute() keeps
    for _ in range(_DEEPEST):
        full, name = os.path.split(full)
        if name in NODE_KINDS and is_package(full):
            return full
    return None
