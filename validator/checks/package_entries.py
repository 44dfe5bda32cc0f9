"""Whether a published package still stands for what it was published for (CPG72x)."""

from collections.abc import Iterator

from validator.checks.dataset import Dataset
from validator.checks.registry import EVERYTHING, dataset_check
from validator.models.finding import Finding, Level
from validator.models.listing import Trouble, TroubleKind
from validator.models.rule import Rule

ENTRY_MISSING = Rule(
    id="CPG721",
    slug="package-object-missing",
    title="Every entry of a package points to an object that is there",
    why="Who installs the package gets an error in the midst of it: the object, or this version of it, was deleted or moved.",
    mend="Restore the object, or publish another revision with cpgate package.",
    family="links",
    source="Quilt, packages and manifests",
)
ENTRY_DIFFERS = Rule(
    id="CPG722",
    slug="package-object-differs",
    title="Every entry of a package has the size of its object",
    why="Other bytes lie there than were published; quilt3 reads them, and verify fails.",
    mend="Publish another revision with version ids, so that later writes change nothing.",
    family="links",
    source="Quilt, packages and manifests",
)
ENTRY_UNVERSIONED = Rule(
    id="CPG723",
    slug="package-unversioned",
    title="Every entry of a package names a version of its object",
    why="Without a version id whoever writes over the object changes what the package holds, and nobody can get the old bytes back.",
    mend="Switch versioning on for the bucket, upload again, and publish another revision.",
    family="links",
    level=Level.WARNING,
    source="Quilt, packages and manifests",
)
HASHES = Rule(
    id="CPG724",
    slug="package-hashes",
    title="The entries of a package have hashes of one type, which quilt3 knows",
    why="Entries with the same bytes and hashes of two types look different in a comparison, and copies are not recognised.",
    mend="Publish another revision with cpgate package, which takes one type for all.",
    family="links",
    level=Level.WARNING,
    source="Quilt, packages and manifests",
)
MANIFEST = Rule(
    id="CPG725",
    slug="package-manifest-differs",
    title="The manifest of a package has the hash that names it",
    why="The revision's hash stands in papers and scripts: somebody changed what it stands for, or the manifest was damaged.",
    mend="Restore the earlier version of the manifest, or publish another revision.",
    family="links",
    source="Quilt, packages and manifests",
)

RULES: dict[TroubleKind, Rule] = {
    "package-object-missing": ENTRY_MISSING,
    "package-object-differs": ENTRY_DIFFERS,
    "package-unversioned": ENTRY_UNVERSIONED,
    "package-hashes": HASHES,
    "package-manifest": MANIFEST,
}
_WORDS: dict[TroubleKind, tuple[str, str]] = {
    "package-object-missing": (
        "The object of this entry is not there",
        "entries point to objects that are not there",
    ),
    "package-object-differs": (
        "The object of this entry has another size",
        "entries point to objects of another size",
    ),
    "package-unversioned": (
        "This entry names no version of its object",
        "entries name no version of their objects",
    ),
    "package-hashes": ("This entry begins another type of hashes", "entries begin other types of hashes"),
    "package-manifest": (
        "The manifest has not the hash that names it",
        "manifests have not the hash that names them",
    ),
}


@dataset_check(*RULES.values(), subjects=EVERYTHING)
def judge_package_entries(dataset: Dataset) -> Iterator[Finding]:
    """Tell what is wrong with entries; equal things in one folder are one finding."""
    groups: dict[tuple[TroubleKind, str], list[Trouble]] = {}
    for trouble in dataset.troubles:
        if trouble.kind in RULES:
            groups.setdefault((trouble.kind, trouble.key.rpartition("/")[0]), []).append(trouble)
    for (kind, folder), troubles in groups.items():
        one, many = _WORDS[kind]
        first = troubles[0]
        detail = f": {first.detail}" if first.detail else ""
        if len(troubles) == 1:
            yield RULES[kind].finding(first.key, one + detail, actual=first.path or None)
            continue
        detail = f" (the first{detail})" if detail else ""
        names = [trouble.key.rpartition("/")[2] for trouble in troubles]
        yield RULES[kind].finding(
            f"{folder}/" if folder else first.key,
            f"{len(troubles):,} {many}{detail}",
            count=len(troubles),
            examples=names,
        )


def package_rules() -> tuple[str, ...]:
    """Numbers of the rules about packages: all that is judged of one whose keys are not the Gallery's."""
    return tuple(rule.id for rule in RULES.values())
