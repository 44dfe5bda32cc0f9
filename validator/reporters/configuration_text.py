"""What users decided about levels and files, as text: nothing is overridden or left out silently."""

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from validator.models.configuration import Configuration, IgnoredFiles, LevelChange
from validator.models.finding import Level
from validator.reporters.escape import shown
from validator.reporters.numbers import counted, number, size
from validator.reporters.style import Style

_LISTED = 5
"""Patterns of one entry that are shown; the report holds all."""


def file_name(configuration: Configuration | None) -> str:
    """What a configuration is called in texts; empty when there is none."""
    return shown(PurePath(configuration.file).name) if configuration and configuration.file else ""


def ignored_summary(configuration: Configuration | None) -> str:
    """How many files were left out, and by how many rules: ``3 files ignored (2 rules, cpgate.toml)``."""
    used = [entry for entry in configuration.ignored if entry.files] if configuration else []
    if not used:
        return ""
    files = sum(entry.files for entry in used)
    return f"{counted(files, 'file')} ignored ({counted(len(used), 'rule')}, {file_name(configuration)})"


def configuration_lines(
    configuration: Configuration | None, overridden: Sequence[int], style: Style
) -> Iterator[str]:
    """Every entry of a configuration with its reason and how much it concerned, without newlines.

    Parameters
    ----------
    configuration
        What a report's header holds.
    overridden
        How many findings each of its levels decided; shorter in reports of older versions.
    style
        Width and colours.
    """
    if configuration is None:
        return
    for key, folder in configuration.mounts.items():
        yield from style.wrap(f"mounted  {shown(key)} from {shown(folder)}", 0, 9)
    for entry in configuration.ignored:
        yield from style.wrap(_ignored(entry), 0, 9)
    for index, change in enumerate(configuration.levels):
        findings = overridden[index] if index < len(overridden) else 0
        if findings or not change.of_policy:  # a policy has many levels; those that did something are told
            yield from style.wrap(_changed(change, findings), 0, 9)
    for key in configuration.not_used:
        text = (
            f"not used {shown(key)}: a configuration holds when its own dataset is checked, or with --config"
        )
        yield from style.wrap(text, 0, 9)


def _ignored(entry: IgnoredFiles) -> str:
    patterns = ", ".join(shown(pattern) for pattern in entry.patterns[:_LISTED])
    if len(entry.patterns) > _LISTED:
        patterns += f" and {number(len(entry.patterns) - _LISTED)} more"
    amount = f"{counted(entry.files, 'file')}, {size(entry.size)}" if entry.files else "no file"
    return f"ignored  {amount}: {patterns} · {shown(entry.reason)} ({shown(entry.origin)})"


def _changed(change: LevelChange, findings: int) -> str:
    where = f" in {', '.join(shown(path) for path in change.paths)}" if change.paths else ""
    reason = f" · {shown(change.reason)}" if change.reason else ""
    amount = counted(findings, "finding") if findings else "no finding"
    if change.level is Level.OFF and not change.paths:
        amount = "not looked for"
    return f"level    {shown(change.rule)} is {change.level.value}{where}, {amount}{reason} ({shown(change.origin)})"
