"""Reads policies that users wrote: YAML files that extend another policy."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from validator.errors import UsageError
from validator.rulebook.mistakes import LongPath, first_mistake, mistake, read_bounded
from validator.rulebook.policy import Override, Policy, load_policy, policy_names

if TYPE_CHECKING:
    from validator.models.config import PolicyDocument

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy, and the files that it was read from.

    Attributes
    ----------
    policy
        The levels.
    files
        The user's file first, then those that it extends; empty for a policy of the rulebook.
    digest
        SHA-256 of the files; empty for a policy of the rulebook.
    """

    policy: Policy
    files: tuple[Path, ...] = ()
    digest: str = ""


def find_policy(name: str, beside: Path | None = None) -> PolicyFile:
    """Read a policy of the rulebook or of the user.

    Parameters
    ----------
    name
        ``gallery``, or the path of a file that ends with ``.yaml`` or ``.yml``.
    beside
        Folder that a relative path begins in; the current folder if not given.

    Raises
    ------
    UsageError
        If there is none, or it says something that does not exist.
    """
    return _find(name, beside or Path(), ())


def _find(name: str, beside: Path, before: tuple[Path, ...]) -> PolicyFile:
    if not name.lower().endswith(_SUFFIXES) and "/" not in name and "\\" not in name:
        return PolicyFile(load_policy(name))
    path = beside / name
    if path.resolve() in before:
        raise mistake(before[-1], 0, "the policies extend each other in a circle.", "Extend contribution.")
    data = read_bounded(path, "policy")
    document, lines = _parse(path, data)
    written = _validated(path, document, lines)
    if written.name in policy_names():
        raise mistake(
            path,
            lines.get(("name",), 0),
            f"{written.name} is the name of a policy of the rulebook.",
            "Choose another name.",
        )
    try:
        parent = _find(written.extends, path.parent, (*before, path.resolve()))
    except UsageError as error:
        if "extends" not in document or error.what.startswith(str(path.parent / written.extends)):
            raise
        raise mistake(path, lines.get(("extends",), 0), f"extends: {error.what}", error.mend) from None
    overrides = tuple(
        Override(
            rule,
            entry.level,
            entry.reason,
            f"{path.name}, line {lines['levels', rule]}" if ("levels", rule) in lines else path.name,
            of_policy=True,
        )
        for rule, entry in written.levels.items()
    )
    policy = replace(
        parent.policy,
        name=written.name or path.stem,
        version=written.version,
        overrides=(*parent.policy.overrides, *overrides),
    )
    digest = hashlib.sha256(data + parent.digest.encode()).hexdigest()
    return PolicyFile(policy, (path, *parent.files), digest)


def _parse(path: Path, data: bytes) -> tuple[dict[str, Any], dict[LongPath, int]]:
    import yaml  # noqa: PLC0415  20 ms that --help does not need

    try:
        text = data.decode("utf-8-sig")
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise mistake(path, line, "this is not UTF-8 text.", "Save the file as UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or "a character that YAML does not allow"
        raise mistake(path, mark.line + 1 if mark else 0, f"this is no YAML: {said}.") from None
    except (RecursionError, ValueError):  # a date that is none, say
        raise mistake(path, 0, "this is no YAML that can be read.") from None
    if not isinstance(document, dict) or not isinstance(tree, yaml.MappingNode):
        raise mistake(path, 0, "this is no policy.", "Write name:, extends: and levels:.")
    lines: dict[LongPath, int] = {}
    for key, value in tree.value:
        lines[(key.value,)] = key.start_mark.line + 1
        if key.value == "levels" and isinstance(value, yaml.MappingNode):
            for rule, _ in value.value:
                lines["levels", rule.value] = rule.start_mark.line + 1
    return document, lines


def _validated(path: Path, document: dict[str, Any], lines: dict[LongPath, int]) -> "PolicyDocument":
    from validator.models.config import PolicyDocument  # noqa: PLC0415  few write a policy

    known = {name: value for name, value in document.items() if value is not None}
    try:
        return PolicyDocument.model_validate(known)
    except ValidationError as error:
        raise first_mistake(error, PolicyDocument, path, lines) from None
