"""``.pre-commit-hooks.yaml``, made from the table below: ``python -m validator.reporters.hooks``."""

import re
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hook:
    """One hook that other repositories can use.

    Attributes
    ----------
    id, name, description
        As pre-commit shows them.
    entry
        The command.
    files
        Regular expression that the paths of its files must hold, as pre-commit searches it.
    """

    id: str
    name: str
    description: str
    entry: str
    files: str

    def matches(self, path: str) -> bool:
        """Whether pre-commit passes this file to the hook."""
        return re.search(self.files, path) is not None


HOOKS = (
    Hook(
        id="cpgate-layout",
        name="Cell Painting Gallery: names and folders",
        description="Batch dates, misspelt folders and special characters in the parts of a dataset that a repository holds",
        entry="cpgate hook layout",
        files=r"(^|/)(images|workspace|workspace_dl)/",
    ),
    Hook(
        id="cpgate-manifest",
        name="Cell Painting Gallery: provenance manifests",
        description="profile_index.json: required fields, ETags, permalinks that stay what they are",
        entry="cpgate hook manifest",
        files=r"(^|/)([^/]*[._-])?profile_index([._-][^/]*)?\.(json|csv)$",
    ),
)


def hooks_file() -> str:
    """Text of ``.pre-commit-hooks.yaml``."""
    lines = ["# Made by: python -m validator.reporters.hooks > .pre-commit-hooks.yaml"]
    for hook in HOOKS:
        lines += [
            f"- id: {hook.id}",
            f"  name: '{hook.name}'",
            f"  description: '{hook.description}'",
            f"  entry: {hook.entry}",
            "  language: python",
            f"  files: '{hook.files}'",
            "  require_serial: true  # one run sees all files, so that one mistake is told once",
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(hooks_file())
