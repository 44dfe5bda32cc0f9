"""Options about derived products: which of a dataset's files they are, and how they were made."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def provenance_options(command: Command) -> Command:
    """Add ``--only-kind``, ``--recipe`` and ``--recipe-config``."""
    for option in (
        click.option(
            "--recipe-config",
            "recipe_configs",
            multiple=True,
            metavar="[SUBSET=]URL",
            help="Permalink to the configuration that was used, of all subsets or of one.",
        ),
        click.option(
            "--recipe",
            metavar="URL",
            help="Permalink to the code that made the products: writes profile_index.json into the bucket.",
        ),
        click.option(
            "--only-kind",
            type=click.Choice(["derived"]),
            help="Only derived products: workspace/profiles_assembled and workspace_dl.",
        ),
    ):
        command = option(command)
    return command
