"""Nodes are shown: metadata in words, links walked when asked for, a picture with what it should have."""

import base64
import io
import re

import numpy as np
import pytest
from package_builder import build_package, nodes, ome
from PIL import Image

from validator.cli.main import run
from validator.errors import UnreadableFile, UsageError
from validator.reporters.node_picture import OUTLINES
from validator.workflows.show import PackageFolder, find_node


@pytest.fixture(scope="module")
def made():
    return build_package(small=True)


@pytest.fixture(scope="module")
def root(made, tmp_path_factory):
    return made.write(tmp_path_factory.mktemp("data") / "package")


@pytest.fixture(scope="module")
def fov(made, root):
    return PackageFolder(root).node("fovs", nodes(made, "fovs")[0])


def opened(picture):
    return np.array(Image.open(io.BytesIO(picture)))


def test_links_are_walked(fov, made):
    (well,) = fov.linked("wells")
    assert well.name == nodes(made, "wells")[0]
    assert [node.name for node in well.linked("fovs")] == nodes(made, "fovs")[:3]
    assert well.linked("plates")[0].linked("lines")[0].info["edits"]
    assert repr(well) == "<a well plate_3500001464_well_B6>"


def test_only_what_is_asked_for_is_read(tmp_path):
    package = build_package(small=True)
    name = nodes(package, "fovs")[0]
    package.files[f"fovs/{name}/image/load"] = b"no image"
    node = PackageFolder(package.write(tmp_path / "package")).node("fovs", name)
    assert node.linked("wells")[0].info["well_name"] == "B6"
    with pytest.raises(UnreadableFile, match="cannot be shown"):
        node.picture()


def test_panels_are_the_channels_of_use(fov):
    assert [panel.label for panel in fov.panels()] == ["CMDRP", "EGFP", "H3342", "Bright_100X"]
    assert fov.panels()[0].pixels.shape == (20, 24)


def test_picture_has_a_panel_for_each_channel_and_outlines(fov):
    picture = opened(fov.picture())
    assert picture.shape[1] > 4 * 360
    for colour in OUTLINES.values():
        assert (picture == colour).all(axis=-1).sum() > 500


def test_a_segmentation_is_its_mask(fov):
    (cell,) = fov.linked("cell_segs")
    assert [panel.label for panel in cell.panels()] == ["cell segmentation"]
    picture = opened(cell.picture())
    assert (picture == OUTLINES["cell_segs"]).all(axis=-1).any()
    assert not (picture == OUTLINES["nuclei_segs"]).all(axis=-1).any()


def test_a_large_image_is_made_smaller(tmp_path):
    package = build_package(small=True)
    name = nodes(package, "fovs")[0]
    rng = np.random.default_rng(1)
    package.files[f"fovs/{name}/image/load"] = ome(rng.integers(0, 900, (2, 7, 624, 924), np.uint16), "ZCYX")
    picture = opened(PackageFolder(package.write(tmp_path / "package")).node("fovs", name).picture())
    assert picture.shape[1] < 1600
    assert picture.shape[0] < 400


def test_a_notebook_shows_it(fov, root):
    assert fov._repr_png_().startswith(b"\x89PNG")
    page = fov._repr_html_()
    data = re.search(r"base64,([^']+)'", page)[1]
    assert base64.b64decode(data).startswith(b"\x89PNG")
    assert "<th style='text-align:left'>clone</th><td style='text-align:left'>20</td>" in page
    line = PackageFolder(root).node("lines", "line_AICS_23")
    assert line._repr_png_() is None
    assert "<img" not in line._repr_html_()


def test_notebook_shows_the_attributes_of_a_node_whose_image_is_cut_off(tmp_path):
    package = build_package(small=True)
    name = nodes(package, "fovs")[0]
    package.files[f"fovs/{name}/image/load"] = package.files[f"fovs/{name}/image/load"][:-50]
    fov = PackageFolder(package.write(tmp_path / "package")).node("fovs", name)
    page = fov._repr_html_()
    assert "It is cut off" in page
    assert "<td style='text-align:left'>20</td>" in page
    assert fov._repr_png_() is None


def test_hostile_text_stays_text(tmp_path):
    package = build_package(small=True)
    package.infos["lines/line_AICS_23"]["line"] = "<script>\x1b[31m"
    line = PackageFolder(package.write(tmp_path / "package")).node("lines", "line_AICS_23")
    assert "<script>" not in line._repr_html_()
    assert "\x1b" not in dict(line.rows())["line"]


def test_links_cannot_lead_out_of_the_package(tmp_path):
    package = build_package(small=True)
    package.infos["lines/line_AICS_23"]["plates"] = ["..", "../lines", "/etc", "plate_3500001464"]
    line = PackageFolder(package.write(tmp_path / "package")).node("lines", "line_AICS_23")
    assert [node.name for node in line.linked("plates")] == ["plate_3500001464"]


def test_nodes_of_a_group(root, made):
    assert sorted(nodes(made, "wells")) == [node.name for node in PackageFolder(root).nodes("wells")]


def test_a_path_inside_of_a_node_names_it(fov):
    assert find_node(fov.folder / "image" / "load") == fov


@pytest.mark.parametrize("path", ["lines/line_AICS_99", "README.md", "lines"])
def test_what_is_no_node_is_said(root, path):
    with pytest.raises(UsageError):
        find_node(root / path)


def test_the_command(fov, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["show", str(fov.folder)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{fov.name}   a field of view\n")
    assert "CMDRP_2 (not of use), CMDRP," in said
    assert f"picture  {fov.name}.png" in said
    assert (tmp_path / f"{fov.name}.png").read_bytes().startswith(b"\x89PNG")


def test_the_command_without_a_picture(root, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["show", str(root / "lines" / "line_AICS_23")]) == 0
    assert "plates          plate_3500001464, plate_3500001410\n" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert run(["show", str(root / "lines" / "line_AICS_23"), "-o", "a.png"]) == 2
