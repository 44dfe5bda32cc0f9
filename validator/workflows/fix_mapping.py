"""Writes a plan of renames as mounts: folders keep their names on the disk and get the right keys."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from validator.models.renames import FixPlan, Rename
from validator.reporters.outfile import OutFile
from validator.workflows.fix_disk import Disk

_MEANS_SOMETHING = re.compile(r"([\\*?\[])")
"""Characters that a pattern of a .gitignore does not take as they are."""


def mapped(plan: FixPlan) -> list[Rename]:
    """The renames that a mount can stand for: those of folders inside of a dataset."""
    return [rename for rename in plan.renames if rename.key.endswith("/") and rename.key.count("/") > 2]


def write_mapping(path: Path, plan: FixPlan, disk: Disk) -> None:
    """Write the mounts of a plan as a configuration; the file appears when it is whole.

    Parameters
    ----------
    path
        The file; it must not be there yet.
    plan
        The renames.
    disk
        Where things lie.

    Raises
    ------
    UsageError
        If nothing can be written there.
    """
    with OutFile(path, "mapping") as file:
        for line in mapping_lines(plan, disk):
            file.write(f"{line}\n")
        file.commit()


def mapping_lines(plan: FixPlan, disk: Disk) -> Iterator[str]:
    """Lines of the TOML document: mounts by their new keys, and what must not be seen under its old name too."""
    renames = sorted(mapped(plan), key=lambda rename: rename.new_key)
    yield "# Folders under the keys that they should have; nothing on the disk was renamed."
    yield "[mounts]"
    for rename in renames:
        yield f"{_text(rename.new_key.rstrip('/'))} = {_text(str(disk.path(rename.key)))}"
    if not renames:
        return
    yield ""
    yield "[[ignore]]"
    yield 'reason = "mounted under another name"'
    yield "patterns = ["
    for rename in renames:
        # Seen from its mount, a folder inside of another one that is mounted still has its own old name.
        parent = rename.new_key[: rename.new_key.rfind("/", 0, -1) + 1]
        below = f"{parent}{rename.old_name}/".split("/", 2)[2]
        pattern = "/" + _MEANS_SOMETHING.sub(r"\\\1", below)
        yield f"  {_text(pattern)},"
    yield "]"


def _text(value: str) -> str:
    """A TOML string: JSON's escapes are also TOML's."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
