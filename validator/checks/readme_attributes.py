"""Rule of a package's README: its section of attributes is what SCHEMA says (CPG609)."""

from collections.abc import Iterator

from validator.checks.dataset import Dataset
from validator.checks.package import PackageDataset
from validator.checks.registry import dataset_check
from validator.manifests.attribute_page import attribute_section, section_of
from validator.models.finding import Finding, Level, Location
from validator.models.package import README_NAMES, SCHEMA_NAMES
from validator.models.rule import Rule

LARGEST_README = 16 << 20
README_DRIFT = Rule(
    id="CPG609",
    slug="readme-drift",
    title="The README's section of attributes is made from SCHEMA",
    why="Readers open the README first; when it says other things than SCHEMA, one of the two misleads them.",
    mend="Make the section again: cpgate schema doc SCHEMA --readme README.md.",
    family="documents",
    level=Level.WARNING,
    source="cpgate",
)


@dataset_check(README_DRIFT, subjects=["package"])
def judge_readme(dataset: Dataset) -> Iterator[Finding]:
    """Compare the README's section of attributes with SCHEMA."""
    assert isinstance(dataset, PackageDataset)
    entry = next((dataset.root_files[name] for name in README_NAMES if name in dataset.root_files), None)
    if entry is None or entry.size == 0 or not dataset.groups:
        return
    with dataset.open(entry) as stream:
        text = stream.read(LARGEST_README).decode("utf-8", "replace").replace("\r\n", "\n")
    section, wanted = section_of(text), attribute_section(dataset.groups)
    schema = dataset.schema.entry.key if dataset.schema else SCHEMA_NAMES[0]
    hint = f"Make the section again: cpgate schema doc {schema} --readme {entry.key}."
    if section is None:
        message = "The README has no section of attributes made from SCHEMA"
        yield README_DRIFT.finding(entry.key, message, hint=hint)
        return
    if section == wanted:
        return
    first = text[: text.index(section)].count("\n") + 1
    lines, right = section.splitlines(), wanted.splitlines()
    same = next(
        (i for i, (a, b) in enumerate(zip(lines, right, strict=False)) if a != b), min(len(lines), len(right))
    )
    differing = sum(a != b for a, b in zip(lines, right, strict=False)) + abs(len(lines) - len(right))
    yield README_DRIFT.finding(
        entry.key,
        "The README says other things of the attributes than SCHEMA",
        location=Location(line=first + same),
        count=max(1, differing),
        expected=right[same][:200] if same < len(right) else None,
        actual=lines[same][:200] if same < len(lines) else None,
        hint=hint,
    )
