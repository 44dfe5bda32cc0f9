"""Names that systems and programs leave behind and nobody means to publish."""

import fnmatch
import re
from collections.abc import Iterable
from functools import cache
from typing import Literal

from validator.rulebook.locate import read_rulebook_file


@cache
def _matcher(section: str) -> re.Pattern[str]:
    patterns = [entry["pattern"] for entry in read_rulebook_file("junk.yaml")[section]]
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns), re.IGNORECASE)


@cache
def _first_and_last(section: str) -> tuple[frozenset[str], frozenset[str]]:
    # What a junk name can begin or end with: spares millions of ordinary names the full comparison.
    patterns = [entry["pattern"].lower() for entry in read_rulebook_file("junk.yaml")[section]]
    firsts = frozenset(pattern[0] for pattern in patterns if pattern[0] not in "*?")
    lasts = frozenset(pattern[-1] for pattern in patterns if pattern[0] in "*?")
    return firsts, lasts


def junk_edges(section: Literal["files", "folders"]) -> tuple[str, str]:
    """Letters, in both cases, with one of which a junk name begins, or with one of which it ends."""
    firsts, lasts = _first_and_last(section)
    return "".join(letter.lower() + letter.upper() for letter in sorted(firsts)), "".join(
        letter.lower() + letter.upper() for letter in sorted(lasts)
    )


def _is_junk(name: str, section: str) -> bool:
    if not name:
        return False
    firsts, lasts = _first_and_last(section)
    if name[0].lower() not in firsts and name[-1].lower() not in lasts:
        return False
    return _matcher(section).match(name) is not None


def is_junk(name: str) -> bool:
    """Whether a file of this name is junk (``.DS_Store``, ``Thumbs.db``, ``~$plan.xlsx``)."""
    return _is_junk(name, "files")


def junk_among(names: Iterable[str]) -> set[str]:
    """Names of files that are junk.

    >>> junk_among(["r01c01f01p01-ch1sk1fk1fl1.tiff", "Thumbs.db", "._r01c01f01p01-ch1sk1fk1fl1.tiff"]) == {
    ...     "Thumbs.db", "._r01c01f01p01-ch1sk1fk1fl1.tiff"
    ... }
    True
    """
    firsts, lasts = map(frozenset, junk_edges("files"))
    return {name for name in names if (name[:1] in firsts or name[-1:] in lasts) and is_junk(name)}


def is_junk_folder(name: str) -> bool:
    """Whether everything in a folder of this name is junk (``@eaDir``, ``__MACOSX``)."""
    return _is_junk(name, "folders")


def junk_origin(key: str) -> tuple[str, str] | None:
    """Pattern that makes a key junk, and the program that leaves such names behind; ``None`` when it is none.

    >>> junk_origin("cpg0051-heart/broad/images/@eaDir/a.tif")
    ('@eaDir', 'Synology')
    """
    *folders, name = key.split("/")
    for section, names in (("folders", folders), ("files", [name])):
        for entry in read_rulebook_file("junk.yaml")[section]:
            if any(fnmatch.fnmatch(part.lower(), entry["pattern"].lower()) for part in names):
                return entry["pattern"], entry["from"]
    return None


def junk_patterns(section: Literal["files", "folders"]) -> tuple[str, ...]:
    """Patterns of junk: ``*`` is any text, ``?`` any one character; case does not matter."""
    return tuple(entry["pattern"] for entry in read_rulebook_file("junk.yaml")[section])
