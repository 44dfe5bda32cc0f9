"""What is said to a person begins with a capital and ends with a full stop; names and commands stay as they are."""

import pytest

from validator.reporters.sentences import advice, sentence


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("no AWS credentials were found", "No AWS credentials were found."),
        ("The receipt speaks of the store x", "The receipt speaks of the store x."),
        ("foo is not a bucket", "foo is not a bucket."),
        ("the-folder is not a bucket", "the-folder is not a bucket."),
        ("There is no folder nowhere.", "There is no folder nowhere."),
        ("", ""),
    ],
)
def test_what_happened(said, shown):
    assert sentence(said) == shown


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("check the path", "Check the path."),
        ("run the same command again: it goes on where it stopped", "Run the same command again: it goes on where it stopped."),
        ("say how old they must be: --others --older-than 7d", "Say how old they must be: --others --older-than 7d"),
        ("say below which prefix they go: s3://bucket/aics/cells", "Say below which prefix they go: s3://bucket/aics/cells"),
        ("pip install 'cpgate[show]'", "pip install 'cpgate[show]'"),
        ("cpgate fix PATH", "cpgate fix PATH"),
        ("Did you mean batch-undated? `cpgate rules` lists all.", "Did you mean batch-undated? `cpgate rules` lists all."),
    ],
)  # fmt: skip
def test_what_to_do(said, shown):
    assert advice(said) == shown
