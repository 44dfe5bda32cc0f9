"""``cpgate manifest check``."""

import json

import pytest

from validator.cli.main import run

PRODUCT = {
    "subset": "orf",
    "url": "https://cellpainting-gallery.s3.amazonaws.com/cpg0016-jump-assembled/source_all/workspace/"
    "profiles_assembled/orf/v1.0/profiles.parquet",
    "recipe_permalink": f"https://github.com/broadinstitute/jump-profiling-recipe/tree/{'a' * 40}",
    "config_permalink": f"https://github.com/broadinstitute/jump-profiling-recipe/blob/{'a' * 40}/inputs/orf.json",
    "etag": "0" * 32 + "-7",
}


@pytest.fixture
def write(tmp_path):
    def make(*products):
        path = tmp_path / "profile_index.json"
        path.write_text(json.dumps(list(products)))
        return str(path)

    return make


def test_a_clean_manifest(write, capsys):
    assert run(["manifest", "check", write(PRODUCT)]) == 0
    assert capsys.readouterr().out == "clean: 1 file\n"


def test_an_etag_that_is_none_is_named_with_its_place(write, capsys):
    assert run(["manifest", "check", write(PRODUCT, PRODUCT | {"subset": "crispr", "etag": "abc"})]) == 1
    out = capsys.readouterr().out
    assert "/1/etag" in out
    assert "mend:" in out


def test_a_missing_file_is_a_usage_error(tmp_path, capsys):
    assert run(["manifest", "check", str(tmp_path / "none.json")]) == 2
    assert "none.json" in capsys.readouterr().err
