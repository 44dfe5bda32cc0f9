import pytest

from validator.cli.main import run
from validator.workflows.hook import key_in_repository

UNDATED = "images/20240305_Run1/illum/BR01/BR01_IllumDNA.npy"


@pytest.fixture
def repository(desk):
    def put(*names):
        for name in names:
            path = desk / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        return names

    return put


def test_a_repository_with_project_folders(repository, capsys):
    names = repository(f"cpg0099-example/broad/{UNDATED}", "README.md")
    assert run(["hook", "layout", *names]) == 1
    assert "Rename 20240305_Run1 to 2024_03_05_Run1" in capsys.readouterr().out


def test_a_repository_that_stands_for_a_source(repository, capsys):
    names = repository(UNDATED, "README.md", "docs/images/logo.png")
    assert run(["hook", "layout", "--dataset", "cpg0099-example/broad", *names]) == 1
    assert "Rename 20240305_Run1 to 2024_03_05_Run1" in capsys.readouterr().out
    assert run(["hook", "layout", "--dataset", "cpg0099-example/broad", "docs/images/logo.png"]) == 0
    assert capsys.readouterr().out == "no file of a dataset among those given\n"


def test_good_names_pass_silently_and_a_part_is_not_asked_for_the_rest(repository, capsys):
    names = repository("cpg0099-example/broad/images/2024_03_05_Run1/illum/BR01/BR01_IllumDNA.npy")
    assert run(["hook", "layout", *names]) == 0
    assert capsys.readouterr().out == ""


def test_a_repository_that_does_not_say_its_dataset(repository, capsys):
    names = repository(UNDATED)
    assert run(["hook", "layout", *names]) == 2
    assert "args: [--dataset, cpg0051-heart/broad]" in capsys.readouterr().err


def test_files_outside_of_the_projects_of_a_repository_are_no_business_of_the_hook(repository, capsys):
    repository("cpg0099-example/broad/images/x/y.txt")
    assert run(["hook", "layout", *repository("docs/images/logo.png")]) == 0
    assert capsys.readouterr().out == "no file of a dataset among those given\n"


def test_a_decomposed_name_makes_the_key_of_its_composed_form():
    assert key_in_repository("cpg0001/a/images/u\u0308.tif") == "cpg0001/a/images/\u00fc.tif"


GOOD = (
    '[{"subset": "orf", "url": "https://cellpainting-gallery.s3.amazonaws.com/cpg0016-jump-assembled/source_all/workspace/'
    'profiles_assembled/ORF/v1.0/profiles.parquet", "recipe_permalink": "https://github.com/jump-cellpainting/'
    'jump-profiling-recipe/tree/a917fa7a8b1a3f1e8b4b1a5e5c5d5e5f5a5b5c5d", "config_permalink": "https://github.com/'
    'jump-cellpainting/jump-profiling-recipe/blob/a917fa7a8b1a3f1e8b4b1a5e5c5d5e5f5a5b5c5d/inputs/orf.json", '
    '"etag": "0123456789abcdef0123456789abcdef"}]'
)


def test_a_manifest_that_is_right(desk, capsys):
    (desk / "profile_index.json").write_text(GOOD)
    assert run(["hook", "manifest", "profile_index.json"]) == 0
    assert "error" not in capsys.readouterr().out


def test_a_manifest_with_a_wrong_etag_and_one_that_is_none(desk, capsys):
    (desk / "profile_index.json").write_text(GOOD.replace("0123456789abcdef0123", "not-an-etag"))
    (desk / "other_profile_index.json").write_text("{")
    assert run(["hook", "manifest", "profile_index.json", "other_profile_index.json"]) == 1
    shown = capsys.readouterr().out
    assert "manifest-etag-form" in shown
    assert "manifest-unreadable" in shown


def test_a_manifest_that_is_not_there(desk, capsys):
    assert run(["hook", "manifest", "missing.json"]) == 2
    assert "missing.json" in capsys.readouterr().err
    assert desk.exists()
