from pathlib import Path

from validator.checks.batch_components import batches_have_images
from validator.sources.local import LocalSource
from validator.workflows.configuration import settings_in_force
from validator.workflows.listing import list_dataset


def test_datasets_are_told_in_the_order_of_their_keys(tmp_path):
    """Whatever seed Python hashes with: a report that says the same has the same digest."""
    homes = [f"cpg00{number}-example/lab" for number in range(10, 22)]
    for home in homes:
        for folder in ("images/2024_03_05_Run1/images/P1", "workspace/load_data_csv/2024_03_06_Run2/P1"):
            place = Path(tmp_path, home, folder)
            place.mkdir(parents=True)
            (place / "load_data.csv").write_text("x")
    dataset, _ = list_dataset(LocalSource(tmp_path), settings_in_force(None))
    told = [finding.key for finding in batches_have_images(dataset)]
    assert told == [f"{home}/images/2024_03_06_Run2/" for home in homes]
