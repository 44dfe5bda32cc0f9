"""Enter products into a provenance manifest: those it knows are brought up to date, new ones stand at its end."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from validator.manifests.addresses import parse_address
from validator.manifests.provenance import ManifestEntry, read_provenance
from validator.manifests.provenance_edits import FieldValue, edit_provenance

_END_OF_LIST = re.compile(r"\s*\](?:\s*\})?\s*$")
_KEPT_WHERE_GIVEN = ("subset", "url", "profile_url")
_OF_THE_BYTES = ("part_size", "version_id", "sha256")
"""Optional fields that are no longer true when a product has other bytes."""


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product that was uploaded.

    Attributes
    ----------
    key
        Its key in the Gallery.
    folder, version
        Subset and version in its path; the subset is the folder's name.
    fields
        All that its entry says, in order, the subset first.
    """

    key: str
    folder: str
    version: str
    fields: Mapping[str, FieldValue]


@dataclass(frozen=True, slots=True)
class Overwritten:
    """A product whose entry has the ETag of other bytes."""

    key: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class UpdatedManifest:
    """A manifest with products entered.

    Attributes
    ----------
    content
        Its bytes.
    added, updated
        Number of entries that are new, and of those that changed.
    overwritten
        Products whose entry was of other bytes.
    """

    content: bytes
    added: int
    updated: int
    overwritten: tuple[Overwritten, ...] = ()


def enter_products(content: bytes, products: Sequence[NewProduct], local: bytes = b"") -> UpdatedManifest:
    """Enter products; every other entry, unknown fields and the form of the file stay as they are.

    A product is found by its address in any style. One with a new version of a known subset gets an entry of its
    own, called ``<subset>_<version>``: the entry of the earlier version stays. A CSV table becomes JSON.

    Parameters
    ----------
    content
        The manifest as it is; empty for none.
    products
        What was uploaded.
    local
        The contributor's own manifest: what it names and the other does not is entered, too.

    Raises
    ------
    UnreadableFile
        If it is no manifest.
    """
    content = content or local
    manifest = read_provenance(content or b"[]")
    if manifest.kind == "provenance-csv":
        content = _as_json([entry.fields for entry in manifest.entries])
        manifest = read_provenance(content)
    known = {_key_of(entry): entry for entry in manifest.entries}
    taken = {entry.text("subset") for entry in manifest.entries}
    changes: dict[int, dict[str, FieldValue]] = {}
    added: list[dict[str, FieldValue]] = []
    overwritten = []
    for product in products:
        entry = known.get(product.key)
        if entry is None:
            fields = dict(product.fields)
            fields["subset"] = _free_subset(str(fields["subset"]), product.version, taken)
            taken.add(str(fields["subset"]))
            added.append(fields)
            continue
        before = (entry.text("etag") or "").strip('"').lower()
        now = str(product.fields["etag"])
        if before and before != now:
            overwritten.append(Overwritten(product.key, before, now))
        changed = {
            name: value
            for name, value in product.fields.items()
            if name not in _KEPT_WHERE_GIVEN and entry.fields.get(name) != value
        }
        if before != now:
            changed |= {
                name: None
                for name in _OF_THE_BYTES
                if entry.fields.get(name) is not None and name not in product.fields
            }
        if changed:
            changes[entry.position] = changed
    uploaded = {product.key for product in products}
    for entry in read_provenance(local or b"[]").entries:
        key = _key_of(entry)
        if key not in known and key not in uploaded:
            added.append(dict(entry.fields))
    if changes:
        content = edit_provenance(content, changes)
    return UpdatedManifest(_appended(content, added), len(added), len(changes), tuple(overwritten))


def _key_of(entry: ManifestEntry) -> str:
    address = parse_address(entry.text("url") or "")
    return address.key if address is not None else ""


def _free_subset(subset: str, version: str, taken: set[str | None]) -> str:
    """Name of a new entry that no other has."""
    chosen, number = subset, 2
    if chosen in taken and version:
        chosen = f"{subset}_{version}"
    while chosen in taken:
        chosen, number = f"{subset}_{number}", number + 1
    return chosen


def _as_json(entries: Sequence[Mapping[str, object]]) -> bytes:
    return (json.dumps(list(entries), indent=2, ensure_ascii=False) + "\n").encode()


def _appended(content: bytes, added: Sequence[Mapping[str, FieldValue]]) -> bytes:
    """Put entries behind the last one, without touching what stands before."""
    if not added:
        return content
    text = content.decode("utf-8-sig")
    end = _END_OF_LIST.search(text)
    if end is None or not read_provenance(content or b"[]").entries:
        return _as_json(added)
    written = json.dumps(list(added), indent=2, ensure_ascii=False)[2:-2]
    return (text[: end.start()] + ",\n" + written + text[end.start() :]).encode()
