"""Rules of provenance manifests, profile_index.json (CPG501-CPG511); those of single products are in provenance_products."""

import re
from collections.abc import Iterable, Iterator, Sequence

from validator.checks.dataset import Dataset, PlacedFile
from validator.checks.provenance_products import PRODUCT_RULES, judge_products
from validator.checks.provenance_words import Case, finding_of
from validator.checks.registry import file_check
from validator.checks.row_words import joined, ranges, shown
from validator.errors import UnreadableFile
from validator.manifests.permalinks import Pin, pinned_to
from validator.manifests.provenance import (
    LARGEST_MANIFEST,
    ManifestEntry,
    ProvenanceManifest,
    read_provenance,
)
from validator.models.finding import Finding, Level, Location
from validator.models.rule import Rule
from validator.readers.signatures import HEAD_SIZE, foreign_format

MANIFEST_UNREADABLE = Rule(
    id="CPG501",
    slug="manifest-unreadable",
    title="A manifest can be read",
    why="A manifest that no program can read proves nothing about the products that it lists.",
    mend="Write profile_index.json as a JSON list with one object for each product.",
    family="documents",
)
FIELD_MISSING = Rule(
    id="CPG502",
    slug="manifest-field-missing",
    title="Every product has its subset and url, and the fields that the others have",
    why="The subset is the name by which a product is asked for, the url is where it lies.",
    mend="Add the field to the entry.",
    family="documents",
)
RECIPE_MISSING = Rule(
    id="CPG503",
    slug="manifest-recipe-missing",
    title="A manifest says by which recipe and configuration its products were made",
    why="Without recipe_permalink and config_permalink nobody can make the product again, or tell how two versions differ.",
    mend="Add recipe_permalink and config_permalink, each pinned to a commit.",
    family="documents",
    level=Level.WARNING,
)
ETAG_FORM = Rule(
    id="CPG504",
    slug="manifest-etag-form",
    title="An ETag is what S3 reports: 32 hexadecimal digits, with -N after a multipart upload",
    why="The ETag shows that the bytes of the product are the ones that were meant; in another form it matches nothing.",
    mend="Copy the ETag from S3 without quotation marks, or leave it empty until the manifest is stamped.",
    family="documents",
)
ETAG_BLANK = Rule(
    id="CPG505",
    slug="manifest-etag-blank",
    title="Every product has its ETag",
    why="A product without an ETag may be replaced by other bytes and nobody will notice.",
    mend="Stamp the manifest once the products are uploaded.",
    family="documents",
    level=Level.INFO,
)
NOT_PINNED = Rule(
    id="CPG506",
    slug="manifest-permalink-not-pinned",
    title="A permalink is pinned to a commit or a tag",
    why="A branch moves on: next month the link shows other code than that which made the product.",
    mend="Put the commit into the link (on GitHub: press y on the page of the file).",
    family="documents",
)
NOT_COMMIT = Rule(
    id="CPG507",
    slug="manifest-permalink-tag",
    title="A permalink is pinned to a full commit",
    why="A tag can be moved to other code, and a shortened commit may one day mean two.",
    mend="Put the full commit into the link; a tag is accepted.",
    family="documents",
    level=Level.INFO,
)
SUBSET_TWICE = Rule(
    id="CPG508",
    slug="manifest-subset-twice",
    title="Every subset stands once in a manifest",
    why="Products are asked for by their subset; of two entries with one name programs take either.",
    mend="Rename or remove one of the entries.",
    family="documents",
)
FORM_OLD = Rule(
    id="CPG510",
    slug="manifest-form-old",
    title="A manifest is written as a JSON list",
    why="The CSV form has no place for recipes, and programs in use today read the JSON list.",
    mend="Write it as a JSON list with one object for each product.",
    family="documents",
    level=Level.INFO,
)
LINE_FORM = Rule(
    id="CPG511",
    slug="manifest-line-form",
    title="Every program reads a CSV manifest alike",
    why="Without a header the first product is taken for one; a comma at the end of a line shifts its columns; a space before a "
    "quotation mark makes the mark a part of the address.",
    mend="Write a header, as many cells as columns, no space after a comma; or write JSON.",
    family="documents",
    source="cpgate",
)

