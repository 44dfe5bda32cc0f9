"""Objects and files that a manifest names and that are not there, told by folder: of a whole folder once."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from validator.models.claim import ABSENT
from validator.models.counts import counted
from validator.models.finding import Finding
from validator.models.rule import Rule

FEW = 3
"""So many are named one by one."""
FOLDERS = 10
"""At most so many folders are named; of more those that they lie in."""


def by_folder(
    findings: Sequence[Finding],
    absent: Mapping[str, Mapping[str, int]],
    rules: Mapping[str, Rule],
    objects: int,
) -> Iterator[Finding]:
    """Findings as they are told: those of many objects of a folder that are not there as one, with their number.

    Parameters
    ----------
    findings
        What differs.
    absent
        Of each rule how many objects are missing in which folder.
    rules
        Every rule by its number.
    objects
        How many the manifest names.
    """
    folded = {
        rule: folders for rule, folders in absent.items() if sum(folders.values()) > FEW and rule in rules
    }
    single: dict[str, set[str]] = {}
    for rule, folders in folded.items():
        total = sum(folders.values())
        if total == objects:
            single[rule] = set()
            yield _told(rules[rule], _shared(list(folders)), total, whole=True)
            continue
        groups = _groups(folders)
        single[rule] = {folder for folder, count in groups.items() if count == 1}
        for folder, count in groups.items():
            if count > 1:
                yield _told(rules[rule], folder, count, whole=False)
    for finding in findings:
        told = finding.rule in folded and finding.message in ABSENT
        if not told or any(finding.key.startswith(folder) for folder in single[finding.rule]):
            yield finding


def told_of(findings: Iterable[Finding], absent: Mapping[str, Mapping[str, int]]) -> int:
    """How many missing objects are told by folder and are not among the findings."""
    kept = Counter(finding.rule for finding in findings if finding.message in ABSENT)
    totals = {rule: sum(folders.values()) for rule, folders in absent.items()}
    return sum(total - kept[rule] for rule, total in totals.items() if total > FEW)


def _groups(folders: Mapping[str, int]) -> Mapping[str, int]:
    """The folders, or those that they lie in when they are many; each named by what all of its keys begin with."""
    inside: dict[str, list[str]] = {}
    for depth in range(max(folder.count("/") for folder in folders), -1, -1):
        inside = defaultdict(list)
        for folder in folders:
            inside["".join(f"{name}/" for name in folder.split("/")[:-1][:depth])].append(folder)
        if len(inside) <= FOLDERS:
            break
    groups: Counter[str] = Counter()
    for some in inside.values():
        groups[_shared(some)] += sum(folders[folder] for folder in some)
    return groups


def _shared(folders: Sequence[str]) -> str:
    """The longest folder that all of them lie in."""
    first, last = min(folders), max(folders)
    same = next(
        (n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last))
    )
    return first[: first.rfind("/", 0, same) + 1]


def _told(rule: Rule, folder: str, count: int, *, whole: bool) -> Finding:
    noun = "object" if rule.slug == "object-missing" else "file"
    if not whole:
        return rule.finding(
            folder or "/", f"{counted(count, noun)} of this folder are not there", count=count
        )
    return rule.finding(
        folder or "/",
        f"None of the {counted(count, noun)} that the manifest names is there",
        count=count,
        hint="see whether the data lie in another bucket (--bucket s3://NAME), or below another prefix"
        if noun == "object"
        else "name the folder in which the data lie with --local",
    )
