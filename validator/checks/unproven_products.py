"""Derived products that no provenance manifest of the dataset names (CPG519)."""

from collections.abc import Iterator

from validator.checks.dataset import Dataset
from validator.checks.provenance_products import lies_at
from validator.checks.registry import dataset_check
from validator.checks.wording import counted
from validator.errors import UnreadableFile
from validator.manifests.provenance import LARGEST_MANIFEST, read_provenance
from validator.models.finding import Finding, Level
from validator.models.rule import Rule

MANIFEST_KIND = "workspace.profile_index"
MANIFEST_PLACE = "workspace/profiles_assembled/profile_index.json"

PRODUCT_UNPROVEN = Rule(
    id="CPG519",
    slug="product-without-provenance",
    title="A provenance manifest names every assembled product",
    why="A table of profiles without its recipe and configuration cannot be made again, and nobody can tell how two versions differ.",
    mend="Upload it with --recipe and --recipe-config, which write profile_index.json; or add it there yourself.",
    family="links",
    level=Level.WARNING,
    source="Cell Painting Gallery documentation, contributing",
)


@dataset_check(PRODUCT_UNPROVEN)
def find_unproven_products(dataset: Dataset) -> Iterator[Finding]:
    """Compare the products of each dataset with what its manifests name."""
    products = list(dataset.files("workspace.assembled_profiles"))
    if not products:
        return
    manifests = list(dataset.files(MANIFEST_KIND))
    named: set[str] = set()
    for manifest in manifests:
        try:
            with dataset.open(manifest.entry) as stream:
                named.update(
                    lies_at(entry)[1] for entry in read_provenance(stream.read(LARGEST_MANIFEST + 1)).entries
                )
        except UnreadableFile:
            return  # which CPG501 says; what it names cannot be known
        except OSError:
            return  # a listing without contents
    for name in dataset.names:
        home = f"{name}/"
        unproven = [
            file.entry.key
            for file in products
            if file.entry.key.startswith(home) and file.entry.key not in named
        ]
        if not unproven:
            continue
        what = counted(len(unproven), "assembled product")
        has_manifest = any(manifest.entry.key.startswith(home) for manifest in manifests)
        message = (
            f"{what} is not in the provenance manifest"
            if has_manifest and len(unproven) == 1
            else f"{what} are not in the provenance manifest"
            if has_manifest
            else f"{what}, and no provenance manifest says how it was made"
            if len(unproven) == 1
            else f"{what}, and no provenance manifest says how they were made"
        )
        yield PRODUCT_UNPROVEN.finding(
            unproven[0] if len(unproven) == 1 else f"{home}workspace/profiles_assembled/",
            message,
            expected=f"{home}{MANIFEST_PLACE}",
            count=len(unproven),
            examples=unproven if len(unproven) > 1 else (),
        )
