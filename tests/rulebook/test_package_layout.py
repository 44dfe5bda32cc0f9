"""The layout of packages keeps the form of every layout, and places the files of a package."""

import jsonschema
import pytest

from validator.manifests.published import published_schemas
from validator.rulebook.layout import load_package_layout
from validator.rulebook.locate import read_rulebook_file

FOV = "fovs/fov_0123456789abcdef0123456789abcdef/"


def test_it_has_the_form_of_a_layout():
    jsonschema.validate(read_rulebook_file("package_layout.yaml"), published_schemas()["layout.schema.json"])


@pytest.mark.parametrize(
    ("folder", "name", "kind"),
    [
        ("", "SCHEMA", "package.schema"),
        ("", "SCHEMA.json", "package.schema"),
        ("", "README", "package.readme"),
        ("", "SUBSET.json", "package.subset"),
        (f"{FOV}info/", "load", "package.info"),
        (f"{FOV}image/", "image.ome.tiff", "package.image"),
        ("wells/plate_3500001464_well_E6/info/", "node.json", "package.info"),
    ],
)
def test_files_have_their_kinds(folder, name, kind):
    layout = load_package_layout()
    place = layout.place_file(layout.place_folder(folder), name)
    assert (place.kind, place.misfit) == (kind, None)


@pytest.mark.parametrize(
    ("folder", "name", "segment"),
    [
        ("", "table.csv", "table.csv"),
        ("plate/", "a", "plate"),
        (FOV, "notes.txt", "notes.txt"),
        (f"{FOV}images/", "load", "images"),
    ],
)
def test_other_files_have_no_place(folder, name, segment):
    layout = load_package_layout()
    place = layout.place_file(layout.place_folder(folder), name)
    assert place.misfit is not None
    assert place.misfit.segment == segment


def test_a_node_is_known_by_group_and_name():
    place = load_package_layout().place_folder("cell_segs/cell_a/info/")
    assert dict(place.entities) == {"group": "cell_segs", "node": "cell_a"}