ALL_RULES = (
    MANIFEST_UNREADABLE,
    FIELD_MISSING,
    RECIPE_MISSING,
    ETAG_FORM,
    ETAG_BLANK,
    NOT_PINNED,
    NOT_COMMIT,
    SUBSET_TWICE,
    FORM_OLD,
    LINE_FORM,
    *PRODUCT_RULES,
)

# AWS: the ETag of an object, and of a multipart upload with its number of parts (10,000 at most)
_ETAG = re.compile(r"[0-9a-f]{32}(?:-(?:[1-9][0-9]{0,3}|10000))?")
_PERMALINKS = ("recipe_permalink", "config_permalink")
_PIN_WORDS: dict[Pin, str] = {
    "branch": "points to a branch, or to something that is not named like a version",
    "nothing": "names a repository, but no commit",
    "not-https": "is not an https address",
    "tag": "is pinned to a tag, which can be moved",
    "short-commit": "is pinned to a shortened commit",
}


@file_check(*ALL_RULES, kinds=["workspace.profile_index"])
def manifest_is_right(file: PlacedFile, dataset: Dataset) -> Iterator[Finding]:
    """Judge the provenance manifest of assembled products."""
    if file.entry.size == 0:
        return  # the layout says that it is empty
    with dataset.open(file.entry) as stream:
        content = stream.read(LARGEST_MANIFEST + 1)
    yield from judge_provenance(file.entry.key, content)


def judge_provenance(key: str, content: bytes, earlier: Sequence[ManifestEntry] = ()) -> Iterator[Finding]:
    """Judge a provenance manifest, offline: its form, not whether its products are there.

    Parameters
    ----------
    key
        What the findings call it.
    content
        Its bytes.
    earlier
        Entries of an earlier state of it: no version may have been written over since.
    """
    foreign = foreign_format(content[:HEAD_SIZE])
    if foreign:
        yield unreadable(key, UnreadableFile(f"It is {foreign}", "put the manifest itself there"))
        return
    try:
        manifest = read_provenance(content)
    except UnreadableFile as error:
        yield unreadable(key, error)
        return
    yield from _judge_form(key, manifest)
    yield from _judge_fields(key, manifest.entries)
    yield from _judge_etags(key, manifest.entries)
    yield from _judge_permalinks(key, manifest.entries)
    yield from _judge_subsets(key, manifest.entries)
    yield from judge_products(key, manifest.entries, earlier)


def unreadable(key: str, error: UnreadableFile) -> Finding:
    """Say that a manifest cannot be read."""
    word, _, number = error.where.partition(" ")
    location = None
    if word == "line" and number.isdigit():
        location = Location(line=int(number))
    elif word.startswith("/"):
        location = Location(pointer=word)
    return MANIFEST_UNREADABLE.finding(
        key, f"This manifest cannot be read. {error.what}", location=location, hint=error.mend
    )


def _judge_form(key: str, manifest: ProvenanceManifest) -> Iterator[Finding]:
    if manifest.kind != "provenance-csv":
        if manifest.wrapped:
            yield FORM_OLD.finding(
                key,
                "The products of this manifest stand below the word datasets, an earlier form",
                expected="[ { ... } ]",
            )
        return
    yield FORM_OLD.finding(key, "This manifest is CSV, an earlier form", expected="JSON", actual="CSV")
    slips: list[tuple[str, list[int]]] = []
    if not manifest.has_header:
        slips.append(("it has no header", [1]))
    if manifest.surplus_lines:
        slips.append((f"a comma ends the line ({_lines(manifest.surplus_lines)})", manifest.surplus_lines))
    if manifest.longer_lines:
        slips.append(
            (f"a line has more cells than columns ({_lines(manifest.longer_lines)})", manifest.longer_lines)
        )
    if manifest.spaced_quotes:
        slips.append(
            (
                f"a space stands before a quotation mark ({_lines(manifest.spaced_quotes)})",
                manifest.spaced_quotes,
            )
        )
    if slips:
        yield LINE_FORM.finding(
            key,
            f"Programs read this manifest differently: {joined([words for words, _ in slips])}",
            location=Location(line=min(lines[0] for _, lines in slips)),
            count=len({line for _, lines in slips for line in lines}),
        )


