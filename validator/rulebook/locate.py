"""Where the rulebook lies: `schemas/` in a checkout, `validator/schemas/` in an installed wheel."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from validator.errors import RulebookError


@cache
def rulebook_folder() -> Traversable:
    """Folder that holds the rulebook's YAML files.

    Raises
    ------
    RulebookError
        When neither the wheel nor a checkout has one.
    """
    installed = files("validator") / "schemas"
    checkout = Path(__file__).parents[2] / "schemas"
    for folder in (installed, checkout):
        if folder.joinpath("rulebook.yaml").is_file():
            return folder
    raise RulebookError("The rulebook is missing from this installation.", "Install cpgate again.")


@cache
def read_rulebook_file(name: str) -> Any:
    """Parse one YAML file of the rulebook; callers share the result and must not change it.

    Parameters
    ----------
    name
        Path below the rulebook, ``layout.yaml`` or ``policies/gallery.yaml``.

    Raises
    ------
    RulebookError
        When the file is missing or is not YAML.
    """
    import yaml  # noqa: PLC0415  20 ms that --help does not need

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text = rulebook_folder().joinpath(*name.split("/")).read_text(encoding="utf-8")
        return yaml.load(text, Loader=loader)  # noqa: S506  a safe loader, the fast one where there is one
    except OSError as error:
        raise RulebookError(f"The rulebook has no file {name}.", "Install cpgate again.") from error
    except yaml.YAMLError as error:
        raise RulebookError(f"The rulebook's file {name} cannot be read.", "Install cpgate again.") from error


def rulebook_version() -> str:
    """Version of the rulebook, ``1.0``."""
    return str(read_rulebook_file("rulebook.yaml")["version"])


def rulebook_readme(section: str) -> str:
    """Return a section of the rulebook's README, with its heading.

    Parameters
    ----------
    section
        Its heading, ``Versions``.

    Raises
    ------
    RulebookError
        When there is none.
    """
    text = rulebook_folder().joinpath("README.md").read_text(encoding="utf-8")
    _, found, rest = text.partition(f"\n## {section}\n")
    if not found:
        raise RulebookError(f"The rulebook's README has no section {section}.", "Install cpgate again.")
    return f"## {section}\n{rest.partition(chr(10) + '## ')[0]}"
