"""Every key list of the corpus, as empty files: no crash, and nothing said that cannot be defended."""

from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from validator.checks.runner import Tally, run_checks
from validator.sources.local import LocalSource
from validator.workflows.listing import list_dataset


def keys_of(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        key = line.split(None, 3)[3] if path.name == "aws_ls_lines.txt" else line
        key = f"cpg0016-{key}" if key.startswith("jump/") else key
        if "/" in key:
            yield key + "README.md" if key.endswith("/") else key


def layout_findings(tmp_path, keys):
    for key in keys:
        path = tmp_path / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    for project in sorted(tmp_path.iterdir()):
        said = None if project.name.startswith("cpg") else f"{project.name}/Source1"
        source = LocalSource(project / "Source1" if said else project, dataset=said)
        dataset, _ = list_dataset(source, policy="gallery")
        tally = Tally()
        yield from run_checks(dataset, only=["layout"], jobs=1, tally=tally)
        assert tally.crashed == 0


@pytest.mark.parametrize(
    "name",
    [
        "keys.txt",
        "workspace_keys_derived.txt",
        "pooled_keys_other_bucket.txt",
        "prefixes.txt",
        "aws_ls_lines.txt",
    ],
)
def test_key_lists(corpus, tmp_path, name):
    found = list(layout_findings(tmp_path, keys_of(corpus / "keys" / name)))
    slugs = Counter(finding.slug for finding in found)
    assert slugs["check-crashed"] == slugs["file-unreadable"] == 0
    assert not [finding for finding in found if finding.level == "error"]
    assert slugs["misplaced-folder"] <= 4
    assert slugs["file-unknown"] <= 3
    assert all(finding.message and finding.key for finding in found)


def test_the_page_of_real_keys_is_as_the_rulebook(corpus):
    spec = spec_from_file_location("real_keys", Path(__file__).parents[2] / "docs" / "real_keys.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.page(corpus) == module.PAGE.read_text(encoding="utf-8"), "run docs/real_keys.py again"


def test_known_defects_of_folders(corpus, tmp_path):
    del corpus
    keys = [
        "cpg0022-cmqtl/broad/workspace/profiles/2019_05_13_Batch2/BR00103267_augmented.csv.gz",
        "cpg0022-cmqtl/broad/workspace/backend/2019_05_13_Batch2/BR00103267/BR00103267.gct",
        "cpg0019-moshkov-deepprofiler/broad/training_images/x/a.tiff",
        "cpg0016-jump/source_8/workspace/segmentation/cellpose_202404/objects/J3/A1166177/a.png",
        "cpg0004-lincs/broad/images/2016_04_01_a549_48hr_batch1/images_zarr_050/SQ00014812/.zgroup",
        "cpg0027/broad/images/2020_02_02_x/images_aligned_stitched/images_corrected_cropped/a.tiff",
    ]
    found = {(finding.slug, finding.key.split("/")[0]) for finding in layout_findings(tmp_path, keys)}
    assert {
        ("profiles-flat", "cpg0022-cmqtl"),
        ("file-unknown", "cpg0022-cmqtl"),
        ("section-unknown", "cpg0019-moshkov-deepprofiler"),
        ("segmentation-hash", "cpg0016-jump"),
    } <= found
    assert {slug for slug, project in found if project in ("cpg0004-lincs", "cpg0027")} <= {
        "empty-file", "component-missing", "component-recommended",
    }  # fmt: skip
