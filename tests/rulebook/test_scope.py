"""What a dataset is, found from its folders."""

import pytest

from validator.errors import UsageError
from validator.rulebook.layout import load_layout
from validator.rulebook.scope import find_scope, load_scope, load_scopes


def scope_of(*folders):
    layout = load_layout()
    return find_scope(layout.place_folder(f"cpg0037-oasis/broad/{folder}/") for folder in folders)


@pytest.mark.parametrize(
    ("folders", "scope"),
    [
        (["images/b/images/P1/Images", "workspace/load_data_csv/b/P1"], "arrayed"),
        (["images/b/P1/Images"], "arrayed"),
        (["images/b/images/P1/10X_c1-SBS-1", "workspace/metadata/b"], "pooled"),
        (["images/b/images/P1/20X_CP_x", "images/b/images_aligned/x"], "pooled"),
        (["workspace/segmentation/cellpose_4a1bf6e/objects"], "addition"),
        (["workspace/profiles/b/P1"], "addition"),
        (["images/b/illum/P1"], "addition"),
        (["workspace/gct/b"], "addition"),
        (["workspace/profiles_assembled/ORF/v1.0"], "derived"),
        (["workspace_dl/embeddings/net_ec756ff/b/P1/A01-1"], "derived"),
        (["workspace_dl/profiles/net_ec756ff/b/P1", "workspace/metadata/platemaps/b"], "addition"),
        ([], "addition"),
    ],
)
def test_scopes(folders, scope):
    assert scope_of(*folders) == scope


def test_compressed_images_alone_add_to_a_project_of_the_gallery():
    layout, folder = load_layout(), "lab/images/2026_compressed/images_compressed/high.zarr/"
    assert find_scope([layout.place_folder(f"cpg0016-jump/{folder}")]) == "addition"
    assert find_scope([layout.place_folder(f"cpg0099-new/{folder}")]) == "arrayed"
    raw = layout.place_folder("cpg0016-jump/lab/images/2026_02_03_Run1/images/P1/")
    assert find_scope([layout.place_folder(f"cpg0016-jump/{folder}"), raw]) == "arrayed"


def test_arrayed_requires_what_the_contributing_page_lists():
    required = [component.component for component in load_scope("arrayed").required]
    assert required == ["images/<batch>/images", "workspace/metadata/platemaps", "workspace/load_data_csv"]
    recommended = [component.component for component in load_scope("arrayed").recommended]
    assert recommended == ["workspace/analysis", "workspace/backend", "workspace/profiles"]


def test_every_kind_of_the_scopes_exists():
    kinds = set(load_layout().kinds())
    for scope in load_scopes():
        for component in (*scope.required, *scope.recommended):
            assert component.kinds <= kinds
            assert component.hidden_by <= kinds
        assert {*scope.signs, *scope.unless, *scope.unless_published} <= kinds


def test_unknown_scope_names_the_known():
    with pytest.raises(UsageError) as caught:
        load_scope("new")
    assert "arrayed" in caught.value.mend
