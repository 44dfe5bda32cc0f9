"""Which configuration and policy hold: what the command line says, then ``cpgate.toml``, then the defaults."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from validator.errors import CpgateError, UsageError
from validator.models.configuration import Configuration, IgnoredFiles, LevelChange
from validator.rulebook.config_name import CONFIG_NAME
from validator.rulebook.ignore import Base, Ignoring
from validator.rulebook.policy import DEFAULT_POLICY, Override, Policy
from validator.rulebook.policy_file import PolicyFile, find_policy
from validator.rulebook.scope import load_scope
from validator.sources.local import LocalSource
from validator.sources.package import is_package
from validator.sources.standing import SECTIONS, looks_like_project

if TYPE_CHECKING:
    from validator.rulebook.config import ConfigFile

_DEEPEST = 8
"""Folders above the one that is looked at in which its dataset is searched when no name says project."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for a run.

    Attributes
    ----------
    policy
        Levels of the rules, with what users decided about them.
    scope
        What is required; ``None`` finds it from the data.
    dataset
        ``project/source`` that the folder stands for (or deeper); ``None`` when its own names say it.
    mounts
        Folders that lie elsewhere, by key.
    ignoring
        What is left out; ``None`` when nothing is.
    record
        What a report says of it; without counts as long as nothing is listed.
    """

    policy: Policy
    scope: str | None = None
    dataset: str | None = None
    mounts: Mapping[str, Path] = field(default_factory=dict)
    ignoring: Ignoring | None = None
    record: Configuration | None = None


def policy_in_force(name: str | None, beside: Path | None = None) -> PolicyFile:
    """Read a policy of the rulebook or of the user, whose rules must exist.

    Parameters
    ----------
    name
        Name or file; ``None`` for the default.
    beside
        Folder that a relative path begins in; the current folder if not given.

    Raises
    ------
    UsageError
        If there is none, or it names a rule or a level that does not exist.
    """
    found = find_policy(name or DEFAULT_POLICY, beside)
    _check_rules(found.policy.overrides)
    return found


def settings_in_force(
    path: Path | None,
    *,
    config: Path | None = None,
    dataset: str | None = None,
    policy: str | None = None,
    scope: str | None = None,
) -> Settings:
    """Find out what holds for a folder.

    Parameters
    ----------
    path
        The folder that is looked at; ``None`` for a source that is none: then only ``config`` counts.
    config
        A configuration outside of the data; without it ``cpgate.toml`` in the dataset's folder, or in that of
        its project.
    dataset, policy, scope
        What the command line says; it wins.

    Raises
    ------
    UsageError
        If the configuration, the policy or the scope cannot be used.
    """
    place = config if config is not None else _find_config(path)
    if place is None:
        named = policy_in_force(policy)
        if scope is not None:
            load_scope(scope)
        return Settings(named.policy, scope, dataset, record=_record(None, named, (), {}))
    from validator.rulebook.config import read_config  # noqa: PLC0415  few datasets have one

    file = read_config(place)
    beside = place.parent
    named = policy_in_force(policy) if policy is not None else policy_in_force(file.config.policy, beside)
    scope = scope or file.config.scope
    if scope is not None:
        load_scope(scope)
    found = config is None
    dataset = dataset or _dataset(file, path if found else None)
    base = _base(place, path, dataset) if found and path is not None else None
    overrides = (*named.policy.overrides, *file.overrides(base))
    _check_rules(overrides)
    rules = file.ignore_rules()
    mounts = {key.strip("/") + "/": beside / folder for key, folder in file.config.mounts.items()}
    return Settings(
        replace(named.policy, overrides=overrides),
        scope,
        dataset,
        mounts,
        Ignoring(rules, Base(base)) if rules else None,
        _record(file, named, overrides, mounts, base),
    )


def _find_config(path: Path | None) -> Path | None:
    if path is None:
        return None
    full = Path(os.path.abspath(path))  # noqa: PTH100  takes away "..", which Path.absolute() keeps
    for folder in (*_homes(full), *_only_source(full)):
        if os.path.isfile(folder / CONFIG_NAME):  # noqa: PTH113  a folder without permission is no error here
            return folder / CONFIG_NAME
    return None


def _homes(path: Path) -> Sequence[Path]:
    """The folder, and those above it up to its project; where no name says project, up to the dataset's parent."""
    chain = [path, *path.parents]
    for index, folder in enumerate(chain):
        if looks_like_project(folder.name):
            return chain[: index + 1]
    dataset = dataset_folder(path)
    return chain[: chain.index(dataset) + 2] if dataset is not None else chain[:1]


