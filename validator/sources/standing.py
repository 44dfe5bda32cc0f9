"""What a folder on disk stands for: which key its files begin with."""

import os
import re
from collections.abc import Collection, Sequence
from pathlib import Path

from validator.errors import UsageError

SECTIONS = frozenset({"images", "workspace", "workspace_dl"})
"""Folders of a dataset; a folder that holds one of them is a dataset."""

DEEPEST_PART = 5
"""How far above a folder its source is looked for: ``images/<batch>/images/<plate>/Images``."""

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
        When it does not name a project and a source, or the folder holds projects that say so themselves.
    """
    parts = dataset.strip("/").split("/")
    if len(parts) < 2 or any(part in ("", ".", "..") for part in parts):
        raise UsageError(
            f"--dataset {dataset} does not name a project and a source.", "Say --dataset project/source."
        )
    if len(parts) == 2:
        below = _below_source(path, parts, folders)
        if not below:
            _require_no_project(dataset, folders)
        parts += below
    return "/".join(parts) + "/"


def _require_no_project(dataset: str, folders: Collection[str]) -> None:
    """A source holds no projects: their keys begin with their own names."""
    project = next((name for name in sorted(folders) if _PROJECT.fullmatch(name)), None)
    if project is not None and SECTIONS.isdisjoint(folders):
        raise UsageError(
            f"--dataset {dataset} says what the folder stands for, but in it lies {project}/, a project by its name.",
            "Leave --dataset out, or name the folder of the source (of a listing: --prefix project/source).",
        )


def _below_source(path: str, dataset: Sequence[str], folders: Collection[str]) -> list[str]:
    """Find where below ``project/source`` a folder stands; empty when it is the source itself.

    A batch folder holds ``images/`` as a source does: taken for one, its files would get keys without a batch.
    """
    if "workspace" in folders:
        return []
    segments = [part for part in path.replace(os.sep, "/").split("/") if part]
    for index in range(len(segments) - 1):
        if segments[index : index + 2] == list(dataset):  # the path says it too
            return segments[index + 2 :]
    here = Path(path)
    for depth, above in enumerate(here.parents[:DEEPEST_PART], start=1):
        below = segments[-depth:]
        if below[0] in SECTIONS and (above / "workspace").is_dir() and (above / "images").is_dir():
            return below
    if here.name in SECTIONS and SECTIONS.isdisjoint(folders):
        return [here.name]  # .../broad/workspace --dataset cpg0037-oasis/broad
    if "illum" in folders:
        said = "/".join(dataset)
        raise UsageError(
            f"{path} looks like the folder of a batch (it holds illum/), not like {said}.",
            f"Say which part it is, --dataset {said}/images/{here.name}, or give the folder of the dataset.",
        )
    return []


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
