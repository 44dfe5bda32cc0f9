"""The layout knows the documented places, and says what is wrong with others."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import RulebookError
from validator.models.place import Place
from validator.rulebook.layout import load_layout

FULL = "BR00117035__2021-05-02T16_02_51-Measurement1"

# The documented grammar, one key (below project/source/) for each of its lines, with its kind and entities.
DOCUMENTED = [
    ("images/2021_04_26_B1/illum/BR00117035/BR00117035_IllumAGP.npy", "images.illum", {"plate": "BR00117035", "channel": "AGP"}),
    (f"images/2021_04_26_B1/images/{FULL}/Images/r01c01f01p01-ch1sk1fk1fl1.tiff", "images.raw", {"plate": "BR00117035", "full_plate": FULL, "batch": "2021_04_26_B1"}),
    (f"images/2021_04_26_B1/images/{FULL}/Assaylayout/Unnamed.xml", "images.raw", {"plate": "BR00117035"}),
    ("images/2021_04_26_B1/images_projected/BR00117035/x/y.tiff", "images.manipulated", {"manipulation": "projected"}),
    ("images/2021_04_26_B1/illum/CP257A/CP257A_IllumDNA_Round2.npy", "images.illum", {"channel": "DNA", "round": "2"}),
    ("images/2021_04_26_B1/illum/CP257A/CP257A_Cycle12_IllumDNA.npy", "images.illum", {"cycle": "12", "base": "DNA"}),
    ("images/2021_04_26_B1/images/CP257A/10X_c1-SBS-1/Well1_Point1_0000.nd2", "images.pooled_barcoding", {"cycle": "1", "magnification": "10"}),
    ("images/2021_04_26_B1/images/CP257A/10X_c1_SBS-12/sub/Well1.nd2", "images.pooled_barcoding", {"cycle": "12"}),
    ("images/2021_04_26_B1/images/CP257A/20X_CP_Plate1_20240319_122800_179/Well1.nd2", "images.pooled_painting", {"magnification": "20"}),
    ("images/2021_04_26_B1/images/CP257A/20X_x_CP_round_1/Well1.nd2", "images.pooled_painting", {"magnification": "20"}),
    ("images/2021_04_26_B1/images_aligned/barcoding/CP257A-Well1-0/x.tiff", "images.pooled_processed", {}),
    ("images/2021_04_26_B1/images_corrected/barcoding/CP257A-Well1-0/x.tiff", "images.pooled_processed", {}),
    ("images/2021_04_26_B1/images_corrected/painting/CP257A-Well1-0/x.tiff", "images.pooled_processed", {}),
    ("images/2021_04_26_B1/images_corrected_cropped/CP257A-Well1-0/Cycle01_A/x.tiff", "images.pooled_processed", {}),
    ("workspace/analysis/2021_04_26_B1/P1/analysis/P1-A01-3/Cells.csv", "workspace.analysis", {"plate": "P1", "well": "A01", "site": "3", "object": "Cells"}),
    ("workspace/analysis/2021_04_26_B1/P1/analysis/P1-a01/Nuclei.csv.gz", "workspace.analysis", {"well": "a01"}),
    ("workspace/analysis/2021_04_26_B1/P1/analysis/P1/Image.csv", "workspace.analysis", {"plate": "P1"}),
    ("workspace/analysis/2021_04_26_B1/P1/analysis/J10/outlines/J10_s1--cell_outlines.png", "workspace.analysis_images", {"well": "J10"}),
    ("workspace/analysis/2021_04_26_B1/CP257A/analysis/CP257A-Well1-0/Cells.csv", "workspace.analysis", {"well": "Well1", "site": "0"}),
    ("workspace/backend/2021_04_26_B1/P1/P1.sqlite", "workspace.backend", {"plate": "P1"}),
    ("workspace/backend/2021_04_26_B1/P1/P1.csv.gz", "workspace.backend_table", {"plate": "P1"}),
    ("workspace/load_data_csv/2021_04_26_B1/P1/load_data.csv", "workspace.load_data", {"plate": "P1", "table": "csv"}),
    ("workspace/load_data_csv/2021_04_26_B1/P1/load_data_with_illum.csv.gz", "workspace.load_data", {"table": "csv.gz"}),
    ("workspace/load_data_csv/2021_04_26_B1/P1/load_data_with_illum.parquet", "workspace.load_data", {"table": "parquet"}),
    ("workspace/load_data_csv/2021_04_26_B1/P1/load_data_pipeline9.csv", "workspace.pipeline_table", {}),
    ("workspace/metadata/external_metadata/JUMP-Target-1_compound_metadata.tsv", "workspace.external_metadata", {}),
    ("workspace/metadata/platemaps/2021_04_26_B1/barcode_platemap.csv", "workspace.barcode_platemap", {"batch": "2021_04_26_B1"}),
    ("workspace/metadata/platemaps/2021_04_26_B1/platemap/OAA01.02.03.04.A.txt", "workspace.platemap", {"platemap": "OAA01.02.03.04.A"}),
    ("workspace/metadata/2021_04_26_B1/Barcodes.csv", "workspace.barcodes", {"batch": "2021_04_26_B1"}),
    ("workspace/metadata/2021_04_26_B1/metadata.json", "workspace.batch_metadata", {}),
    ("workspace/metadata_harmonized/cpg0016-jump_harmonized_metadata_v01.parquet", "workspace.harmonized_metadata", {}),
    ("workspace/profiles/2021_04_26_B1/P1/P1.csv.gz", "workspace.profiles", {"plate": "P1"}),
    ("workspace/profiles/2021_04_26_B1/P1/P1_normalized_feature_select_negcon_plate.csv.gz", "workspace.profiles", {"stage": "normalized_feature_select_negcon_plate"}),
    ("workspace/profiles/2020_11_04_CPJUMP1_DL/P1/P1_augmented.parquet", "workspace.profiles", {"batch": "2020_11_04_CPJUMP1_DL"}),
    ("workspace/profiles_assembled/ORF/v1.0a/profiles.parquet", "workspace.assembled_profiles", {"subset": "ORF", "version": "v1.0a", "variant": "profiles"}),
    ("workspace/quality_control/heatmap/2021_04_26_B1/P1/P1_cell_count.png", "workspace.quality_control", {"plate": "P1"}),
    ("workspace/segmentation/cellpose_4a1bf6e/model/README.md", "workspace.segmentation", {"segmentation": "cellpose_4a1bf6e"}),
    ("workspace/segmentation/cellpose_4a1bf6e/training/a/b.tiff", "workspace.segmentation", {}),
    ("workspace/segmentation/cellpose_4a1bf6e/objects/J3/A1/A1.zarr/source_8__J3__A1__A01__1/.zgroup", "workspace.segmentation", {"batch": "J3", "plate": "A1"}),
    ("workspace/publication_data/2024_Example/figures/1.svg", "workspace.publication_data", {}),
    ("workspace/assaydev/2021_04_26_B1/x.png", "workspace.batch_of_other", {"batch": "2021_04_26_B1"}),
    ("workspace/embeddings/x.parquet", "workspace.embeddings", {}),
    ("workspace/pipelines/2021_04_26_B1/1_CP_Illum.cppipe", "workspace.batch_of_other", {"batch": "2021_04_26_B1"}),
    ("workspace/pipelines/1_CP_Illum.cppipe", "workspace.pipelines", {}),
    ("workspace/qc/x", "workspace.qc", {}),
    ("workspace/software/a/b/c.py", "workspace.software", {}),
    ("workspace_dl/collated/net_ec756ff/all.parquet", "workspace_dl.table", {"model": "net_ec756ff"}),
    ("workspace_dl/consensus/net_ec756ff/all.csv", "workspace_dl.table", {}),
    ("workspace_dl/embeddings/net_ec756ff/2021_04_26_B1/P1/A01-1/embedding.parquet", "workspace_dl.embeddings", {"well": "A01", "site": "1"}),
    ("workspace_dl/embeddings/net_ec756ff/2021_04_26_B1/P1/A01/1/embedding.npz", "workspace_dl.embeddings", {"well": "A01", "site": "1"}),
    ("workspace_dl/profiles/net_ec756ff/2021_04_26_B1/P1/P1.parquet", "workspace_dl.profiles", {"plate": "P1"}),
    ("workspace_dl/profiles/net_ec756ff/2021_04_26_B1/P1.parquet", "workspace_dl.profiles", {"plate": "P1"}),
]  # fmt: skip


def place(key):
    cut = key.rfind("/") + 1
    layout = load_layout()
    return layout.place_file(layout.place_folder(key[:cut]), key[cut:])


@pytest.mark.parametrize(("below", "kind", "entities"), DOCUMENTED, ids=[row[0] for row in DOCUMENTED])
def test_documented_places(below, kind, entities):
    found = place(f"cpg0016-jump/source_4/{below}")
    assert found.misfit is None
    assert found.kind == kind
    assert entities.items() <= dict(found.entities).items()
    assert found.entities["project"] == "cpg0016-jump"
    assert found.entities["source"] == "source_4"


@pytest.mark.parametrize(
    "home", ["", "cpg0037-oasis/", "cpg0037-oasis/broad/", "cpg0037-oasis/broad/workspace/segmentation/"]
)
def test_receipts_at_every_granted_prefix(home):
    assert place(f"{home}_cpgate/20261120T140533Z_0f3a9c21.jsonl").kind == "receipt"


def test_no_kind_has_two_meanings():
    layout = load_layout()
    receipts = place("cpg0037-oasis/broad/_cpgate/notes.txt")
    assert receipts.misfit is not None
    assert set(layout.kinds()) >= {kind for _, kind, _ in DOCUMENTED}


@pytest.mark.parametrize(
    ("below", "segment", "depth", "nearest"),
    [
        ("training_images/x/y.tiff", "training_images", 2, ""),
        ("image/b/y.tiff", "image", 2, "images"),
        ("workspace/gct/b/y.gct", "gct", 3, ""),
        ("workspace/load_data/b/p/load_data.csv", "load_data", 3, "load_data_csv"),
        ("workspace/profile/b/p/p.csv", "profile", 3, "profiles"),
        ("workspace/Backend/b/p/p.csv", "Backend", 3, "backend"),
        ("workspace/metadata/platemap/b/barcode_platemap.csv", "platemap", 4, "platemaps"),
        ("images/b/Illum/p/p_IllumDNA.npy", "Illum", 4, "illum"),
        ("images/b/EC000111__x/Images/y.tiff", "EC000111__x", 4, ""),
        ("images/b/illum/BR1/BR2_IllumDNA.npy", "BR2_IllumDNA.npy", 6, ""),
        ("workspace/backend/b/p/q.sqlite", "q.sqlite", 6, ""),
        ("workspace/metadata/b/barcodes.csv", "barcodes.csv", 5, "Barcodes.csv"),
    ],
)
def test_misfits_name_the_part_that_fails(below, segment, depth, nearest):
    misfit = place(f"cpg0016-jump/source_4/{below}").misfit
    assert misfit is not None
    assert (misfit.segment, misfit.depth, misfit.nearest) == (segment, depth, nearest)
    assert f"cpg0016-jump/source_4/{below}".split("/")[misfit.depth] == segment


def test_expected_names_are_filled_in():
    misfit = place("cpg0016-jump/source_4/images/b/illum/BR1/x.tif").misfit
    assert "BR1_Illum<Channel>.npy" in misfit.expected
    folders = place("cpg0016-jump/source_4/images/b/x/y.tif").misfit
    assert {"images/", "illum/", "images_<manipulation>/"} <= set(folders.expected)


def test_everything_below_a_misfit_shares_it():
    layout = load_layout()
    top = layout.place_folder("cpg0016-jump/source_4/workspace/gct/")
    deep = layout.place_folder("cpg0016-jump/source_4/workspace/gct/a/b/")
    assert deep.misfit == top.misfit
    assert layout.place_file(deep, "x.csv").misfit == top.misfit


def test_plate_that_a_file_means():
    layout = load_layout()
    illum = layout.place_folder("cpg0016-jump/source_4/images/b/illum/BR1/")
    assert layout.plate_meant(illum, "BR2_IllumDNA.npy") == "BR2"
    assert layout.plate_meant(illum, "BR1_IllumDNA.npy") == ""
    assert layout.plate_meant(illum, "notes.txt") == ""
    groups = layout.place_folder("cpg0016-jump/source_4/workspace/analysis/b/BR1/analysis/")
    assert layout.plate_meant_by_folder(groups, "BR2-A01-1") == "BR2"


@pytest.mark.parametrize(("below", "kind", "entities"), DOCUMENTED, ids=[row[0] for row in DOCUMENTED])
def test_may_hold_never_denies_what_is_there(below, kind, entities):
    del entities
    folder = f"cpg0016-jump/source_4/{below}".rpartition("/")[0] + "/"
    layout = load_layout()
    assert layout.may_hold(layout.place_folder(folder), frozenset({kind}))


def test_may_hold_denies_other_kinds():
    layout = load_layout()
    raw = layout.place_folder(f"cpg0016-jump/source_4/images/b/images/{FULL}/Images/")
    assert not layout.may_hold(raw, frozenset({"workspace.load_data", "images.illum"}))
    assert layout.is_opaque(raw)


def test_place_that_was_made_by_hand_is_refused():
    with pytest.raises(RulebookError, match="place_folder"):
        load_layout().place_file(Place("images.raw"), "x.tiff")


def test_folder_characters():
    layout = load_layout()
    assert layout.strange_characters("2021_04_26_Batch-1") == ""
    assert layout.strange_characters("v1.0a") == ""
    assert layout.strange_characters("BR1.zarr") == ""
    assert layout.strange_characters("a b, c") == " ,"
    assert layout.strange_characters("Düsseldorf") == "ü"
    assert layout.is_closed("BR1.zarr")
    assert not layout.is_closed("zarr")


SEGMENTS = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12
)
KNOWN = st.sampled_from(
    ["images", "workspace", "illum", "analysis", "profiles", "metadata", "platemaps", "P1", "P1-A01-1"]
)


@given(st.lists(SEGMENTS | KNOWN, min_size=1, max_size=9))
def test_any_key_gets_a_place(parts):
    found = place("/".join(parts))
    assert found.kind in load_layout().kinds()
    if found.misfit is not None:
        assert parts[found.misfit.depth] == found.misfit.segment


def test_images_are_placed_fast():
    layout = load_layout()
    folder = layout.place_folder(f"cpg0016-jump/source_4/images/b/images/{FULL}/Images/")
    names = [f"r01c01f{number:06d}p01-ch1sk1fk1fl1.tiff" for number in range(200_000)]
    began = time.perf_counter()
    kinds = {layout.place_file(folder, name).kind for name in names}
    assert kinds == {"images.raw"}
    assert time.perf_counter() - began < 2  # 0.05 s on a laptop


# Keys of the corpus that have no place, as shares of each list; every one of them is a finding to be defended.
@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("keys.txt", 0.01),
        ("workspace_keys_derived.txt", 0.02),
        ("prefixes.txt", 0.01),
        ("pooled_keys_other_bucket.txt", 0.0),
    ],
)
def test_share_of_corpus_keys_without_a_place(corpus, name, share):
    layout = load_layout()
    keys = [line for line in (corpus / "keys" / name).read_text(encoding="utf-8").splitlines() if line]
    lost = [
        key
        for key in keys
        if (layout.place_folder(key) if key.endswith("/") else place(key)).misfit is not None
    ]
    assert len(lost) <= share * len(keys), lost


# Kinds into which anything falls although no folder is documented as free there.
CATCH_ALL = {"workspace.pipeline_table", "workspace.metadata_harmonized"}


def test_hardly_a_key_of_the_corpus_falls_to_a_catch_all(corpus):
    names = ("keys.txt", "workspace_keys_derived.txt", "prefixes.txt", "pooled_keys_other_bucket.txt")
    keys = [
        key
        for name in names
        for key in (corpus / "keys" / name).read_text(encoding="utf-8").split("\n")
        if key
    ]
    places = [load_layout().place_folder(key) if key.endswith("/") else place(key) for key in keys]
    lost = [key for key, found in zip(keys, places, strict=True) if found.misfit or found.kind in CATCH_ALL]
    assert len(lost) <= 0.01 * len(keys), lost  # 26 of 3,079, every one with a finding or a rule of its own
