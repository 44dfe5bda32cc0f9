import os
import sys

import pytest

from validator.errors import CpgateError, UsageError
from validator.upload.state import default_state_root, destination_folder


@pytest.fixture
def folder_for(tmp_path):
    dataset = tmp_path / "data" / "cpg0099-example" / "broad"
    dataset.mkdir(parents=True)

    def call(state=tmp_path / "state", root=dataset, **changes):
        values = {"endpoint": None, "bucket": "staging", "names": ["cpg0099-example/broad"]} | changes
        return destination_folder(state, **values, dataset_root=root)

    return call


def test_a_folder_is_made_for_the_user_alone(folder_for, tmp_path):
    folder = folder_for()
    assert folder.is_dir()
    assert list(folder.iterdir()) == []
    assert folder.parent == tmp_path / "state" / "uploads"
    assert folder.name.startswith("staging_cpg0099-example_broad_")
    if os.name != "nt":
        assert folder.stat().st_mode & 0o077 == 0


def test_it_is_the_same_whatever_the_datasets_path_is(folder_for, tmp_path):
    other = tmp_path / "elsewhere"
    other.mkdir()
    assert folder_for() == folder_for(root=other) == folder_for(names=["cpg0099-example/broad"] * 2)


def test_every_destination_has_its_own(folder_for):
    folders = [
        folder_for(),
        folder_for(bucket="public"),
        folder_for(endpoint="http://127.0.0.1:9000"),
        folder_for(names=["cpg0099-example/source_4"]),
        folder_for(names=["cpg0099-example/broad", "cpg0099-example/source_4"]),
        folder_for(names=["cpg0099_example/broad"]),
    ]
    assert len(set(folders)) == len(folders)


def test_a_long_or_strange_name_is_a_folder_name(folder_for):
    folder = folder_for(names=["cpg0099-" + "ü:*?" * 100 + "/../broad"])
    assert folder.is_dir()
    assert len(folder.name) < 100


def test_state_never_lies_inside_the_dataset(folder_for, tmp_path):
    dataset = tmp_path / "data" / "cpg0099-example" / "broad"
    for inside in (dataset, dataset / "state", dataset / "images" / ".." / "state"):
        with pytest.raises(UsageError, match="lies inside the dataset"):
            folder_for(state=inside)
    assert list(dataset.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="makes a symbolic link, which Windows allows to few")
def test_nor_through_a_link(folder_for, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "data" / "cpg0099-example" / "broad")
    with pytest.raises(UsageError, match="lies inside the dataset"):
        folder_for(state=link / "state")


def test_a_place_that_cannot_be_written(folder_for, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CpgateError, match="cannot be written") as caught:
        folder_for(state=tmp_path / "file")
    assert "--state" in caught.value.mend


def test_the_users_state_folder(monkeypatch, tmp_path):
    if sys.platform.startswith("linux"):
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        assert default_state_root() == tmp_path / "cpgate"
    assert default_state_root().name
