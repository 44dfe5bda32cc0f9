"""What a package of uploaded data holds: its entries with their places, and what it says about itself."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import takewhile
from operator import attrgetter
from typing import Any

from validator.errors import NothingChecked, UsageError
from validator.manifests.receipt import Receipt
from validator.models.counts import counted
from validator.models.place import Place
from validator.models.quilt import HashType, PackageHash
from validator.models.receipt import ReceiptHeader, ReceiptObject
from validator.rulebook.layout import load_layout, load_package_layout
from validator.sources.package import looks_like_package

HOMES = ("project", "source", "batch", "plate", "well")
"""Entities that say to what a file belongs, the widest first."""
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class PlacedObject:
    """An object of a receipt with its place in the layout.

    Attributes
    ----------
    record
        What the receipt says of it.
    place
        Its kind and entities.
    logical_key
        What the package calls it: its key, in a package of its own style from the root of that on.
    """

    record: ReceiptObject
    place: Place
    logical_key: str

    @property
    def meta(self) -> dict[str, Any]:
        """Its kind and entities, as metadata of its entry; nothing when it has no place."""
        if self.place.misfit is not None:
            return {}
        return {"kind": self.place.kind, **self.place.entities}


def shared_folder(keys: Collection[str]) -> str:
    """The folder in which all keys lie, with its slash; empty for the root of the bucket.

    >>> shared_folder(["a/b/c/1", "a/b/d/e/2"])
    'a/b/'
    """
    first, last = (key.split("/")[:-1] for key in (min(keys), max(keys)))
    shared = takewhile(lambda parts: parts[0] == parts[1], zip(first, last, strict=False))
    return "".join(f"{part}/" for part, _ in shared)


def package_root(keys: Collection[str]) -> str | None:
    """Where a package in the style of the Allen Institute begins in the keys; ``None`` when they are none of one."""
    root = shared_folder(keys)
    names = {key[len(root) :].partition("/")[0] for key in keys}
    return root if looks_like_package(names) else None


def place_objects(records: Iterable[ReceiptObject], root: str | None) -> list[PlacedObject]:
    """Place every object in the order of the keys: by the layout of the Gallery, or of a package below its root."""
    layout, start = (load_layout(), 0) if root is None else (load_package_layout(), len(root))
    placed = []
    for record in sorted(records, key=lambda record: record.key):
        key = record.key[start:]
        folder, slash, name = key.rpartition("/")
        placed.append(PlacedObject(record, layout.place_file(layout.place_folder(folder + slash), name), key))
    return placed


def parse_selection(texts: Sequence[str]) -> dict[str, list[str]]:
    """Read ``plate=BR*``: globs by the name of the entity; several of one entity are alternatives.

    Raises
    ------
    UsageError
        If it is none.

    Examples
    --------
    >>> parse_selection(["plate=BR01*", "plate=BR02", "well=A01"])
    {'plate': ['BR01*', 'BR02'], 'well': ['A01']}
    """
    wanted: dict[str, list[str]] = {}
    for text in texts:
        name, equals, glob = (part.strip() for part in text.partition("="))
        if not (name and equals and glob):
            raise UsageError(f"--select {text} selects nothing.", "Write it as --select 'plate=BR01*'.")
        wanted.setdefault(name, []).append(glob)
    return wanted


def closed_subset(objects: Sequence[PlacedObject], wanted: Mapping[str, Sequence[str]]) -> list[PlacedObject]:
    """The objects that are wanted, and those that they rest upon.

    With a plate come the metadata of its batch and of its project (platemaps, for one), with a well the tables
    of its plate. Other plates and batches stay out.

    Parameters
    ----------
    objects
        All that the receipt names.
    wanted
        Globs by the name of the entity.

    Raises
    ------
    UsageError
        If no object has such an entity.
    NothingChecked
        If nothing is wanted.
    """
    known = sorted({name for item in objects for name in item.place.entities})
    unknown = next((name for name in wanted if name not in known), None)
    if unknown is not None:
        raise UsageError(
            f"No object of the receipt has a {unknown}.", f"What they have is: {', '.join(known)}."
        )
    chosen = [item for item in objects if _fits(item.place.entities, wanted, every=True)]
    if not chosen:
        raise NothingChecked(
            f"No object of the receipt fits {_as_options(wanted)}.", _what_there_is(objects, wanted)
        )
    homes: dict[tuple[str, ...], set[tuple[str, ...]]] = {}

    def belongs(item: PlacedObject) -> bool:
        entities = item.place.entities
        if all(name in entities for name in wanted):
            return _fits(entities, wanted, every=True)
        names = tuple(name for name in HOMES if name in entities)
        if names not in homes:
            places = [other.place.entities for other in chosen]
            homes[names] = {tuple(p[n] for n in names) for p in places if all(n in p for n in names)}
        return _fits(entities, wanted, every=False) and tuple(entities[n] for n in names) in homes[names]

    return [item for item in objects if belongs(item)]


def _fits(entities: Mapping[str, str], wanted: Mapping[str, Sequence[str]], *, every: bool) -> bool:
    """Whether what is known fits; with ``every`` all that is wanted must be known. Plates have two names."""
    for name, globs in wanted.items():
        values = [entities[form] for form in (name, f"full_{name}") if form in entities]
        if not values and not every:
            continue
        if not any(fnmatchcase(value, glob) for value in values for glob in globs):
            return False
    return True


def _what_there_is(objects: Sequence[PlacedObject], wanted: Mapping[str, Sequence[str]]) -> str:
    said = []
    for name in wanted:
        values = sorted({item.place.entities[name] for item in objects if name in item.place.entities})
        more = f" and {len(values) - _SHOWN:,} more" if len(values) > _SHOWN else ""
        said.append(f"There is {name} {', '.join(values[:_SHOWN])}{more}.")
    return " ".join(said)


def _as_options(wanted: Mapping[str, Sequence[str]]) -> str:
    return " ".join(f"--select {name}={glob}" for name, globs in wanted.items() for glob in globs)


def hashes_of(objects: Sequence[PlacedObject], sort: HashType) -> list[PackageHash]:
    """Hashes of one type of all objects, as their receipts have them.

    Raises
    ------
    UsageError
        If a receipt does not have it: a package with hashes of two types would look changed where it is not.
    """
    take = _HASHES[sort]
    values = [take(item.record) for item in objects]
    without = [item.record.key for item, value in zip(objects, values, strict=True) if value is None]
    if without:
        raise UsageError(
            f"The receipt has no {sort} of {len(without):,} of {counted(len(objects), 'object')}, the first is {without[0]}.",
            "Upload with --sha256 to have it, or take --hash CRC64NVME, which every receipt has.",
        )
    return [PackageHash(sort, value) for value in values if value is not None]


_HASHES: dict[HashType, Callable[[ReceiptObject], str | None]] = {
    "CRC64NVME": attrgetter("crc64nvme"),
    "SHA256": attrgetter("sha256"),
    "sha2-256-chunked": attrgetter("sha2_256_chunked"),
}


def package_metadata(
    receipts: Sequence[Receipt],
    objects: Sequence[PlacedObject],
    total: int,
    wanted: Mapping[str, Sequence[str]],
    said: Mapping[str, Any],
) -> dict[str, Any]:
    """What the package says about itself.

    Parameters
    ----------
    receipts
        What it was made of, read to their ends.
    objects, total
        Its objects, and how many the receipts name.
    wanted
        What it was narrowed to; then it declares itself a subset.
    said
        What its publisher adds.

    Raises
    ------
    UsageError
        If the publisher's names are taken.
    """
    entities = [item.place.entities for item in objects]
    meta: dict[str, Any] = {
        "datasets": sorted({f"{e['project']}/{e['source']}" for e in entities if "source" in e}),
        "batches": sorted({e["batch"] for e in entities if "batch" in e}),
        "plates": sorted({e["plate"] for e in entities if "plate" in e}),
        **_nodes(objects),
        "kinds": dict(sorted(Counter(item.meta.get("kind", "no place") for item in objects).items())),
        "objects": len(objects),
        "size": sum(item.record.size for item in objects),
        "receipts": [about for receipt in receipts for about in _about_all(receipt)],
    }
    if wanted:
        chosen = [f"{name}={glob}" for name, globs in wanted.items() for glob in globs]
        meta["subset"] = {"select": chosen, "objects_in_all": total}
    taken = next((name for name in said if name in (*meta, "subset")), None)
    if taken is not None:
        raise UsageError(
            f"The metadata cannot hold “{taken}”: cpgate says there what the package is made of.",
            "Give it another name in the file of --meta.",
        )
    return {**said, **meta}


def _nodes(objects: Sequence[PlacedObject]) -> dict[str, Any]:
    """Numbers of nodes by group; nothing for data of the Gallery."""
    nodes = {(p["group"], p["node"]) for p in (item.place.entities for item in objects) if "node" in p}
    return {"nodes": dict(sorted(Counter(group for group, _ in nodes).items()))} if nodes else {}


def _about_all(receipt: Receipt) -> Iterator[dict[str, Any]]:
    """What is said of each upload; a receipt that was put together is of several."""
    if receipt.header.merged:
        yield from (_about(merged.header, merged.end.digest) for merged in receipt.header.merged)
    else:
        yield _about(receipt.header, receipt.end.digest if receipt.end else "")


def _about(header: ReceiptHeader, digest: str) -> dict[str, Any]:
    narrowed = [*header.batches, *header.plates, *header.include, *header.exclude]
    if header.split and header.batch and not narrowed:
        narrowed = [header.batch]
    return {
        "digest": digest,
        "created": header.created.isoformat(),
        "destination": header.destination,
        "narrowed": narrowed,
        "tool": header.tool,
        "rulebook": header.rulebook,
        "policy": header.policy,
        "report": header.report,
        "errors": header.errors,
        "forced": header.forced,
        "notes": header.notes,
    }
