"""Rules about the single products of a provenance manifest: where they lie, what made them (CPG509, CPG512-CPG518)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import parse_qs, quote, urlsplit

from validator.checks.provenance_words import Case, finding_of
from validator.manifests.addresses import ObjectAddress, parse_address
from validator.manifests.permalinks import points_to
from validator.manifests.provenance import ManifestEntry
from validator.models.finding import Finding, Level
from validator.models.place import Place
from validator.models.rule import Rule
from validator.rulebook.layout import load_layout

BUCKET = "cellpainting-gallery"
HOST = f"{BUCKET}.s3.amazonaws.com"
PRODUCT_KINDS = frozenset({"workspace.assembled_profiles", "workspace_dl.table", "workspace_dl.profiles"})
"""Tables of the second tier: derived, with a subset or a model and a version in their path."""

URL_FORM = Rule(
    id="CPG509",
    slug="manifest-url-form",
    title="The url of a product is the address of a file",
    why="The url is where the product is read from; what is no address leads nowhere.",
    mend=f"Write https://{HOST}/<project>/<source>/...",
    family="documents",
)
URL_STYLE = Rule(
    id="CPG512",
    slug="manifest-url-style",
    title="The url of a product is written as others write it",
    why="Readers open an https address without AWS tools or keys, and compare addresses as texts.",
    mend=f"Write https://{HOST}/ and the key.",
    family="documents",
    level=Level.INFO,
)
URL_ELSEWHERE = Rule(
    id="CPG513",
    slug="manifest-url-elsewhere",
    title="A product lies in the Gallery",
    why="What lies in staging, or in somebody's own bucket, is gone one day; the Gallery keeps it.",
    mend="Name the place in the bucket cellpainting-gallery where the product will lie.",
    family="documents",
    level=Level.WARNING,
)
URL_PLACE = Rule(
    id="CPG514",
    slug="manifest-url-place",
    title="A product lies where the layout has derived products",
    why="Products of the second tier have a subset and a version in their path, so that no version replaces another.",
    mend="Put it at workspace/profiles_assembled/<subset>/<version>/<variant>.parquet, or below workspace_dl.",
    family="documents",
)
PATH_DIFFERS = Rule(
    id="CPG515",
    slug="manifest-path-differs",
    title="Subset and version of a product agree with its path",
    why="Whoever asks for a subset gets the file of that entry: it must not hold another subset, or another version.",
    mend="Correct the subset, or the url.",
    family="documents",
)
PERMALINK_TARGET = Rule(
    id="CPG516",
    slug="manifest-permalink-target",
    title="The recipe is the tree of a repository, the configuration is a file",
    why="A product is made again from the whole code of the recipe, with the one configuration that was used.",
    mend="On GitHub, press y in the top folder of the recipe, and on the page of the configuration; copy the addresses.",
    family="documents",
    level=Level.WARNING,
)
URL_TWICE = Rule(
    id="CPG517",
    slug="manifest-url-twice",
    title="Two products do not lie at one url",
    why="One file cannot be two products: one of the entries leads to the wrong data.",
    mend="Correct the url of one of them, or remove the entry.",
    family="documents",
)
VERSION_OVERWRITTEN = Rule(
    id="CPG518",
    slug="manifest-version-overwritten",
    title="A version of a product is never written over",
    why="A product that others have used under a version must stay what it was; a new one is a new version.",
    mend="Give the new product a version of its own and a new entry; leave the old one as it was.",
    family="documents",
)
PRODUCT_RULES = (
    URL_FORM,
    URL_STYLE,
    URL_ELSEWHERE,
    URL_PLACE,
    PATH_DIFFERS,
    PERMALINK_TARGET,
    URL_TWICE,
    VERSION_OVERWRITTEN,
)
_VERSION_AT_END = re.compile(r"[_-](v\d+(?:\.\d+)+[a-z]?)$", re.IGNORECASE)
_FILE = re.compile(r"https://[^\s/]+/\S+")


def judge_products(
    key: str, entries: Sequence[ManifestEntry], earlier: Sequence[ManifestEntry] = ()
) -> Iterator[Finding]:
    """Judge where each product lies and what its permalinks lead to.

    Parameters
    ----------
    key
        What the findings call the manifest.
    entries
        Its products.
    earlier
        Those of an earlier state of the manifest.
    """
    addresses = {
        entry.position: address for entry in entries if (address := parse_address(_url(entry))) is not None
    }
    yield from _judge_addresses(key, entries, addresses)
    yield from _judge_places(key, entries, addresses)
    yield from _judge_targets(key, entries)
    yield from _judge_repeats(key, entries, earlier)


def _url(entry: ManifestEntry) -> str:
    return (entry.text("url") or "").strip()


def _judge_addresses(
    key: str, entries: Sequence[ManifestEntry], addresses: Mapping[int, ObjectAddress]
) -> Iterator[Finding]:
    no_address, elsewhere, signed, other_style = (list[Case]() for _ in range(4))
    for entry in entries:
        url, address = _url(entry), addresses.get(entry.position)
        case = Case(
            entry, "url", url.partition("?")[0] if _is_signed(url) else url
        )  # nobody is shown a signature
        if address is not None and address.bucket == BUCKET:
            if _is_signed(url):
                signed.append(case)
            elif not _is_plain(entry.text("url") or ""):
                other_style.append(case)
        elif url:
            (elsewhere if address is not None or _FILE.fullmatch(url) else no_address).append(case)
    if no_address:
        yield finding_of(URL_FORM, key, no_address, "has a url that is not the address of a file")
    for cases, rule, words in (
        (signed, URL_FORM, "has a url that is signed, and ends with its signature after hours or days"),
        (other_style, URL_STYLE, "has a url in another style"),
    ):
        if cases:
            hint = f"write https://{HOST}/{quote(addresses[cases[0].entry.position].key)}"
            yield finding_of(rule, key, cases, words, hint)
    if elsewhere:
        yield finding_of(URL_ELSEWHERE, key, elsewhere, "has a url outside of the Gallery")


def _is_signed(url: str) -> bool:
    """Whether an address opens what it names for a time only (AWS: presigned URLs, versions 4 and 2)."""
    query = url.partition("?")[2]
    return bool({name.lower() for name in parse_qs(query)} & {"x-amz-signature", "signature"})


def _is_plain(url: str) -> bool:
    """Whether an address is ``https://HOST/KEY``, at most with the version that is meant."""
    parts = urlsplit(url)
    return (
        url == url.strip()
        and (parts.scheme, parts.netloc, parts.fragment) == ("https", HOST, "")
        and parse_qs(parts.query, keep_blank_values=True).keys() <= {"versionId"}
    )


