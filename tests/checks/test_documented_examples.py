"""The documentation's own examples are clean under ``contribution``, except for dates that it writes itself."""

import pytest
from dataset_builder import Case, build

from validator.checks.runner import run_checks
from validator.sources.local import LocalSource
from validator.workflows.listing import list_dataset

ARRAYED = [
    "images/2021_04_26_Batch1/illum/BR00117035/BR00117035_IllumAGP.npy",
    "images/2021_04_26_Batch1/illum/BR00117035/BR00117035_IllumDNA.npy",
    "images/2021_04_26_Batch1/images/BR00117035__2021-05-02T16_02_51-Measurement1/Images/r01c01f01p01-ch1sk1fk1fl1.tiff",
    "images/2021_04_26_Batch1/images/BR00117035__2021-05-02T16_02_51-Measurement1/Images/Index.idx.xml",
    "images/2021_04_26_Batch1/images_projected/BR00117035/r01c01f01.tiff",
    "workspace/analysis/2021_04_26_Batch1/BR00117035/analysis/BR00117035-A01-1/Cells.csv",
    "workspace/analysis/2021_04_26_Batch1/BR00117035/analysis/BR00117035-A01-1/outlines/A01_s1--cell_outlines.png",
    "workspace/backend/2021_04_26_Batch1/BR00117035/BR00117035.sqlite",
    "workspace/backend/2021_04_26_Batch1/BR00117035/BR00117035.csv",
    "workspace/load_data_csv/2021_04_26_Batch1/BR00117035/load_data.csv",
    "workspace/load_data_csv/2021_04_26_Batch1/BR00117035/load_data_with_illum.csv",
    "workspace/metadata/external_metadata/JUMP-Target-1_compound_metadata.tsv",
    "workspace/metadata/platemaps/2021_04_26_Batch1/barcode_platemap.csv",
    "workspace/metadata/platemaps/2021_04_26_Batch1/platemap/JUMP-Target-1_compound_platemap.txt",
    "workspace/metadata_harmonized/cpg0099-example_harmonized_metadata_v01.parquet",
    "workspace/pipelines/2021_04_26_Batch1/analysis.cppipe",
    "workspace/profiles/2021_04_26_Batch1/BR00117035/BR00117035.csv.gz",
    "workspace/profiles/2021_04_26_Batch1/BR00117035/BR00117035_augmented.csv.gz",
    "workspace/profiles/2021_04_26_Batch1/BR00117035/BR00117035_normalized_feature_select_negcon_plate.csv.gz",
    "workspace/profiles_assembled/ORF/v1.0a/profiles.parquet",
    "workspace/publication_data/2024_Example/figures/figure1.svg",
    "workspace/quality_control/heatmap/2021_04_26_Batch1/BR00117035/BR00117035_cell_count.png",
    "workspace/segmentation/cellpose_4a1bf6e/model/README.md",
    "workspace/segmentation/cellpose_4a1bf6e/objects/2021_04_26_Batch1/BR00117035/BR00117035.zarr/channel_mapping.json",
    "workspace/software/example_DVC/README.md",
    "workspace_dl/collated/efficientnet_v2_imagenet1k_s_feature_vector_2_ec756ff/all.parquet",
    "workspace_dl/consensus/efficientnet_v2_imagenet1k_s_feature_vector_2_ec756ff/all.csv",
    "workspace_dl/embeddings/efficientnet_v2_imagenet1k_s_feature_vector_2_ec756ff/2021_04_26_Batch1/BR00117035/A01-1/embedding.parquet",
    "workspace_dl/embeddings/efficientnet_v2_imagenet1k_s_feature_vector_2_ec756ff/2021_04_26_Batch1/BR00117035/A01/1/embedding.npz",
    "workspace_dl/profiles/efficientnet_v2_imagenet1k_s_feature_vector_2_ec756ff/2021_04_26_Batch1/BR00117035/BR00117035.parquet",
]
POOLED = [
    "images/{batch}/illum/CP257A/CP257A_IllumDNA_Round1.npy",
    "images/{batch}/illum/CP257A/CP257A_Cycle1_IllumA.npy",
    "images/{batch}/images/CP257A/10X_c1-SBS-1/Well1_Point1_0000_ChannelC,A,T,G,DAPI_Seq0000.nd2",
    "images/{batch}/images/CP257A/20X_CP_CP257A_20210422_122800_179/Well1_Point1_0000_Seq0000.nd2",
    "images/{batch}/images_aligned/barcoding/CP257A-Well1-0/Plate_CP257A_Well_1_Site_0_Cycle01_DAPI.tiff",
    "images/{batch}/images_corrected/barcoding/CP257A-Well1-0/Plate_CP257A_Well_1_Site_0_Cycle01_A.tiff",
    "images/{batch}/images_corrected/painting/CP257A-Well1-0/Plate_CP257A_Well_1_Site_0_CorrDNA.tiff",
    "images/{batch}/images_corrected_cropped/CP257A-Well1-0/CorrDNA/CorrDNA_Site_0.tiff",
    "workspace/analysis/{batch}/CP257A/analysis/CP257A-Well1-0/Cells.csv",
    "workspace/backend/{batch}/CP257A/CP257A.csv",
    "workspace/load_data_csv/{batch}/CP257A/load_data_pipeline1.csv",
    "workspace/metadata/{batch}/Barcodes.csv",
    "workspace/metadata/{batch}/metadata.json",
    "workspace/profiles/{batch}/CP257A/CP257A.csv.gz",
]


def layout_findings(tmp_path, keys):
    root = build(tmp_path, Case(base=False, add=dict.fromkeys(keys, "x")))
    dataset, _ = list_dataset(LocalSource(root))
    return dataset, [
        finding for finding in run_checks(dataset, only=["layout"], jobs=1) if finding.level != "info"
    ]


def test_arrayed_example_is_clean(tmp_path):
    dataset, findings = layout_findings(tmp_path, ARRAYED)
    assert dataset.scope == "arrayed"
    assert [(finding.rule, finding.key, finding.message) for finding in findings] == []


def test_pooled_example_is_clean(tmp_path):
    dataset, findings = layout_findings(tmp_path, [key.format(batch="2021_04_22_6W_CP257") for key in POOLED])
    assert dataset.scope == "pooled"
    assert [(finding.rule, finding.key, finding.message) for finding in findings] == []


@pytest.mark.parametrize(("batch", "rename"), [("20210422_6W_CP257", "2021_04_22_6W_CP257")])
def test_dates_of_the_documentation_get_exactly_one_finding(tmp_path, batch, rename):
    _, findings = layout_findings(tmp_path, [key.format(batch=batch) for key in POOLED])
    (finding,) = findings
    assert finding.slug == "batch-date-spelling"
    assert finding.expected == rename
    assert finding.count == 6
