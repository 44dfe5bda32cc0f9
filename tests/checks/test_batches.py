"""One finding for a batch, wherever its folders lie."""

from datetime import date

import pytest

from validator.checks import batches
from validator.sources.local import LocalSource
from validator.workflows.listing import list_dataset


def dataset_at(root, **options):
    return list_dataset(LocalSource(root), **options)[0]


def test_a_batch_spans_images_and_workspace(build_dataset):
    (batch,) = batches.find_batches(dataset_at(build_dataset()))
    assert [folder.split("/", 2)[2] for folder in batch.folders] == [
        "images/2024_03_05_Run1/",
        "workspace/analysis/2024_03_05_Run1/",
        "workspace/backend/2024_03_05_Run1/",
        "workspace/load_data_csv/2024_03_05_Run1/",
        "workspace/metadata/platemaps/2024_03_05_Run1/",
        "workspace/pipelines/2024_03_05_Run1/",
        "workspace/profiles/2024_03_05_Run1/",
    ]
    assert batch.measured == "2024_03_05"
    assert batch.files == 131
    assert batch.size > 0


def test_one_finding_with_all_folders(build_dataset):
    root = build_dataset(everywhere=[["2024_03_05_Run1", "20240305_Run1"]])
    (finding,) = batches.judge_batch_dates(dataset_at(root))
    assert finding.key == "cpg0099-example/broad/images/20240305_Run1/"
    assert finding.count == len(finding.examples) == 7
    assert finding.examples[0] == "images/20240305_Run1/  72 files"
    assert finding.hint == "Rename 20240305_Run1 to 2024_03_05_Run1 in 7 folders."


@pytest.mark.parametrize(
    ("today", "slugs"), [((2024, 3, 3), ["batch-date-future"]), ((2024, 3, 4), []), ((2024, 3, 5), [])]
)
def test_a_day_of_tolerance(build_dataset, monkeypatch, today, slugs):
    monkeypatch.setattr(batches, "today", lambda: date(*today))
    found = [finding.slug for finding in batches.judge_batch_dates(dataset_at(build_dataset()))]
    assert found == slugs


def test_additions_keep_the_names_of_their_batches(tmp_path):
    folder = tmp_path / "cpg0016-jump/source_8/workspace/profiles/J1/P1"
    folder.mkdir(parents=True)
    (folder / "P1.csv").write_text("x")
    dataset = dataset_at(tmp_path / "cpg0016-jump/source_8")
    assert dataset.scope == "addition"
    assert list(batches.judge_batch_dates(dataset)) == []
    dataset.scope = "arrayed"
    assert [finding.slug for finding in batches.judge_batch_dates(dataset)] == ["batch-undated"]


def test_a_batch_named_like_its_source(tmp_path):
    folder = tmp_path / "cpg0099-example/broad/images/broad/images/P1"
    folder.mkdir(parents=True)
    (folder / "a.tiff").write_text("x")
    (batch,) = batches.find_batches(dataset_at(tmp_path / "cpg0099-example/broad"))
    assert list(batch.folders) == ["cpg0099-example/broad/images/broad/"]
