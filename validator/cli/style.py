"""What text on the terminal may look like."""

import sys
from typing import TextIO

from validator.cli.options import stdout_width
from validator.cli.terminal import wants_colour
from validator.reporters.style import Style


def terminal_style(colour: str = "auto", stream: TextIO | None = None) -> Style:
    """What text may look like on stdout."""
    stream = stream if stream is not None else sys.stdout
    return Style(stdout_width(), wants_colour(colour, stream), _has_middle_dot(stream))


def _has_middle_dot(stream: TextIO) -> bool:
    try:
        "·…“".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
