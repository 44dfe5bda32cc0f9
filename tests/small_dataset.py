"""A few files whose names are right; what is in them is for other tests."""

from pathlib import Path

NAMES = (
    "images/2024_03_05_Run1/illum/BR01/BR01_IllumDNA.npy",
    "images/2024_03_05_Run1/images/BR01__2024-03-05T10_12_41-Measurement1/Images/r01c01f01p01-ch1sk1fk1fl1.tiff",
    "images/2024_03_05_Run1/images/BR01__2024-03-05T10_12_41-Measurement1/Images/r01c01f02p01-ch1sk1fk1fl1.tiff",
    "workspace/analysis/2024_03_05_Run1/BR01/analysis/BR01-A01-1/Cells.csv",
    "workspace/backend/2024_03_05_Run1/BR01/BR01.sqlite",
    "workspace/profiles/2024_03_05_Run1/BR01/BR01.csv.gz",
    "workspace/load_data_csv/2024_03_05_Run1/BR01/load_data.csv",
    "workspace/metadata/platemaps/2024_03_05_Run1/barcode_platemap.csv",
    "workspace/metadata/platemaps/2024_03_05_Run1/platemap/map1.txt",
)


def make_small_dataset(root: Path, batch: str = "2024_03_05_Run1") -> Path:
    """Write the dataset ``cpg0099-example/broad`` below a folder; returns its folder."""
    folder = root / "cpg0099-example" / "broad"
    for name in NAMES:
        path = folder / name.replace("2024_03_05_Run1", batch)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return folder
