"""Subsets of packages in the style of the Allen Institute: closed, and no larger than they must be."""

import re

import pytest
from package_builder import build_package
from uploaded import HOME, Uploaded

from validator.errors import ExitCode, NothingChecked, UnreadableFile, UsageError
from validator.models.package import NODE_KINDS
from validator.s3.client import S3Settings
from validator.sources.quilt import QuiltSource
from validator.workflows.check import CheckRequest, check
from validator.workflows.package import PackageRequest, make_package
from validator.workflows.package_associations import (
    NodeLinks,
    associated_subset,
    info_objects,
    node_of,
    read_links,
)
from validator.workflows.package_content import package_root, place_objects
from validator.workflows.sources import Origin

pytestmark = pytest.mark.full  # a store and whole runs for each: `make test` has others like them

NAME = "aics/cells"


class Record:
    def __init__(self, key):
        self.key = key


@pytest.fixture(scope="module")
def package():
    return build_package(small=True)


def subset_of(package, **wanted):
    """Paths of the nodes of a subset, by group."""
    objects = place_objects(map(Record, package.contents()), "")
    infos = {tuple(path.split("/")): document for path, document in package.infos.items()}
    links = {node_of(item): read_links(node_of(item), infos[node_of(item)]) for item in info_objects(objects)}
    kept = associated_subset(objects, {group: [glob] for group, glob in wanted.items()}, links)
    nodes = {}
    for item in kept:
        node = node_of(item)
        if node is not None:
            nodes.setdefault(node[0], set()).add(node[1])
    assert {item.logical_key for item in kept if node_of(item) is None} == {"README.md", "SCHEMA"}
    return nodes


def assert_closed(package, nodes):
    """Every node has exactly those nodes that it must have."""
    for group, names in nodes.items():
        for name in names:
            for parent in NODE_KINDS[group].parents:
                assert set(package.infos[f"{group}/{name}"][parent]) <= nodes[parent]


def test_a_line_takes_along_all_that_belongs_to_it(package):
    nodes = subset_of(package, lines="AICS-23")
    assert nodes["lines"] == {"line_AICS_23"}
    fovs = {
        path.split("/")[1]
        for path, info in package.infos.items()
        if info.get("lines") == ["line_AICS_23"] and path.startswith("fovs/")
    }
    assert nodes["fovs"] == fovs
    assert len(nodes["cell_segs"]) == len(nodes["structure_segs"]) == len(fovs)
    assert_closed(package, nodes)
    assert subset_of(package, lines="line_AICS_23") == nodes


def test_a_segmentation_takes_along_only_what_it_rests_upon(package):
    name = next(path.split("/")[1] for path in package.infos if path.startswith("nuclei_segs/"))
    nodes = subset_of(package, nuclei_segs=name)
    assert {group: len(names) for group, names in nodes.items()} == {
        "lines": 1,
        "plates": 1,
        "wells": 1,
        "fovs": 1,
        "nuclei_segs": 1,
    }
    assert_closed(package, nodes)


def test_several_groups_must_all_fit(package):
    plate = "plate_3500001464"
    nodes = subset_of(package, lines="AICS-23", plates="3500001464")
    assert nodes["plates"] == {plate}
    infos = [package.infos[f"fovs/{fov}"] for fov in nodes["fovs"]]
    assert {(info["plates"][0], info["lines"][0]) for info in infos} == {(plate, "line_AICS_23")}
    assert_closed(package, nodes)


def test_links_that_are_only_indirect_are_followed(package):
    """Segmentations may list their field of view alone."""
    plain = subset_of(package, lines="AICS-23")
    bare = build_package(small=True)
    for path, info in bare.infos.items():
        if "_segs/" in path:
            info["lines"] = info["plates"] = info["wells"] = []
    assert subset_of(bare, lines="AICS-23") == plain


def test_what_there_is_is_said(package):
    with pytest.raises(NothingChecked, match=re.escape("--select lines=AICS-99")) as caught:
        subset_of(package, lines="AICS-99")
    assert "line_AICS_10, line_AICS_23" in caught.value.mend
    with pytest.raises(UsageError, match="have no batch"):
        subset_of(package, batch="x")


def test_odd_documents_say_nothing():
    assert read_links(("fovs", "a"), ["x"]) == NodeLinks(("fovs", "a"))
    assert read_links(("fovs", "a"), {"lines": "x", "plates": [1, "b"], "z": []}).lists == {"plates": {"b"}}


def test_root_of_a_package():
    assert package_root(["a/b/SCHEMA", "a/b/lines/x/info/load"]) == "a/b/"
    assert package_root(["SCHEMA", "lines/x/info/load"]) == ""
    assert package_root([f"{HOME}/images/SCHEMA", f"{HOME}/workspace/x"]) is None
    assert package_root([f"{HOME}/README.md"]) is None


@pytest.fixture
def uploaded(tmp_path, store, package, quilt_folders):  # noqa: ARG001  quilt3 caches elsewhere
    return Uploaded(tmp_path, store, files=package.contents())


def publish(uploaded, *select):
    store = uploaded.store
    request = PackageRequest(
        NAME,
        (uploaded.receipt,),
        f"s3://{store.bucket}",
        "Now",
        select=select,
        s3=S3Settings(endpoint_url=store.endpoint),
    )
    return make_package(request)


def checked(uploaded, address):
    origin = Origin(str(address), s3=S3Settings(endpoint_url=uploaded.store.endpoint))
    return check(CheckRequest(uploaded.folder, origin=origin, report=uploaded.folder / "report.jsonl"))


def test_published_package_and_its_subset_pass_the_check(uploaded, package):
    result = publish(uploaded)
    source = QuiltSource(str(result.address), S3Settings(endpoint_url=uploaded.store.endpoint))
    assert source.entries.keys() == package.contents().keys()
    fov = next(path for path in package.infos if path.startswith("fovs/"))
    assert source.entries[f"{fov}/image/load"].meta == {
        "kind": "package.image",
        "group": "fovs",
        "node": fov.split("/")[1],
        "name": "load",
    }
    assert source.meta["nodes"]["fovs"] == 18
    assert (checked(uploaded, result.address).findings, source.complete) == ([], True)

    part = publish(uploaded, "lines=AICS-23")
    assert 0 < part.entries < result.entries
    found = checked(uploaded, part.address)
    assert {finding.level for finding in found.findings} <= {
        "warning",
        "info",
    }  # links that lead out of the subset
    assert found.exit_code == ExitCode.CLEAN


def test_info_document_that_is_damaged_ends_it(tmp_path, store, package, quilt_folders):  # noqa: ARG001
    files = {
        path: data
        for path, data in package.contents().items()
        if path.startswith(("SCHEMA", "lines/", "plates/"))
    }
    path = next(path for path in files if path.startswith("lines/"))
    uploaded = Uploaded(tmp_path, store, files=files | {path: files[path][:-2]})
    with pytest.raises(UnreadableFile, match=f"{path} cannot be read as JSON"):
        publish(uploaded, "lines=AICS-23")
