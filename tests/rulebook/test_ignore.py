"""Patterns mean what they mean to git; where git is at hand it is asked."""

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validator.errors import UsageError
from validator.rulebook.ignore import Base, IgnoreRule, Ignoring, PathPatterns

NAMES = ("a", "b", "ab", "a b", "c.d", ".e", "keep")
ATOMS = (
    "a", "b", "ab", "*", "?", "**", "a*", "*b", "[ab]", "[!a]", "[^b]", "[[:alpha:]]", "c.d", "*.d", ".e", "\\a",
    "a b", "\\!a", "\\*", "keep",
)  # fmt: skip
FILES = ("a/b/ab", "a/keep", "b/a b/c.d", "b/a/.e", "ab", "c.d/a/a/b", "c.d/.e", "a b/b", ".e/a", "keep/ab")

patterns = st.builds(
    lambda negation, start, atoms, end: f"{negation}{start}{'/'.join(atoms)}{end}",
    st.sampled_from(["", "", "", "!"]),
    st.sampled_from(["", "", "", "/"]),
    st.lists(st.sampled_from(ATOMS), min_size=1, max_size=3),
    st.sampled_from(["", "", "/", "/**", " "]),
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    if shutil.which("git") is None:
        pytest.skip("git is not on this machine")
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    for name in FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def asked_of_git(repository, lines):
    """Index of the line by which git ignores each file and folder; ``None`` where it does not."""
    (repository / ".gitignore").write_text("\n".join(lines) + "\n")
    folders = {
        str(p.relative_to(repository)) for p in repository.rglob("*") if p.is_dir() and ".git" not in p.parts
    }
    told = subprocess.run(
        ["git", "-C", repository, "check-ignore", "-v", "-n", "--no-index", "-z", "--stdin"],
        input="\0".join([*FILES, *folders]),
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split("\0")[:-1]
    answers = {}
    for source, line, pattern, path in zip(*(told[i::4] for i in range(4)), strict=True):
        ignored = bool(source) and not pattern.startswith("!")
        answers[path + "/" * (path in folders)] = int(line) - 1 if ignored else None
    return answers


@settings(max_examples=150, deadline=None)
@given(st.lists(patterns, min_size=1, max_size=4))
def test_git_says_the_same(repository, lines):
    mine = PathPatterns(lines)
    expected = asked_of_git(repository, lines)
    assert {path: mine.decided_by(path) for path in expected} == expected


@pytest.mark.parametrize(
    ("lines", "path", "ignored"),
    [
        (["scratch/"], "workspace/scratch/x.csv", True),
        (["scratch/"], "workspace/scratch", False),
        (["/scratch/"], "workspace/scratch/x.csv", False),
        (["workspace/scratch"], "workspace/scratch/deep/x.csv", True),
        (["*.tmp", "!keep.tmp"], "images/keep.tmp", False),
        (["old/", "!old/keep.csv"], "old/keep.csv", True),
        (["old/*", "!old/keep.csv"], "old/keep.csv", False),
        (["old/**", "!old/keep.csv"], "old/keep.csv", False),
        (["images/**/illum"], "images/run/x/illum/a.npy", True),
        (["*.TIF"], "a.tif", False),
        ([r"\#notes"], "#notes", True),
        (["[[]1]"], "[1]", True),
        (["file "], "file", True),
        (["caf\u00e9"], "caf\u00e9", True),
        (["cafe\u0301"], "caf\u00e9", True),
    ],
)
def test_documented_meaning(lines, path, ignored):
    assert (PathPatterns(lines).decided_by(path) is not None) is ignored


@pytest.mark.parametrize("pattern", ["", "   ", "# a remark", "!", "/", "[z-a]", "a\\"])
def test_what_is_no_pattern_is_said(pattern):
    with pytest.raises(UsageError) as caught:
        PathPatterns([pattern])
    assert repr(pattern) in caught.value.what


def test_patterns_hold_below_their_folder_only():
    rules = [IgnoreRule(("/images/old/",), "tries", "cpgate.toml, line 1", (2,))]
    key = "cpg0051-heart/broad/images/old/a.tif"
    assert Ignoring(rules, Base("cpg0051-heart/broad/")).index_of(key) == 0
    assert Ignoring(rules, Base()).index_of(key) == 0
    assert Ignoring(rules, Base("cpg0051-heart/")).index_of(key) is None
    assert Ignoring(rules, Base("cpg0052-liver/broad/")).index_of(key) is None
    for outside in ("cpg0051-heart/broad/", "cpg0051-heart/", ""):
        assert Ignoring(rules, Base()).index_of(outside) is None


def test_the_pattern_that_decides_is_named():
    rules = [
        IgnoreRule(("scratch/", "*.tmp"), "tries", "cpgate.toml, line 1", (2, 3)),
        IgnoreRule(("!keep.tmp", "b.tmp"), "kept", "cpgate.toml, line 9", (10, 10)),
    ]
    ignoring = Ignoring(rules, Base())
    found = ignoring.ignored_by("cpg0051-heart/broad/images/a.tmp")
    assert (found.index, found.rule.reason, found.pattern, found.line) == (0, "tries", "*.tmp", 3)
    assert ignoring.ignored_by("cpg0051-heart/broad/images/keep.tmp") is None
    assert ignoring.ignored_by("cpg0051-heart/broad/b.tmp").pattern == "b.tmp"
