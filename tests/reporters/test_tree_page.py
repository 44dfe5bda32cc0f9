"""The page of the tree shows every kind, and its examples are what it says they are."""

import pytest

from validator.reporters.tree_page import documented_paths, tree_page
from validator.rulebook.imagers import load_imagers
from validator.rulebook.layout import load_layout
from validator.rulebook.locate import rulebook_version
from validator.rulebook.template import load_entities
from validator.rulebook.tree import load_tree

PATHS = list(documented_paths(load_tree(), load_entities()))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.path)
def test_examples_have_their_place(path):
    folder, _, name = path.example.rpartition("/")
    layout = load_layout()
    place = layout.place_folder(f"{folder}/")
    found = layout.place_file(place, name) if name else place
    assert found.misfit is None
    assert found.kind == path.kind


def test_every_kind_is_on_the_page():
    everywhere = {"gallery", "readme", "receipts", "receipt", "version_control"}
    assert {path.kind for path in PATHS} == set(load_layout().kinds()) - everywhere


def test_page():
    imagers = [spec for spec, _ in load_imagers()]
    page = tree_page(rulebook_version(), PATHS, load_entities(), imagers, "## Versions\n")
    assert f"rulebook {rulebook_version()}" in page
    assert "<plate>_Illum<Channel>.npy" in page
    assert "as the microscope wrote it" in page
    assert "`(?:[A-Za-z]{1,2}\\d{1,2}\\|Well[A-Za-z]?\\d+)`" in page
    assert page.endswith("## Versions\n")
    for entity in load_entities().values():
        assert entity.meaning in page
