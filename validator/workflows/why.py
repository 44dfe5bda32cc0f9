"""How one path is placed, or why it is left out, and which rules look at it."""

import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from validator.checks.registry import FileCheck, all_checks
from validator.checks.wells import Well, well_name
from validator.errors import UsageError
from validator.index.images import IMAGES_OF_PLATES
from validator.models.explanation import Explanation, LeftOutBecause, RuleInForce, Segment
from validator.models.place import Place
from validator.models.rule import FAMILIES, Rule
from validator.rulebook.config_name import CONFIG_KIND, is_config
from validator.rulebook.imagers import read_image_names
from validator.rulebook.junk import junk_origin
from validator.rulebook.layout import Layout, load_layout
from validator.rulebook.policy import Policy
from validator.rulebook.template import load_entities
from validator.sources.keys import RECEIPTS
from validator.sources.standing import SECTIONS, find_prefix, looks_like_project
from validator.workflows.configuration import Settings, dataset_folder, settings_in_force


@dataclass(frozen=True, slots=True)
class WhyRequest:
    """Which path to explain.

    Attributes
    ----------
    path
        A file or a folder on disk, or a key. A key is that of a folder when it ends with ``/`` or when its last
        name has no dot.
    dataset, policy, config
        As for a check, see `CheckRequest`.
    """

    path: str
    dataset: str | None = None
    policy: str | None = None
    config: Path | None = None


def explain_path(request: WhyRequest) -> Explanation:
    """Explain how a path is placed.

    Raises
    ------
    UsageError
        If nothing tells which key a path has, or the configuration cannot be used.
    """
    on_disk = os.path.lexists(request.path)
    folder = _folder_of(request.path) if on_disk else None
    settings = settings_in_force(
        folder, config=request.config, dataset=request.dataset, policy=request.policy
    )
    key = _key_on_disk(request.path, settings) if on_disk else _key(request.path, settings)
    layout = load_layout()
    segments, place = _walk(layout, key)
    left_out = _left_out(key, settings)
    kind = CONFIG_KIND if is_config(key) else "" if place.misfit is not None else place.kind
    return Explanation(
        key=key,
        on_disk=on_disk,
        segments=segments,
        kind=kind,
        entities=dict(place.entities),
        image=_image(key.rpartition("/")[2]) if kind in IMAGES_OF_PLATES else {},
        left_out=left_out,
        policy=settings.policy.name,
        configuration=settings.record.file if settings.record else None,
        rules=[] if left_out else _rules(kind, key, settings.policy),
        families={} if left_out else _families(settings.policy),
    )


def _folder_of(path: str) -> Path:
    full = Path(path)
    return full if full.is_dir() else full.parent


def _key_on_disk(path: str, settings: Settings) -> str:
    full = unicodedata.normalize("NFC", os.path.abspath(path))  # noqa: PTH100  takes away "..", links stay
    end = "/" if Path(path).is_dir() else ""
    above = full if end else str(Path(full).parent)
    if settings.dataset is None:
        prefix = find_prefix(above, _below(path) if end else ())
        return prefix if end else prefix + full.rpartition(os.sep)[2]
    home = dataset_folder(Path(above))
    inside = Path(full).relative_to(home).parts if home is not None else (Path(full).name,)
    said = settings.dataset.strip("/").split("/")[:2]
    return "/".join((*said, *inside)) + end


def _below(path: str) -> tuple[str, ...]:
    try:
        with os.scandir(path) as found:
            return tuple(entry.name for entry in found if entry.is_dir())
    except OSError:  # a folder that cannot be read is placed by its name
        return ()


def _key(path: str, settings: Settings) -> str:
    key = unicodedata.normalize("NFC", path).replace("\\", "/")
    if key.startswith("s3://"):
        key = key.removeprefix("s3://").partition("/")[2]
    key = key.lstrip("/")
    parts = key.split("/")
    if parts[-1] and "." not in parts[-1]:
        key, parts = f"{key}/", [*parts, ""]
    if parts[0] in SECTIONS and settings.dataset is not None:
        return f"{settings.dataset.strip('/')}/{key}"
    start = next((i for i, part in enumerate(parts) if looks_like_project(part)), None)
    if start is not None:
        return "/".join(parts[start:])
    if parts[0] in SECTIONS or len(parts) < 3:
        raise UsageError(
            f"There is no {path}, and as a key it does not begin with a project.",
            "Give the whole key, cpg0051-heart/broad/images/..., or say --dataset cpg0051-heart/broad.",
        )
    return key


