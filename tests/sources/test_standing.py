"""What a folder stands for, from names alone."""

import pytest

from validator.errors import UsageError
from validator.sources.standing import find_prefix, said_prefix


@pytest.mark.parametrize(
    ("path", "folders", "prefix"),
    [
        ("/nas/cpg0037-oasis/broad", ["images", "workspace"], "cpg0037-oasis/broad/"),
        ("/nas/cpg0037-oasis", ["broad"], "cpg0037-oasis/"),
        ("/nas", ["cpg0037-oasis", "other"], ""),
        (
            "/nas/cpg0037-oasis/broad/images/2021_04_26_B1",
            ["images", "illum"],
            "cpg0037-oasis/broad/images/2021_04_26_B1/",
        ),
        ("/nas/cpg0037-old/cpg0037-oasis/broad", ["images"], "cpg0037-oasis/broad/"),
        ("/nas/CPG0037-Oasis/broad", ["images"], "CPG0037-Oasis/broad/"),
        ("/nas/cpg37/broad", ["images"], "cpg37/broad/"),
        ("/nas/cpg0037-oasis", ["images", "workspace"], "cpg0037-oasis/"),
        ("/nas/cpg0037-oasis/workspace/analysis", ["b"], "cpg0037-oasis/workspace/analysis/"),
    ],
)
def test_found(path, folders, prefix):
    assert find_prefix(path, folders) == prefix


@pytest.mark.parametrize(
    ("path", "folders"),
    [
        ("/nas/heart/broad", ["images", "workspace"]),
        ("/nas/heart", ["broad"]),
        ("/nas/cpgate/data", ["images"]),
        ("/nas/cpg0037-oasis/upload/broad", ["images", "workspace"]),
    ],
)
def test_not_told(path, folders):
    with pytest.raises(UsageError) as caught:
        find_prefix(path, folders)
    assert path in caught.value.what
    assert "--dataset" in caught.value.mend


@pytest.mark.parametrize(
    ("dataset", "path", "folders", "prefix"),
    [
        ("cpg0037-oasis/broad", "/nas/heart", ["images"], "cpg0037-oasis/broad/"),
        ("/cpg0037-oasis/broad/", "/nas/heart", ["images"], "cpg0037-oasis/broad/"),
        ("cpg0037-oasis/broad", "/nas/heart/images", ["2021_04_26_B1"], "cpg0037-oasis/broad/images/"),
        (
            "cpg0037-oasis/broad/workspace/segmentation",
            "/nas/masks",
            ["x"],
            "cpg0037-oasis/broad/workspace/segmentation/",
        ),
    ],
)
def test_said(dataset, path, folders, prefix):
    assert said_prefix(path, dataset, folders) == prefix


@pytest.mark.parametrize("dataset", ["cpg0037-oasis", "", "/", "a//b", "../b", "a/.."])
def test_said_wrongly(dataset):
    with pytest.raises(UsageError, match="--dataset"):
        said_prefix("/nas/heart", dataset, [])
