"""How text is laid out: width, colours, wrapping, alignment."""

import textwrap
from dataclasses import dataclass
from typing import Literal

from validator.models.finding import Level

Colour = Literal["red", "yellow", "blue", "green", "cyan", "bold", "dim"]
_CODES: dict[Colour, str] = {
    "red": "1;31",
    "yellow": "33",
    "blue": "34",
    "green": "32",
    "cyan": "36",
    "bold": "1",
    "dim": "2",
}
LEVEL_COLOURS: dict[Level, Colour] = {Level.ERROR: "red", Level.WARNING: "yellow", Level.INFO: "blue"}
NARROW = 72
"""Columns below which text gives up its wide margin."""
WIDEST = 120
"""Columns beyond which a line is hard to follow."""
_PLAIN = str.maketrans({"·": "-", "…": "...", "“": '"', "”": '"', "→": "->", "µ": "u"})


@dataclass(frozen=True, slots=True)
class Style:
    """Where text goes and what it may look like there.

    Attributes
    ----------
    width
        Columns.
    colour
        Whether to colour.
    unicode
        Whether the reader's encoding has characters beyond ASCII.
    """

    width: int = 100
    colour: bool = False
    unicode: bool = True

    @property
    def margin(self) -> int:
        """Columns before everything that belongs to a headline."""
        return 9 if self.width >= NARROW else 2

    def paint(self, text: str, colour: Colour) -> str:
        """Colour some text, where there is colour."""
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if self.colour and text else text

    def finish(self, line: str) -> str:
        """Make a line ready to be written."""
        line = line.rstrip()
        return (line if self.unicode else line.translate(_PLAIN)) + "\n"

    def wrap(self, text: str, indent: int, hanging: int | None = None) -> list[str]:
        """Wrap text to the width; a path that is longer runs on, it is never cut.

        Parameters
        ----------
        text
            One paragraph.
        indent, hanging
            Columns before the first line, and before the others.
        """
        return textwrap.wrap(
            text,
            width=max(self.width, indent + 20),
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent if hanging is None else hanging),
            break_long_words=False,
            break_on_hyphens=False,
        )

    def apart(self, left: str, right: str) -> str | None:
        """One line with two ends, or ``None`` when they do not fit."""
        gap = min(self.width, WIDEST) - len(left) - len(right)
        if gap < 3:
            gap = self.width - len(left) - len(right)
        return left + " " * gap + right if gap >= 3 else None
