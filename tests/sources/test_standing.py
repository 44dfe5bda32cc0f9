"""What a folder stands for, from names alone."""

import pytest

from validator.errors import UsageError
from validator.sources.local import LocalSource
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


def test_what_holds_projects_stands_for_no_source():
    with pytest.raises(UsageError, match="in it lies cpg0051-heart/, a project") as caught:
        said_prefix("/nas/heart", "cpg0037-oasis/broad", ["cpg0051-heart", "notes"])
    assert "--prefix" in caught.value.mend
    assert (
        said_prefix("/nas/x/images", "cpg0037-oasis/broad", ["cpg1_batch"]) == "cpg0037-oasis/broad/images/"
    )
    assert (
        said_prefix("/nas/heart", "cpg0037-oasis/broad", ["cpg0051-heart", "images"])
        == "cpg0037-oasis/broad/"
    )


@pytest.mark.parametrize("dataset", ["cpg0037-oasis", "", "/", "a//b", "../b", "a/.."])
def test_said_wrongly(dataset):
    with pytest.raises(UsageError, match="--dataset"):
        said_prefix("/nas/heart", dataset, [])


@pytest.mark.parametrize(
    "part", ["images/2024_03_05_Run1", "images/2024_03_05_Run1/images", "workspace/metadata"]
)
def test_a_part_of_a_dataset_is_a_part_also_when_the_dataset_is_said(build_dataset, tmp_path, part):
    """A batch folder holds images/ as a source does; taken for one, its keys would lose the batch."""
    home = "cpg0099-example/broad"
    root = build_dataset()
    assert LocalSource(root / part, home).prefix == f"{home}/{part}/"
    other = tmp_path / "my disk" / "final v2"
    other.parent.mkdir()
    root.rename(other)
    assert LocalSource(other / part, home).prefix == f"{home}/{part}/"
    assert LocalSource(other, home).prefix == f"{home}/"


def test_a_batch_folder_alone_is_not_taken_for_a_dataset(build_dataset, tmp_path):
    batch = tmp_path / "disk" / "2024_03_05_Run1"
    batch.parent.mkdir()
    (build_dataset() / "images" / "2024_03_05_Run1").rename(batch)
    with pytest.raises(UsageError, match="looks like the folder of a batch") as caught:
        LocalSource(batch, "cpg0099-example/broad")
    assert "--dataset cpg0099-example/broad/images/2024_03_05_Run1" in caught.value.mend
