"""Draws what a command prints as an SVG picture, colours included; nothing is typed by hand.

    python docs/terminal_picture.py docs/images/check.svg    # makes a demo plate and checks it

Run it again when the output of ``cpgate check`` changes.
"""

import os
import re
import subprocess
import sys
import tempfile
import unicodedata
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

from validator.workflows.demo_plate import make_demo_plate

SHOWN = ("batch-date-spelling", "image-missing", "image-truncated", "site-form", "junk-file")
COLUMNS = 110
CHARACTER, LINE, MARGIN, BAR = 7.8, 18.0, 16.0, 30.0
GROUND, INK, FAINT = "#1d2327", "#d9dee0", "#8b979c"
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
COLOURS = {
    30: "#5c6a70", 31: "#ff6b6b", 32: "#7ec97e", 33: "#e6b450", 34: "#6cb2f0", 35: "#d19ae6", 36: "#56c8c8", 37: INK,
    90: FAINT, 91: "#ff8787", 92: "#9ade9a", 93: "#f0c674", 94: "#8cc6ff", 95: "#e0b3f0", 96: "#7adada", 97: "#ffffff",
}  # fmt: skip
_SGR = re.compile(r"\x1b\[([0-9;]*)m")


@dataclass(frozen=True)
class Look:
    """Colour and weight of a run of characters."""

    colour: str = INK
    bold: bool = False
    dim: bool = False

    def after(self, codes: str) -> "Look":
        """Return the look after an escape sequence with these codes."""
        look = self
        for code in (int(part or 0) for part in codes.split(";")):
            if code == 0:
                look = Look()
            elif code == 1:
                look = replace(look, bold=True)
            elif code == 2:
                look = replace(look, dim=True)
            elif code == 22:
                look = replace(look, bold=False, dim=False)
            elif code == 39:
                look = replace(look, colour=INK)
            elif code in COLOURS:
                look = replace(look, colour=COLOURS[code])
        return look


def draw(text: str, title: str) -> str:
    """Return an SVG picture of a terminal that shows this text."""
    lines = text.rstrip("\n").split("\n")
    width = max(COLUMNS, *(len(_SGR.sub("", line)) for line in lines)) * CHARACTER + 2 * MARGIN
    height = len(lines) * LINE + BAR + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{GROUND}" stroke="#48545a"/>',
        *(
            f'<circle cx="{x}" cy="17" r="5.5" fill="{c}"/>'
            for x, c in ((20, "#ff5f57"), (40, "#febc2e"), (60, "#28c840"))
        ),
        f'<g font-family="{FONT}" font-size="13" xml:space="preserve">',
    ]
    look = Look()
    for row, line in enumerate(lines):
        column = 0
        baseline = BAR + MARGIN + row * LINE + 9
        pieces = _SGR.split(line)
        for index, piece in enumerate(pieces):
            if index % 2:
                look = look.after(piece)
            elif piece:
                parts.extend(_run(piece, column, baseline, look))
                column += _cells(piece)
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _run(text: str, column: int, baseline: float, look: Look) -> list[str]:
    """One run; words that stand far apart are placed each for itself, so that columns stay columns."""
    drawn = []
    for match in re.finditer(r"\S+(?: \S+)*", text):
        word = match.group()
        style = (' font-weight="600"' if look.bold else "") + (' opacity="0.7"' if look.dim else "")
        left = MARGIN + (column + _cells(text[: match.start()])) * CHARACTER
        drawn.append(
            f'<text x="{left:.1f}" y="{baseline:.1f}" textLength="{_cells(word) * CHARACTER:.1f}" '
            f'lengthAdjust="spacingAndGlyphs" fill="{look.colour}"{style}>{escape(word)}</text>'
        )
    return drawn


def run_check(folder: Path) -> str:
    """Make the demo plate with a few of its defects and return what ``cpgate check`` prints about it."""
    make_demo_plate(folder / "plate", defects=SHOWN)
    environment = os.environ | {"FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}
    done = subprocess.run(
        [sys.executable, "-m", "validator", "check", "cpg0099-demo/lab"],
        cwd=folder / "plate", env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, text=True,
    )  # fmt: skip
    if done.returncode != 1:
        sys.exit(f"cpgate check ended with exit code {done.returncode}; the picture is not drawn")
    return f"\x1b[36m$ cpgate check cpg0099-demo/lab\x1b[0m\n{done.stdout}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        picture = draw(run_check(Path(temporary)), "cpgate check, on the demo plate")
    Path(sys.argv[1]).write_text(picture, encoding="utf-8")
