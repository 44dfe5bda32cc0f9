"""Patterns of paths with the meaning that they have in a ``.gitignore``, and the files that they leave out."""

import re
import unicodedata
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from validator.errors import UsageError

FOLDERS_REMEMBERED = 100_000

_SET = re.compile(r"\[[!^]?\]?(?:\[:[a-z]+:\]|\\.|[^\]])*\]")
_CLASS = re.compile(r"\[:([a-z]+):\]")
_CLASSES = {
    "alnum": "A-Za-z0-9",
    "alpha": "A-Za-z",
    "digit": "0-9",
    "lower": "a-z",
    "space": r" \t",
    "upper": "A-Z",
    "xdigit": "A-Fa-f0-9",
}


class PathPatterns:
    """Patterns that are asked about paths, as git asks them: folder by folder, from the top.

    What lies in a folder that is left out is left out too, whatever later patterns say of it.

    Parameters
    ----------
    patterns
        In their order; of those that match a path the last one decides.

    Raises
    ------
    UsageError
        If one of them is no pattern.

    Examples
    --------
    >>> patterns = PathPatterns(["scratch/", "*.tmp", "!keep.tmp"])
    >>> patterns.decided_by("images/scratch/a.tif"), patterns.decided_by("a.tmp"), patterns.decided_by("keep.tmp")
    (0, 1, None)
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        compiled = [_compile(pattern) for pattern in patterns]
        # The last one first, as it wins; with its search at hand, which says no to millions of names.
        self._compiled = [
            (i, made.search, made, ignores) for i, (made, ignores) in reversed([*enumerate(compiled)])
        ]
        self._folders: dict[str, int | None] = {"": None}

    def decided_by(self, path: str) -> int | None:
        """Index of the pattern that leaves a path out, or ``None``.

        Parameters
        ----------
        path
            Relative to the folder in which the patterns hold; a folder ends with ``/``.
        """
        cut = path.rfind("/", 0, -1) + 1
        above = self._decided_for_folder(path[:cut])
        return above if above is not None else self._last_match(path)

    def _decided_for_folder(self, folder: str) -> int | None:
        if folder not in self._folders:
            if len(self._folders) >= FOLDERS_REMEMBERED:
                self._folders = {"": None}
            self._folders[folder] = self.decided_by(folder)
        return self._folders[folder]

    def _last_match(self, path: str) -> int | None:
        for index, search, pattern, ignores in self._compiled:
            if search(path) is not None and _matches(pattern, path):
                return index if ignores else None
        return None


def _matches(pattern: re.Pattern[str], path: str) -> bool:
    """Whether a pattern matches this very path, not only a folder above it."""
    has_mark = "ps_d" in pattern.groupindex
    matches = pattern.finditer(path)
    return any(not has_mark or found.end("ps_d") in (-1, len(path)) for found in matches)


def _compile(pattern: str) -> tuple[re.Pattern[str], bool]:
    """A pattern ready to be searched for, and whether it ignores (or takes back what another one ignores)."""
    from pathspec.patterns.gitignore import GitIgnorePatternError  # noqa: PLC0415  most datasets have no patterns
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern  # noqa: PLC0415  see above

    text = unicodedata.normalize("NFC", pattern)
    while text.endswith(" ") and not text.endswith("\\ "):
        text = text[:-1]
    text = _SET.sub(lambda found: _CLASS.sub(lambda name: _CLASSES.get(name[1], name[0]), found[0]), text)
    if text.endswith("/**"):  # what is in the folder, not the folder
        text += "/*"
    elif text.endswith("/**/"):
        text += "*/"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # [[] is a set with one bracket, and meant so
            made = GitIgnoreSpecPattern(text)
    except (GitIgnorePatternError, re.error) as error:
        raise UsageError(f"{pattern!r} is no pattern of paths.", "Write it as in a .gitignore.") from error
    if made.regex is None or made.include is None:
        raise UsageError(
            f"{pattern!r} matches no path.",
            "Write it as in a .gitignore: a name, workspace/scratch/, *.tmp; a # at its beginning is written \\#.",
        )
    return made.regex, made.include


@dataclass(frozen=True, slots=True)
class Base:
    """The folder in which patterns hold.

    Attributes
    ----------
    key
        Its key, ends with ``/``; ``None`` is the folder ``project/source/`` of every dataset.
    """

    key: str | None = None

    def relative(self, key: str) -> str | None:
        """The key as it is seen from this folder; ``None`` when it does not lie in it."""
        if self.key is not None:
            return key[len(self.key) :] if key.startswith(self.key) and key != self.key else None
        below = key.split("/", 2)
        return below[2] if len(below) == 3 and below[2] else None


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """Patterns with their reason.

    Attributes
    ----------
    patterns, reason
        As they are written.
    origin
        File and line of the entry.
    lines
        Line of each pattern, 0 where it is not known.
    """

    patterns: tuple[str, ...]
    reason: str
    origin: str
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class IgnoredBy:
    """What leaves a path out: the rule's index, the rule, the pattern, and its line (0: not known)."""

    index: int
    rule: IgnoreRule
    pattern: str
    line: int


class Ignoring:
    """All that a configuration leaves out.

    Parameters
    ----------
    rules
        In their order.
    base
        The folder in which their patterns hold.
    """

    def __init__(self, rules: Sequence[IgnoreRule], base: Base) -> None:
        self.rules = tuple(rules)
        self._base = base
        self._all = [(i, n) for i, rule in enumerate(rules) for n in range(len(rule.patterns))]
        self._patterns = PathPatterns([rules[i].patterns[n] for i, n in self._all])

    def index_of(self, key: str) -> int | None:
        """Index of the rule that leaves a key out (of a folder: ends with ``/``), or ``None``."""
        found = self._decided_by(key)
        return None if found is None else self._all[found][0]

    def ignored_by(self, key: str) -> IgnoredBy | None:
        """What leaves a key out, or ``None``."""
        found = self._decided_by(key)
        if found is None:
            return None
        index, n = self._all[found]
        rule = self.rules[index]
        return IgnoredBy(index, rule, rule.patterns[n], rule.lines[n] if rule.lines else 0)

    def _decided_by(self, key: str) -> int | None:
        path = self._base.relative(key)
        return None if path is None else self._patterns.decided_by(path)