def _judge_fields(key: str, entries: Sequence[ManifestEntry]) -> Iterator[Finding]:
    cases = [Case(entry, problem.field, problem.kind) for entry in entries for problem in entry.problems]
    for kind, words in (
        ("missing", "has no field {}"),
        ("not-text", "has something else than text in the field {}"),
        ("not-number", "has something else than a number of bytes in the field {}"),
        ("twice", "has the field {} more than once"),
        ("differs", "has a url and another {}"),
    ):
        for field in dict.fromkeys(case.field for case in cases if case.value == kind):
            chosen = [case for case in cases if (case.value, case.field) == (kind, field)]
            yield finding_of(FIELD_MISSING, key, chosen, words.format(shown(field)), _field_hint(chosen[0]))
    for field in ("subset", "url"):
        blank = [Case(entry, field) for entry in entries if (entry.text(field) or "x").strip() == ""]
        if blank:
            yield finding_of(FIELD_MISSING, key, blank, f"has an empty field {shown(field)}")
    lacking = [field for field in _PERMALINKS if entries and not any(entry.text(field) for entry in entries)]
    for field in _PERMALINKS:
        without = [
            Case(entry, field)
            for entry in entries
            if not entry.text(field) and not _has_problem(entry, field)
        ]
        if without and field not in lacking:
            yield finding_of(FIELD_MISSING, key, without, f"has no {field}, which others have")
    if lacking:
        alone = f"The only product has no {' and no '.join(lacking)}"
        many = f"None of the {len(entries)} products has a {' or a '.join(lacking)}"
        yield RECIPE_MISSING.finding(
            key,
            alone if len(entries) == 1 else many,
            expected=", ".join(_PERMALINKS),
            count=len(entries),
        )


def _has_problem(entry: ManifestEntry, field: str) -> bool:
    return any(problem.field == field for problem in entry.problems)


def _field_hint(case: Case) -> str | None:
    if case.value == "differs":
        return "Keep the one that is right, under the name that the other products use."
    if case.value == "twice":
        return f"Keep one {case.field}, the one that is right, and remove the others."
    if case.value in ("not-text", "not-number"):
        what = "text in quotation marks" if case.value == "not-text" else "a whole number of bytes"
        return f"Write {case.field} as {what}."
    other = next((name for name in case.entry.fields if name.strip().lower() == case.field), None)
    return f"rename {shown(other)} to {case.field}" if other is not None else None


def _judge_etags(key: str, entries: Sequence[ManifestEntry]) -> Iterator[Finding]:
    wrong, blank = [], []
    for entry in entries:
        etag = entry.text("etag")
        if _has_problem(entry, "etag"):
            continue
        if not etag:
            blank.append(Case(entry, "etag"))
        elif not _ETAG.fullmatch(etag):
            wrong.append(Case(entry, "etag", etag))
    if wrong:
        unquoted = wrong[0].value.strip().strip('"').lower()
        hint = f"write {unquoted}" if _ETAG.fullmatch(unquoted) else None
        yield finding_of(ETAG_FORM, key, wrong, "has an etag that S3 does not report in this form", hint)
    if blank:
        yield finding_of(ETAG_BLANK, key, blank, "has no etag yet")


def _judge_permalinks(key: str, entries: Sequence[ManifestEntry]) -> Iterator[Finding]:
    pins = [
        (pinned_to(link.strip()), Case(entry, field, link))
        for entry in entries
        for field in _PERMALINKS
        if (link := entry.text(field))
    ]
    for pin, words in _PIN_WORDS.items():
        cases = [case for found, case in pins if found == pin]
        if cases:
            rule = NOT_COMMIT if pin in ("tag", "short-commit") else NOT_PINNED
            fields = " or ".join(dict.fromkeys(case.field for case in cases))
            yield finding_of(rule, key, cases, f"has a {fields} that {words}")


def _judge_subsets(key: str, entries: Sequence[ManifestEntry]) -> Iterator[Finding]:
    seen: set[str] = set()
    again = []
    for entry in entries:
        subset = entry.text("subset")
        if subset and subset in seen:
            again.append(Case(entry, "subset", subset))
        if subset:
            seen.add(subset)
    if again:
        yield finding_of(SUBSET_TWICE, key, again, "has a subset that an entry before it has")


def _lines(numbers: Iterable[int]) -> str:
    numbers = list(numbers)
    return f"line{'s'[: len(numbers) > 1]} {ranges(numbers)}"