def product_place(object_key: str) -> Place:
    """What the layout makes of the key of a product."""
    layout = load_layout()
    folder, slash, name = object_key.rpartition("/")
    return layout.place_file(layout.place_folder(folder + slash), name)


def _judge_places(
    key: str, entries: Sequence[ManifestEntry], addresses: Mapping[int, ObjectAddress]
) -> Iterator[Finding]:
    misplaced, subsets, versions = [], [], []
    for entry in entries:
        address = addresses.get(entry.position)
        if address is None or address.bucket != BUCKET:
            continue
        place = product_place(address.key)
        if place.misfit is not None or place.kind not in PRODUCT_KINDS:
            misplaced.append(Case(entry, "url", address.key))
            continue
        subset, folder = entry.text("subset") or "", place.entities.get("subset")
        if folder is not None and subset and not _belongs(subset, folder):
            subsets.append(Case(entry, "subset", f"subset {subset}, folder {folder}"))
        version, said = place.entities.get("version"), _said_version(entry)
        if version is not None and said and said.lower() != version.lower():
            versions.append(Case(entry, "url", f"version {said}, folder {version}"))
    if misplaced:
        yield finding_of(URL_PLACE, key, misplaced, "has a url where the layout has no derived products")
    if subsets:
        yield finding_of(PATH_DIFFERS, key, subsets, "has a subset that its path does not have")
    if versions:
        yield finding_of(PATH_DIFFERS, key, versions, "has a version that its path does not have")


def _belongs(subset: str, folder: str) -> bool:
    """Whether a subset lies in a folder: ``orf_interpretable`` in ``ORF``, but ``orf`` not in ``ORF_small``."""
    said, there = (_VERSION_AT_END.sub("", text).lower().replace("-", "_") for text in (subset, folder))
    return said == there or said.startswith(f"{there}_")


def _said_version(entry: ManifestEntry) -> str:
    """Version that an entry states by itself: in a field, or at the end of its subset."""
    match = _VERSION_AT_END.search(entry.text("subset") or "")
    return (entry.text("version") or "").strip() or (match[1] if match else "")


def _judge_targets(key: str, entries: Iterable[ManifestEntry]) -> Iterator[Finding]:
    entries = list(entries)
    for field, wrong, words in (
        ("recipe_permalink", "file", "has a recipe_permalink that leads to a single file"),
        (
            "config_permalink",
            "repository",
            "has a config_permalink that leads to a repository, not to a file",
        ),
    ):
        cases = [
            Case(entry, field, link)
            for entry in entries
            if (link := (entry.text(field) or "").strip()) and points_to(link) == wrong
        ]
        if cases:
            yield finding_of(PERMALINK_TARGET, key, cases, words)


def _judge_repeats(
    key: str, entries: Sequence[ManifestEntry], earlier: Sequence[ManifestEntry]
) -> Iterator[Finding]:
    first: dict[tuple[str, str], ManifestEntry] = {}
    again, overwritten = [], []
    for entry in entries:
        before = first.setdefault(lies_at(entry), entry)
        if before is entry or not _url(entry):
            continue
        if _other_etag(before, entry):
            overwritten.append(Case(entry, "etag", f"{etag_of(before)} and {etag_of(entry)}"))
        else:
            again.append(Case(entry, "url", _url(entry)))
    if again:
        yield finding_of(URL_TWICE, key, again, "has the url of a product before it")
    for old in earlier:
        now = first.get(lies_at(old)) if _url(old) else None
        if now is not None and _other_etag(old, now):
            overwritten.append(Case(now, "etag", f"{etag_of(old)} before, {etag_of(now)} now"))
    if overwritten:
        words = "has the url of another state of the product, with another etag"
        yield finding_of(VERSION_OVERWRITTEN, key, overwritten, words)


def lies_at(entry: ManifestEntry) -> tuple[str, str]:
    """Bucket and key of a product in whichever style its url is written; an empty bucket and the url elsewhere."""
    url = _url(entry)
    address = parse_address(url)
    return (address.bucket, address.key) if address is not None else ("", url)


def etag_of(entry: ManifestEntry) -> str:
    """Etag of a product without quotes, empty where it has none."""
    return (entry.text("etag") or "").strip().strip('"').lower()


def _other_etag(one: ManifestEntry, other: ManifestEntry) -> bool:
    return bool(etag_of(one) and etag_of(other) and etag_of(one) != etag_of(other))
