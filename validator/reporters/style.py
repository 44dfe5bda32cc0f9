"""How text is laid out: width, colours, wrapping, alignment."""

import re
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
_HELD = "\x1f"
"""Stands for a space at which no line may break."""
_QUOTED = re.compile(r"“[^“”]*”|(?<!\w)'[^']*'(?!\w)")
"""Names in quotation marks, and words as a shell quotes them."""
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
        """Wrap text to the width; a name in quotation marks or a path (see `held`) that is longer runs on, it is never cut.

        Parameters
        ----------
        text
            One paragraph.
        indent, hanging
            Columns before the first line, and before the others.
        """
        lines = textwrap.wrap(
            _QUOTED.sub(lambda found: found[0].replace(" ", _HELD), text),
            width=max(self.width, indent + 20),
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent if hanging is None else hanging),
            break_long_words=False,
            break_on_hyphens=False,
        )
        return [line.replace(_HELD, " ") for line in lines]

    def apart(self, left: str, right: str) -> str | None:
        """One line with two ends, or ``None`` when they do not fit."""
        gap = min(self.width, WIDEST) - len(left) - len(right)
        if gap < 3:
            gap = self.width - len(left) - len(right)
        return left + " " * gap + right if gap >= 3 else None


def held(name: str) -> str:
    """A name as a part of a text that is to be wrapped: it can be copied from one line, spaces or not.

    Examples
    --------
    >>> Style(width=24).wrap(f"expected {held('images/Plate 1 of 2')}", 0)
    ['expected', 'images/Plate 1 of 2']
    """
    return name.replace(" ", _HELD)
