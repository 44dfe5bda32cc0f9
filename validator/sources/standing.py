"""What a folder on disk stands for: which key its files begin with."""

import os
import re
from collections.abc import Collection, Sequence
from pathlib import Path

from validator.errors import UsageError

SECTIONS = frozenset({"images", "workspace", "workspace_dl"})
"""Folders of a dataset; a folder that holds one of them is a dataset."""

_PROJECT = re.compile(r"cpg[-_ ]?\d+.*", re.IGNORECASE)
"""Folders meant as a project; whether the name is right is for the checks to say."""


def looks_like_project(name: str) -> bool:
    """Whether a folder's name is meant as a project's.

    >>> looks_like_project("cpg0051-heart"), looks_like_project("broad")
    (True, False)
    """
    return _PROJECT.fullmatch(name) is not None


def find_prefix(path: str, folders: Collection[str]) -> str:
    """Key prefix that a folder stands for, found from its name, its ancestors' names and what it holds.

    Parameters
    ----------
    path
        Absolute path of the folder.
    folders
        Names of the folders in it.

    Returns
    -------
    str
        The empty text for a folder of projects, ``project/``, ``project/source/`` or something deeper.

    Raises
    ------
    UsageError
        When project and source cannot be told.
    """
    parts = [part for part in path.replace(os.sep, "/").split("/") if part]
    meant = [index for index, part in enumerate(parts) if _PROJECT.fullmatch(part)]
    if meant:
        return _below_project(path, parts[meant[-1] :], folders)
    if any(_PROJECT.fullmatch(name) for name in folders):
        return ""
    raise _cannot_tell(path)


def said_prefix(path: str, dataset: str, folders: Collection[str]) -> str:
    """Key prefix when the user says what a folder stands for.

    Parameters
    ----------
    path
        Absolute path of the folder.
    dataset
        ``project/source``, or deeper.
    folders
        Names of the folders in it.

    Raises
    ------
    UsageError
        When it does not name a project and a source.
    """
    parts = dataset.strip("/").split("/")
    if len(parts) < 2 or any(part in ("", ".", "..") for part in parts):
        raise UsageError(
            f"--dataset {dataset} does not name a project and a source.", "Say --dataset project/source."
        )
    name = Path(path).name
    if len(parts) == 2 and name in SECTIONS and SECTIONS.isdisjoint(folders):
        parts.append(name)  # .../broad/workspace --dataset cpg0037-oasis/broad
    return "/".join(parts) + "/"


def _below_project(path: str, parts: Sequence[str], folders: Collection[str]) -> str:
    holds_sections = not SECTIONS.isdisjoint(folders)
    inside = len(parts) > 2 and (parts[2] in SECTIONS or parts[1] in SECTIONS)
    if len(parts) > 2 and holds_sections and not inside:
        raise _cannot_tell(path)
    return "/".join(parts) + "/"


def _cannot_tell(path: str) -> UsageError:
    return UsageError(
        f"The path {path} does not say which project and source it is (…/cpg0037-oasis/broad would).",
        "Say it: --dataset project/source, for example --dataset cpg0037-oasis/broad.",
    )
