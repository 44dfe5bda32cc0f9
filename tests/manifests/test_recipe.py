import pytest

from validator.errors import UsageError
from validator.manifests.recipe import parse_recipe

COMMIT = "a917fa79342ff92cf0ea05d6d9174d9028a90f8f"
TREE = f"https://github.com/o/recipe/tree/{COMMIT}"
FILE = f"https://github.com/o/recipe/blob/{COMMIT}/orf.json"


def test_one_configuration_for_all_or_one_for_each():
    made = parse_recipe(TREE, (FILE, f"crispr={FILE}?x=1"))
    assert made is not None
    assert made.config_of("ORF") == FILE
    assert made.config_of("CRISPR") == f"{FILE}?x=1"
    assert parse_recipe(None, ()) is None


def test_a_subset_without_a_configuration():
    made = parse_recipe(TREE, (f"orf={FILE}",))
    assert made is not None
    with pytest.raises(UsageError, match="subset CRISPR"):
        made.config_of("CRISPR")


@pytest.mark.parametrize(
    ("recipe", "configs", "words"),
    [
        (TREE, (), "--recipe-config is missing"),
        (None, (FILE,), "--recipe is missing"),
        ("https://github.com/o/recipe/tree/main", (FILE,), "points to a branch"),
        ("https://github.com/o/recipe", (FILE,), "names no commit"),
        (TREE, (f"orf=http://github.com/o/r/blob/{COMMIT}/c",), "not an https address"),
        (FILE, (FILE,), "single file"),
        (TREE, (TREE,), "leads to a repository"),
    ],
)
def test_links_that_prove_nothing(recipe, configs, words):
    with pytest.raises(UsageError, match=words):
        parse_recipe(recipe, configs)
