import doctest

import pytest

from validator.manifests import permalinks
from validator.manifests.permalinks import pinned_to, points_to

COMMIT = "a917fa79342ff92cf0ea05d6d9174d9028a90f8f"
REPOSITORY = "https://github.com/broadinstitute/jump-profiling-recipe"


@pytest.mark.parametrize(
    ("link", "pin"),
    [
        (f"{REPOSITORY}/tree/{COMMIT}", "commit"),
        (f"{REPOSITORY}/blob/{COMMIT}/inputs/orf.json", "commit"),
        (f"{REPOSITORY}/commit/{COMMIT}", "commit"),
        (f"https://raw.githubusercontent.com/o/r/{COMMIT}/a.json", "commit"),
        (f"https://gitlab.com/group/sub/r/-/blob/{COMMIT}/a.json", "commit"),
        (f"https://codeberg.org/o/r/src/commit/{COMMIT}/a.json", "commit"),
        ("https://doi.org/10.5281/zenodo.1234567", "commit"),
        (f"{REPOSITORY}/tree/{COMMIT[:7]}", "short-commit"),
        (f"{REPOSITORY}/tree/v0.6.0", "tag"),
        (f"{REPOSITORY}/blob/2024.1/a.json", "tag"),
        (f"{REPOSITORY}/tree/v1.0.0-rc1", "tag"),
        (f"{REPOSITORY}/releases/tag/anything", "tag"),
        ("https://raw.githubusercontent.com/o/r/refs/tags/x/a.json", "tag"),
        ("https://raw.githubusercontent.com/o/r/refs/heads/v1/a.json", "branch"),
        (f"{REPOSITORY}/tree/main", "branch"),
        (f"{REPOSITORY}/blob/feature-2/a.json", "branch"),
        (f"{REPOSITORY}/tree/deadbeef-branch", "branch"),
        (REPOSITORY, "nothing"),
        (f"{REPOSITORY}/", "nothing"),
        ("http://github.com/o/r/tree/" + COMMIT, "not-https"),
        ("recipe.py", "not-https"),
        ("https://[", "not-https"),
        ("https://example.org/recipe", "unknown"),
    ],
)
def test_pins(link, pin):
    assert pinned_to(link) == pin


def test_examples():
    assert doctest.testmod(permalinks).failed == 0


@pytest.mark.parametrize(
    ("link", "target"),
    [
        (REPOSITORY, "repository"),
        (f"{REPOSITORY}/tree/{COMMIT}", "repository"),
        (f"{REPOSITORY}/commit/{COMMIT}", "repository"),
        (f"{REPOSITORY}/releases/tag/v1", "repository"),
        (f"{REPOSITORY}/blob/{COMMIT}/tree/config.json", "file"),
        (f"https://raw.githubusercontent.com/o/r/{COMMIT}/a.json", "file"),
        (f"https://gitlab.com/group/r/-/blob/{COMMIT}/a.json", "file"),
        (f"https://gitlab.com/group/r/-/tree/{COMMIT}", "repository"),
        (f"https://gitlab.com/group/r/-/raw/{COMMIT}/a.json", "file"),
        (f"https://codeberg.org/o/r/src/commit/{COMMIT}", "repository"),
        (f"https://codeberg.org/o/r/src/commit/{COMMIT}/a.json", "unknown"),
        (f"https://bitbucket.org/o/r/src/{COMMIT}", "repository"),
        (f"https://bitbucket.org/o/r/src/{COMMIT}/a.json", "unknown"),
        (f"{REPOSITORY}/wiki", "unknown"),
        ("https://doi.org/10.5281/zenodo.1234567", "unknown"),
        ("https://example.org/recipe.py", "unknown"),
        ("https://[", "unknown"),
    ],
)
def test_targets(link, target):
    assert points_to(link) == target
