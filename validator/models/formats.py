"""The files that cpgate itself writes: what one is, and which command it is for."""

import shlex
from dataclasses import dataclass
from typing import Literal

Sort = Literal["report", "receipt", "undo", "log"]


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A sort of file.

    Attributes
    ----------
    sort
        Its name here.
    mark
        What its first line holds.
    what
        What it is, for a sentence.
    use, command
        What it is good for, and the command for that, up to its name.
    """

    sort: Sort
    mark: bytes
    what: str
    use: str
    command: str

    def mend(self, path: str) -> str:
        """Say which command takes it."""
        return f"{self.use}: {self.command} {shlex.quote(path)}"


OWN_FILES = (
    OwnFile("report", b'"format":"cpgate-report/', "the report of a check", "to show it", "cpgate report"),
    OwnFile(
        "receipt", b'"format":"cpgate-receipt/', "the receipt of an upload", "to verify it", "cpgate verify"
    ),
    OwnFile(
        "undo",
        b'"format":"cpgate-undo/',
        "the undo file of a fix",
        "to take that fix back",
        "cpgate fix --undo",
    ),
    OwnFile("log", b'"event":"begin"', "the log of an upload", "to read it line by line", "jq .event"),
)
LONGEST_BEGINNING = 512


def own_file(beginning: bytes, wanted: Sort | None = None) -> OwnFile | None:
    """Tell which file of cpgate begins so; ``None`` if none does, or if it is the wanted one."""
    line = beginning[:LONGEST_BEGINNING].partition(b"\n")[0]
    return next((own for own in OWN_FILES if own.mark in line and own.sort != wanted), None)
