"""Write the provenance of derived products that were uploaded: the dataset's profile_index.json in the bucket."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from validator.checks.dataset import Dataset
from validator.checks.provenance_products import BUCKET, HOST
from validator.checks.unproven_products import MANIFEST_KIND, MANIFEST_PLACE
from validator.errors import CpgateError, UnreadableFile, UsageError
from validator.manifests.provenance import LARGEST_MANIFEST
from validator.manifests.provenance_edits import FieldValue
from validator.manifests.provenance_update import NewProduct, enter_products
from validator.manifests.recipe import Recipe
from validator.models.place import Place
from validator.rulebook.layout import Layout
from validator.s3.failures import AlreadyThere
from validator.s3.objects import Condition, head_object, listed_etag, put_object
from validator.s3.reading import open_object
from validator.upload.plan import may_replace
from validator.upload.sending import PRESENT, Outcome
from validator.workflows.receipt_records import place_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RECORDED_KINDS = frozenset({"workspace.assembled_profiles", "workspace_dl.table"})
"""Products that a manifest names one by one; embeddings of single sites are not."""
DERIVED = ("workspace/profiles_assembled/*", "workspace_dl/*")
"""Globs of keys of derived products: what ``--only-kind derived`` selects."""
TRIES = 5
"""How often the manifest is read again when somebody else has written it meanwhile."""


@dataclass(frozen=True, slots=True)
class WrittenProvenance:
    """A manifest in the bucket: its key, how many entries are new and how many were changed."""

    key: str
    products: int
    added: int
    updated: int


def check_recipe_fits(recipe: Recipe, keys: Iterable[str], layout: Layout) -> None:
    """Say before anything is sent that there is nothing to record, or a subset without a configuration.

    Raises
    ------
    UsageError
        If nothing that is selected is a product, or one has no configuration.
    """
    places = [place for key in keys if (place := _product_place(layout, key)) is not None]
    if not places:
        raise UsageError(
            "--recipe is about derived products, and none is selected",
            "Products lie at workspace/profiles_assembled/<subset>/<version>/ and in the tables of workspace_dl",
        )
    for place in places:
        recipe.config_of(_folder(place))


def read_manifests(dataset: Dataset) -> dict[str, bytes]:
    """The dataset's own manifests by their keys; of one that is too large only its beginning."""
    manifests = {}
    for manifest in dataset.files(MANIFEST_KIND):
        with dataset.open(manifest.entry) as stream:
            manifests[manifest.entry.key] = stream.read(LARGEST_MANIFEST + 1)
    return manifests


def write_provenance(
    client: "S3Client",
    bucket: str,
    outcomes: Iterable[Outcome],
    layout: Layout,
    recipe: Recipe,
    replace: tuple[str, ...] = (),
    local: Mapping[str, bytes] | None = None,
) -> list[WrittenProvenance]:
    """Enter every product that lies in the bucket into the manifest of its dataset, there.

    Parameters
    ----------
    client, bucket
        Where the products and the manifests lie.
    outcomes
        What became of the files of the upload.
    layout
        Places their keys.
    recipe
        What made the products.
    replace
        Globs of keys whose objects were allowed to be replaced.
    local
        The dataset's own manifests by their keys; they are not sent, what they name is entered.

    Raises
    ------
    CpgateError
        If a manifest there cannot be read, is written by others again and again, or knows a product under
        another ETag: a version that was written over.
    """
    by_dataset: dict[str, list[NewProduct]] = {}
    present = [outcome for outcome in outcomes if outcome.state in PRESENT and outcome.digest is not None]
    for outcome in sorted(present, key=lambda outcome: outcome.item.entry.key):
        place = _product_place(layout, outcome.item.entry.key)
        if place is not None:
            home = f"{place.entities['project']}/{place.entities['source']}/"
            by_dataset.setdefault(home, []).append(_product(outcome, place, recipe, bucket))
    return [
        _update(
            client,
            bucket,
            f"{home}{MANIFEST_PLACE}",
            _with_names(products),
            replace,
            (local or {}).get(f"{home}{MANIFEST_PLACE}", b""),
        )
        for home, products in by_dataset.items()
    ]


def _product_place(layout: Layout, key: str) -> Place | None:
    place = place_of(layout, key)
    return place if place.misfit is None and place.kind in RECORDED_KINDS else None


def _folder(place: Place) -> str:
    return place.entities.get("subset") or place.entities.get("model") or ""


def _product(outcome: Outcome, place: Place, recipe: Recipe, bucket: str) -> NewProduct:
    digest, key = outcome.digest, outcome.item.entry.key
    if digest is None:
        raise ValueError(key)
    folder = _folder(place)
    fields: dict[str, FieldValue] = {
        "subset": folder.lower(),
        "url": f"https://{HOST}/{quote(key)}",
        "recipe_permalink": recipe.recipe,
        "config_permalink": recipe.config_of(folder),
        "etag": digest.etag,
        "size": digest.size,
    }
    # The url names the Gallery's bucket: the version of an object in staging means nothing there.
    version = outcome.version_id if bucket == BUCKET else None
    optional = {"part_size": digest.part_size, "version_id": version}
    fields |= {name: value for name, value in optional.items() if value is not None}
    fields["checksum"] = digest.crc64nvme
    return NewProduct(key, folder, place.entities.get("version", ""), fields)


def _with_names(products: Sequence[NewProduct]) -> list[NewProduct]:
    """Name products by their subset, and by their file too where several of one upload share it."""
    named = []
    for product in products:
        shared = sum(other.folder == product.folder for other in products) > 1
        stem = product.key.rpartition("/")[2].partition(".")[0]
        subset = f"{product.folder}_{stem}".lower() if shared else product.folder.lower()
        named.append(
            NewProduct(product.key, product.folder, product.version, {**product.fields, "subset": subset})
        )
    return named


def _update(
    client: "S3Client",
    bucket: str,
    key: str,
    products: Sequence[NewProduct],
    replace: tuple[str, ...],
    local: bytes,
) -> WrittenProvenance:
    for _ in range(TRIES):
        there = head_object(client, bucket, key)
        content = b""
        if there is not None:
            with open_object(client, bucket, key, min(there.size, LARGEST_MANIFEST + 1)) as stream:
                content = stream.read()
        try:
            manifest = enter_products(content, products, local)
        except UnreadableFile as error:
            raise CpgateError(
                f"The products are safe, but s3://{bucket}/{key} cannot be brought up to date: {error.what}",
                f"{error.mend}; then the same command writes it",
            ) from error
        for product in manifest.overwritten:
            if not may_replace(product.key, replace):
                raise CpgateError(
                    f"s3://{bucket}/{key} knows {product.key} with the ETag {product.before}, and it is "
                    f"{product.now} now: a version was written over (CPG518)",
                    "Upload it as a version of its own; or, if it was meant, say --replace and its key",
                )
        done = WrittenProvenance(key, len(products), manifest.added, manifest.updated)
        if manifest.content == content:
            return done
        md5 = hashlib.md5(manifest.content, usedforsecurity=False).hexdigest()
        condition = Condition(listed_etag(there.etag) if there is not None else None)
        try:
            put_object(client, bucket, key, manifest.content, md5, condition)
        except AlreadyThere:
            continue  # somebody else wrote it meanwhile: theirs is read again
        return done
    raise CpgateError(
        f"s3://{bucket}/{key} is written by others again and again", "Run the same command again in a while"
    )