def dataset_folder(path: Path) -> Path | None:
    """The folder of the dataset that a path belongs to, where no name tells: the outermost that holds sections.

    Parameters
    ----------
    path
        Absolute; the folder itself or something inside.
    """
    chain = [path, *path.parents][:_DEEPEST]  # a batch folder holds a folder images, too
    return next((folder for folder in reversed(chain) if _holds_sections(folder)), None)


def _holds_sections(folder: Path) -> bool:
    return any(os.path.isdir(folder / name) for name in SECTIONS)  # noqa: PTH112  no permission is no error here


def _only_source(path: Path) -> list[Path]:
    """The only source of a project's folder."""
    if not looks_like_project(path.name):
        return []
    try:
        below = [folder for folder in path.iterdir() if _holds_sections(folder)]
    except OSError:  # listing it says why
        return []
    return below if len(below) == 1 and below[0].name not in SECTIONS else []


def _dataset(file: "ConfigFile", path: Path | None) -> str | None:
    """What the folder that is looked at stands for, when the configuration says it of its own folder."""
    said = file.config.dataset
    if said is None or path is None:
        return said
    full = Path(os.path.abspath(path))  # noqa: PTH100  takes away "..", which Path.absolute() keeps
    home = Path(os.path.abspath(file.path.parent))  # noqa: PTH100  likewise
    return "/".join((said, *full.relative_to(home).parts)) if full.is_relative_to(home) else said


def _base(place: Path, path: Path, dataset: str | None) -> str | None:
    """Key of the folder that holds a configuration."""
    if dataset is None and is_package(path) and place.parent.resolve() == path.resolve():
        return ""
    try:
        prefix = LocalSource(path, dataset).prefix
    except CpgateError:  # what is wrong with the folder is said when it is listed
        return None
    full = Path(os.path.abspath(path))  # noqa: PTH100  takes away "..", which Path.absolute() keeps
    if place.parent.parent == full:
        return f"{prefix}{place.parent.name}/"
    above = len(full.relative_to(place.parent).parts)
    parts = prefix.rstrip("/").split("/")
    return "/".join(parts[: len(parts) - above]) + "/" if len(parts) > above else None


def _check_rules(overrides: Sequence[Override]) -> None:
    if not overrides:
        return
    from validator.checks.selection import matching_rules  # noqa: PLC0415  it knows every rule

    for override in overrides:
        try:
            matching_rules(override.rule)
        except UsageError as error:
            raise UsageError(f"{override.origin}: {error.what}", error.mend) from None


def _record(
    file: "ConfigFile | None",
    named: PolicyFile,
    overrides: Sequence[Override],
    mounts: Mapping[str, Path],
    base: str | None = None,
) -> Configuration | None:
    if file is None and not named.files:
        return None
    digest = hashlib.sha256()
    for part in (file.data if file else b"", named.digest.encode(), (base or "").encode()):
        digest.update(len(part).to_bytes(8, "big") + part)
    return Configuration(
        file=str(file.path) if file else None,
        policies=[str(path) for path in named.files],
        digest=digest.hexdigest(),
        levels=[
            LevelChange(
                rule=o.rule,
                level=o.level,
                paths=list(o.paths),
                reason=o.reason,
                origin=o.origin,
                of_policy=o.of_policy,
            )
            for o in overrides or named.policy.overrides
        ],
        ignored=[
            IgnoredFiles(patterns=list(rule.patterns), reason=rule.reason, origin=rule.origin)
            for rule in (file.ignore_rules() if file else ())
        ],
        mounts={key: str(folder) for key, folder in mounts.items()},
    )
