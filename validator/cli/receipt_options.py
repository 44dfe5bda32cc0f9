"""Options that say what an upload's receipt holds and where it goes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

LONGEST_NOTE = 2_000
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


class NoteType(click.ParamType[tuple[str, str]]):
    """``KEY=TEXT``, converted to the pair."""

    name = "note"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Split at the first ``=``."""
        if isinstance(value, tuple):
            return value
        key, separator, text = str(value).partition("=")
        if not separator or not _NAME.fullmatch(key):
            self.fail(
                "write KEY=TEXT, the key of letters, digits, '_', '-' and '.': --note microscope='Opera Phenix'",
                param,
                ctx,
            )
        if len(text) > LONGEST_NOTE:
            self.fail(f"the text of {key} is longer than {LONGEST_NOTE:,} characters", param, ctx)
        if not all(character.isprintable() for character in text):
            self.fail(f"the text of {key} holds a line break or a control character", param, ctx)
        return key, text


def receipt_options(command: Command) -> Command:
    """Add the options of a receipt."""
    for option in reversed(
        (
            click.option(
                "--receipt",
                type=click.Path(path_type=Path),
                metavar="FILE",
                help="Where the receipt goes; FILE.parquet makes it Parquet.",
            ),
            click.option(
                "--no-remote-receipt", is_flag=True, help="Put no copy of the receipt into the bucket."
            ),
            click.option(
                "--receipt-per-batch", is_flag=True, help="Write a receipt for each batch, too, beside it."
            ),
            click.option(
                "--note",
                "notes",
                type=NoteType(),
                multiple=True,
                metavar="KEY=TEXT",
                help="What the receipt says in your words: --note contact=me@lab.org",
            ),
            click.option(
                "--sha256",
                is_flag=True,
                help="SHA-256 of every file in the receipt, plain and as Quilt cuts it; reads each file once more.",
            ),
        )
    ):
        command = option(command)
    return command
