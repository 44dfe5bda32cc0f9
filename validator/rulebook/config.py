"""Reads ``cpgate.toml``: what a dataset's contributor decided about levels, ignored files and mounts."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from validator.errors import UsageError
from validator.models.config import Config
from validator.rulebook.ignore import IgnoreRule, PathPatterns
from validator.rulebook.mistakes import LongPath, first_mistake, key_path, mistake, read_bounded
from validator.rulebook.policy import Override

_SECTIONS = ("images", "workspace", "workspace_dl")
_HEADER = re.compile(r"\s*\[\[\s*(level|ignore)\s*\]\]")
_TOML_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A configuration that was read.

    Attributes
    ----------
    path
        The file.
    data
        Its bytes.
    config
        What it says.
    lines
        Line of each entry and key that could be found.
    """

    path: Path
    data: bytes
    config: Config
    lines: dict[LongPath, int]

    def origin(self, section: str, index: int) -> str:
        """File and line of an entry, for people."""
        line = self.lines.get((section, index))
        return f"{self.path.name}, " + (f"line {line}" if line else key_path((section, index)))

    def overrides(self, base: str | None) -> tuple[Override, ...]:
        """The levels that it sets, in their order.

        Parameters
        ----------
        base
            Key of the folder in which its paths hold; ``None`` for that of every dataset.
        """
        return tuple(
            Override(
                entry.rule, entry.level, entry.reason, self.origin("level", i), tuple(entry.paths), base=base
            )
            for i, entry in enumerate(self.config.level)
        )

    def ignore_rules(self) -> tuple[IgnoreRule, ...]:
        """The patterns of files that it leaves out, in their order."""
        return tuple(
            IgnoreRule(
                tuple(entry.patterns),
                entry.reason,
                self.origin("ignore", i),
                tuple(self.lines.get(("ignore", i, "patterns", n), 0) for n in range(len(entry.patterns))),
            )
            for i, entry in enumerate(self.config.ignore)
        )


def read_config(path: Path) -> ConfigFile:
    """Read a configuration.

    Raises
    ------
    UsageError
        If it cannot be read or says something that does not exist; names the line or the key, what was
        expected, and the nearest known name.
    """
    data = read_bounded(path, "configuration")
    document = _parse(path, data)
    lines = _find_lines(data.decode("utf-8", "replace"), document)
    try:
        config = Config.model_validate(document)
    except ValidationError as error:
        raise first_mistake(error, Config, path, lines) from None
    _check_patterns(path, config, lines)
    _check_mounts(path, config, lines)
    return ConfigFile(path, data, config, lines)


def _parse(path: Path, data: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise mistake(path, line, "this is not UTF-8 text.", "Save the file as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        text = str(error)
        place = _TOML_PLACE.search(text)
        said = text[: place.start()] if place else text
        line = int(place[1]) if place and place[1] else data.count(b"\n") + 1
        raise mistake(path, line, f"this is no TOML: {said[:1].lower()}{said[1:]}.", "See toml.io.") from None
    except RecursionError:
        raise mistake(path, 0, "its lists are nested too deeply.") from None


def _find_lines(text: str, document: dict[str, Any]) -> dict[LongPath, int]:
    """Lines of top-level keys, of entries, and of the patterns in them; only what is certain."""
    lines: dict[LongPath, int] = {}
    rows = text.splitlines()
    headers: dict[str, list[int]] = {"level": [], "ignore": []}
    for number, row in enumerate(rows, start=1):
        if found := _HEADER.match(row):
            headers[found[1]].append(number)
        elif found := re.match(r"([A-Za-z_-]+)\s*=", row):
            lines.setdefault((found[1],), number)
    starts = sorted(number for numbers in headers.values() for number in numbers)
    for section, numbers in headers.items():
        entries = document.get(section)
        if not isinstance(entries, list) or len(entries) != len(numbers):
            continue
        for index, number in enumerate(numbers):
            end = next((start for start in starts if start > number), len(rows) + 1)
            lines[section, index] = number
            _find_lines_of_entry(lines, (section, index), entries[index], rows, range(number + 1, end))
    return lines


def _find_lines_of_entry(
    lines: dict[LongPath, int], where: LongPath, entry: dict[str, Any], rows: list[str], numbers: range
) -> None:
    for number in numbers:
        if found := re.match(r"\s*([A-Za-z_-]+)\s*=", rows[number - 1]):
            lines.setdefault((*where, found[1]), number)
    patterns = entry.get("patterns")
    for n, pattern in enumerate(patterns if isinstance(patterns, list) else ()):
        quoted = (f'"{pattern}"', f"'{pattern}'")
        line = next((number for number in numbers if any(q in rows[number - 1] for q in quoted)), 0)
        if line:
            lines[*where, "patterns", n] = line


def _check_patterns(path: Path, config: Config, lines: dict[LongPath, int]) -> None:
    wanted = [(("level", i, "paths"), entry.paths) for i, entry in enumerate(config.level)]
    wanted += [(("ignore", i, "patterns"), entry.patterns) for i, entry in enumerate(config.ignore)]
    for where, patterns in wanted:
        for n, pattern in enumerate(patterns):
            try:
                PathPatterns([pattern])
            except UsageError as error:
                known = ((*where, n), where, where[:2])
                line = next((lines[place] for place in known if place in lines), 0)
                raise mistake(path, line, f"{key_path((*where, n))}: {error.what}", error.mend) from None


def _check_mounts(path: Path, config: Config, lines: dict[LongPath, int]) -> None:
    for key in config.mounts:
        parts = key.strip("/").split("/")
        if any(part in ("", ".", "..") for part in parts) or parts[0] in _SECTIONS or len(parts) < 3:
            raise mistake(
                path,
                lines.get(("mounts",), 0),
                f"mounts: {key!r} is not the key of a folder inside a dataset.",
                "Write the whole key: cpg0051-heart/broad/images/2024_03_06_Rep2.",
            )
