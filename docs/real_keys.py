"""Counts where keys from public repositories have their place, and what is found about them.

    CPGATE_CORPUS=folder python docs/real_keys.py    # writes docs/real-keys.md

Run it again when the rulebook changes.
"""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from validator.checks.dataset import Dataset
from validator.checks.registry import all_rules
from validator.workflows.check import CheckRequest, check
from validator.workflows.sources import Origin

PAGE = Path(__file__).with_name("real-keys.md")
LISTS = ("keys.txt", "workspace_keys_derived.txt", "aws_ls_lines.txt", "prefixes.txt")
POOLED = "pooled_keys_other_bucket.txt"
POLICIES = ("contribution", "gallery")


def keys_of(path: Path) -> Iterator[str]:
    """Keys of a list; a prefix stands for some file below it."""
    for line in path.read_text(encoding="utf-8").splitlines():
        key = line.split(None, 3)[3] if path.name == "aws_ls_lines.txt" else line
        key = f"cpg0016-{key}" if key.startswith("jump/") else key
        if "/" in key:
            yield f"{key}README.md" if key.endswith("/") else key


def judged(keys: set[str], policy: str, **options: str) -> tuple[Dataset, Counter[tuple[str, str]]]:
    """The dataset of these keys, with the number of places that each rule finds, by level."""
    with tempfile.TemporaryDirectory() as home:
        listing = Path(home) / "keys.txt"
        listing.write_text("".join(f"{key}\n" for key in sorted(keys)), encoding="utf-8")
        dataset = options.pop("dataset", None)
        origin = Origin(str(listing), "keys", **options)
        report = Path(home) / "report.jsonl"
        result = check(CheckRequest(Path(), dataset=dataset, policy=policy, origin=origin, report=report))
    places: Counter[tuple[str, str]] = Counter()
    for finding in result.findings:
        places[finding.rule, finding.level] += finding.count
    return result.dataset, places


def _cell(places: Counter[tuple[str, str]], rule: str) -> str:
    return ", ".join(
        f"{number:,} {level}" for (named, level), number in sorted(places.items()) if named == rule
    )


def page(corpus: Path) -> str:
    """The page, as Markdown."""
    arrayed = {key for name in LISTS for key in keys_of(corpus / "keys" / name)}
    pooled = set(keys_of(corpus / "keys" / POOLED))
    kinds: Counter[str] = Counter()
    found: dict[str, Counter[tuple[str, str]]] = {policy: Counter() for policy in POLICIES}
    for policy in POLICIES:
        for keys, options in (
            (arrayed, {}),
            (pooled, {"dataset": "cpg0000-pooled/Source1", "prefix": "fix-l1/Source1"}),
        ):
            dataset, places = judged(keys, policy, **options)
            found[policy] += places
            if policy == POLICIES[0]:
                for file in dataset.files():
                    kinds[
                        f"`{file.place.kind}`" if file.place.misfit is None else "no place, which is told"
                    ] += 1
    total = sum(kinds.values())
    lines = [
        "# Real keys",
        "",
        (
            f"{total:,} keys that public repositories of many labs name (quoted there, or as their data lies), judged by names "
            "alone. Made by `docs/real_keys.py`."
        ),
        "",
        "| kind | keys |",
        "|---|---|",
        *(f"| {kind} | {number:,} |" for kind, number in sorted(kinds.items())),
        "",
        "What is found, in places, under the policy for new data and under the one for what is public already:",
        "",
        "| rule | contribution | gallery |",
        "|---|---|---|",
    ]
    rules = all_rules()
    lines += [
        f"| [{rules[rule].slug}](rules/{rule}.md) | {_cell(found['contribution'], rule)} | {_cell(found['gallery'], rule)} |"
        for rule in sorted({rule for places in found.values() for rule, _ in places})
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(Path(os.environ["CPGATE_CORPUS"])), encoding="utf-8")
