"""Numbers with their nouns, and that no message makes its own."""

import doctest
import re
from pathlib import Path

import pytest

from validator.models import counts
from validator.models.counts import counted, plural

SOURCE = Path(counts.__file__).parents[1]
NOUNS = "byte cell column error file finding folder image line object page part plate row step upload well"
BY_ITSELF = re.compile(r"\{[^{}]*:,\} (?:" + "|".join(plural(noun) for noun in NOUNS.split()) + r")\b")
NEVER_ONE = {
    "MAX_KEY_BYTES",  # 1,024
    "group.count",  # where there are several
    "len(troubles)",  # where there are several
    "len(by_well)",  # a plate has more
    "batch.number",  # where there are several
}


def test_the_examples_of_the_documentation_hold():
    assert doctest.testmod(counts).failed == 0


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0 bytes"), (1, "1 byte"), (2, "2 bytes"), (1000, "1,000 bytes")],
)
def test_only_one_is_singular(value, said):
    assert counted(value, "byte") == said


@pytest.mark.parametrize(
    ("noun", "several"),
    [
        ("batch", "batches"),
        ("entry", "entries"),
        ("key", "keys"),
        ("field of view", "fields of view"),
        ("file or folder", "files or folders"),
        ("index", "indexes"),
    ],
)
def test_plurals(noun, several):
    assert plural(noun) == several


def test_no_message_words_a_number_that_may_be_one_by_itself():
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        for match in BY_ITSELF.finditer(path.read_text(encoding="utf-8")):
            value = match[0].removeprefix("{").partition(":,}")[0]
            if not any(value.startswith(known) for known in NEVER_ONE):
                found.append(f"{path.relative_to(SOURCE)}: {match[0]}")
    assert found == []
