"""How the rules of provenance manifests say what is wrong with a product."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from validator.checks.row_words import shown
from validator.checks.wording import counted
from validator.manifests.provenance import ManifestEntry
from validator.models.finding import Finding, Location
from validator.models.rule import Rule


@dataclass(frozen=True, slots=True)
class Case:
    """One field of one entry that breaks a rule."""

    entry: ManifestEntry
    field: str
    value: str = ""


def finding_of(rule: Rule, key: str, cases: Sequence[Case], words: str, hint: str | None = None) -> Finding:
    """One finding for all entries with the same mistake."""
    first = cases[0]
    entries = list(dict.fromkeys(case.entry.position for case in cases))
    who = (
        name_of(first.entry)
        if len(entries) == 1
        else f"{counted(len(entries), 'product')}, {name_of(first.entry)} first,"
    )
    text = words if len(entries) == 1 else re.sub(r"^has\b", "have", words)
    value = (
        first.value if first.value not in ("missing", "not-text", "not-number", "twice", "differs") else ""
    )
    return rule.finding(
        key,
        f"{who[0].upper()}{who[1:]} {text}" + (f": {shown(value)}" if value else ""),
        location=Location(
            line=first.entry.line or None,
            column=first.field if first.entry.line else None,
            pointer=None if first.entry.line else f"{first.entry.pointer}/{_escape(first.field)}",
        ),
        actual=value or None,
        hint=hint,
        count=len(cases),
        examples=[f"{name_of(case.entry)}{f': {shown(case.value)}' if value else ''}" for case in cases[:10]]
        if len(cases) > 1
        else (),
    )


def name_of(entry: ManifestEntry) -> str:
    """What a product is called in a message: its subset, or its place in the file."""
    subset = entry.text("subset")
    return f"product {shown(subset)}" if subset else f"entry {entry.position + 1}"


def _escape(name: str) -> str:
    """A name as a part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
