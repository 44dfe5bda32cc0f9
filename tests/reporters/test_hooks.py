from pathlib import Path

import pytest
import yaml

from validator.reporters.hooks import HOOKS, hooks_file

ROOT = Path(__file__).parents[2]
BY_ID = {hook.id: hook for hook in HOOKS}


def test_the_file_of_hooks_is_the_one_that_is_made():
    assert (ROOT / ".pre-commit-hooks.yaml").read_text() == hooks_file()


def test_the_file_of_hooks_is_what_pre_commit_reads():
    for made, hook in zip(yaml.safe_load(hooks_file()), HOOKS, strict=True):
        assert made["id"] == hook.id
        assert made["files"] == hook.files
        assert made["language"] == "python"
        assert made["entry"].split()[0] == "cpgate"


@pytest.mark.parametrize(
    ("hook", "path"),
    [
        ("cpgate-layout", "images/2024_03_05_Run1/illum/BR01/BR01_IllumDNA.npy"),
        ("cpgate-layout", "workspace/load_data_csv/2024_03_05_Run1/BR01/load_data.csv"),
        ("cpgate-layout", "workspace_dl/embeddings/model_ab12/x.parquet"),
        ("cpgate-layout", "data/cpg0051-heart/broad/workspace/metadata/platemaps/x.txt"),
        ("cpgate-manifest", "profile_index.json"),
        ("cpgate-manifest", "manifests/profile_index.json"),
        ("cpgate-manifest", "manifests/profile_index.csv"),
        ("cpgate-manifest", "datasets_profile_index_14039fa.csv"),
    ],
)
def test_paths_that_a_hook_must_match(hook, path):
    assert BY_ID[hook].matches(path)


@pytest.mark.parametrize(
    ("hook", "path"),
    [
        ("cpgate-layout", "README.md"),
        ("cpgate-layout", "my_images/x.tif"),
        ("cpgate-layout", "workspace"),
        ("cpgate-layout", "workspaces/x.csv"),
        ("cpgate-manifest", "profile_index.yaml"),
        ("cpgate-manifest", "profile_indexes.json"),
        ("cpgate-manifest", "myprofile_index.json"),
        ("cpgate-manifest", "profile_index.json.bak"),
        ("cpgate-manifest", "profile_index/readme.md"),
    ],
)
def test_paths_that_a_hook_must_not_match(hook, path):
    assert not BY_ID[hook].matches(path)