def _walk(layout: Layout, key: str) -> tuple[list[Segment], Place]:
    """Place a key step by step, down to the first part that has no place."""
    folders, _, name = key.rpartition("/")
    segments: list[Segment] = []
    known: Mapping[str, str] = {}
    place = layout.place_folder("")
    done = ""
    for part in folders.split("/") if folders else ():
        done += f"{part}/"
        before, place = place, layout.place_folder(done)
        segments.append(_segment(part + "/", place, known, inside=_same_kind(before, place)))
        known = place.entities
    if name:
        folder, place = place, layout.place_file(place, name)
        if is_config(key):
            place = Place(CONFIG_KIND, folder.entities)
        segments.append(_segment(name, place, known, inside=place.kind == folder.kind))
    return segments, place


def _image(name: str) -> dict[str, str]:
    """What the name of a raw image says, as far as its form is known."""
    _, sites = read_image_names([name])
    return {
        name: value
        for site, channels in sites.items()
        for name, value in (
            ("well", well_name(Well(site.row, site.column))),
            ("site", str(site.site)),
            ("channel", ", ".join(sorted(channels))),
        )
    }


def _same_kind(before: Place, place: Place) -> bool:
    return place.kind == before.kind and place.misfit is None


def _segment(name: str, place: Place, known: Mapping[str, str], *, inside: bool) -> Segment:
    entities = {entity: value for entity, value in place.entities.items() if known.get(entity) != value}
    meanings = [load_entities()[entity].meaning for entity in entities if entity in load_entities()]
    misfit = place.misfit
    if misfit is not None and misfit.segment != name.rstrip("/"):
        return Segment(name=name, state="below")
    if misfit is not None:
        return Segment(
            name=name,
            state="misfit",
            kind=misfit.parent_kind,
            expected=list(misfit.expected),
            nearest=misfit.nearest,
        )
    free = inside and not entities
    return Segment(
        name=name,
        state="free" if free else "placed",
        kind=place.kind,
        entities=entities,
        meaning=", ".join(meanings),
    )


def _left_out(key: str, settings: Settings) -> LeftOutBecause | None:
    if RECEIPTS in key.split("/"):
        return LeftOutBecause(why="receipt")
    if is_config(key):
        return LeftOutBecause(why="configuration")
    found = settings.ignoring.ignored_by(key) if settings.ignoring else None
    if found is not None:
        where = found.rule.origin
        if found.line and settings.record and settings.record.file:
            where = f"{Path(settings.record.file).name}, line {found.line}"
        return LeftOutBecause(why="ignored", pattern=found.pattern, origin=where, reason=found.rule.reason)
    junk = junk_origin(key)
    return LeftOutBecause(why="junk", pattern=junk[0], origin=junk[1]) if junk else None


def _rules(kind: str, key: str, policy: Policy) -> list[RuleInForce]:
    """Rules of the checks that read files of this kind."""
    rules: dict[str, Rule] = {}
    for check in all_checks():
        if isinstance(check, FileCheck) and kind in check.kinds:
            rules.update((rule.id, rule) for rule in check.rules)
    return [_rule_in_force(rule, policy, key) for _, rule in sorted(rules.items())]


def _rule_in_force(rule: Rule, policy: Policy, key: str) -> RuleInForce:
    """A rule with its level, and who decided it."""
    level, index = policy.decide(rule, key)
    override = policy.overrides[index] if index is not None else None
    return RuleInForce(
        id=rule.id,
        slug=rule.slug,
        title=rule.title,
        level=level,
        reason=override.reason if override else "",
        origin=override.origin if override else "",
    )


def _families(policy: Policy) -> dict[str, int]:
    """How many rules of each family look at a dataset as a whole."""
    whole = {
        rule.id: rule
        for check in all_checks()
        if not isinstance(check, FileCheck)
        for rule in check.rules
        if not policy.is_off(rule)
    }
    counts = {family: sum(rule.family == family for rule in whole.values()) for family in FAMILIES}
    return {family: count for family, count in counts.items() if count}
