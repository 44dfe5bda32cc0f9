"""What a configuration says, and how its mistakes are told."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import UsageError
from validator.models.finding import Level
from validator.rulebook.config import read_config
from validator.rulebook.config_name import is_config

WHOLE = """\
policy = "gallery"
scope = "arrayed"

[mounts]
"cpg0051-heart/broad/images/2024_03_06_Rep2" = "/mnt/disk2/Rep2"

[[level]]
rule = "batch-undated"
level = "warning"
paths = ["images/pilot/"]
reason = "imaged before the convention"

[[ignore]]
patterns = [
  "workspace/scratch/",
  '*.tmp',
]
reason = "tries"

[[ignore]]
patterns = ["!keep.tmp"]
reason = "needed by the paper"
"""


@pytest.fixture
def config(tmp_path):
    def write(text):
        path = tmp_path / "cpgate.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_whole_configuration(config):
    read = read_config(config(WHOLE))
    assert (read.config.policy, read.config.scope) == ("gallery", "arrayed")
    (override,) = read.overrides("cpg0051-heart/broad/")
    assert (override.level, override.origin) == (Level.WARNING, "cpgate.toml, line 7")
    assert override.holds_at("cpg0051-heart/broad/images/pilot/")
    assert not override.holds_at("cpg0051-heart/broad/images/2024_03_06_Rep2/")
    first, second = read.ignore_rules()
    assert (first.reason, first.origin, first.lines) == ("tries", "cpgate.toml, line 13", (15, 16))
    assert second.lines == (21,)


def test_an_empty_configuration_says_nothing(config):
    read = read_config(config(""))
    assert read.overrides(None) == ()
    assert read.ignore_rules() == ()


def test_entries_of_another_form_have_no_lines(config):
    read = read_config(config('ignore = [{patterns = ["a"], reason = "b"}]'))
    assert read.ignore_rules()[0].origin == "cpgate.toml, ignore[1]"


def test_windows_files_are_read(config):
    assert (
        read_config(config(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())).config.scope == "arrayed"
    )


MISTAKES = [
    ('polcy = "gallery"', "line 1", "there is no key polcy", "Did you mean policy?"),
    ("policy = 3", "line 1", "policy is 3; expected text in quotation marks", ""),
    ('dataset = "heart"', "line 1", "dataset is 'heart'", "project/source"),
    ('[[ignore]]\npatterns = ["a"]', "line 1", "ignore[1].reason is missing", "Say why"),
    ('[[ignore]]\npatterns = ["a"]\nreason = " "', "line 3", "ignore[1].reason is empty", "Say why"),
    ('[[ignore]]\npatterns = "a"\nreason = "b"', "line 2", "ignore[1].patterns is 'a'; expected a list", ""),
    ('[[ignore]]\npatterns = []\nreason = "b"', "line 2", "ignore[1].patterns is empty", ""),
    ('[[ignore]]\npattern = ["a"]\nreason = "b"', "line 1", "ignore[1].patterns is missing", ""),
    ('[[ignore]]\npatterns = ["a"]\nraeson = "b"\nreason = "b"', "line 3", "no key ignore[1].raeson", "Did you mean reason?"),
    ('[[ignore]]\npatterns = ["# a"]\nreason = "b"', "line 2", "ignore[1].patterns[1]: '# a' matches no path", ".gitignore"),
    ('[[level]]\nrule = "x"\nlevel = "eror"\nreason = "b"', "line 3", "'eror', which is no level", "Did you mean error?"),
    ('[[level]]\nrule = "x"\nlevel = "off"\nreason = "b"\npaths = ["!"]', "line 5", "level[1].paths[1]", ".gitignore"),
    ('[level]\nrule = "x"', "cpgate.toml", "level is a table; expected a list", ""),
    ('scope = "a\nb', "line 1", "this is no TOML", ""),
    ("a = 1\na = 2", "line 2", "this is no TOML", ""),
    ("a = " + "[" * 5000, "cpgate.toml", "nested too deeply", ""),
    (b'scope = "\xff"', "line 1", "not UTF-8", ""),
    ('[mounts]\n"images/a" = "/mnt"', "cpgate.toml", "'images/a' is not the key of a folder", "Write the whole key"),
    ('[mounts]\n"cpg0051-heart/../broad/a" = "/mnt"', "cpgate.toml", "is not the key of a folder", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where", "what", "mend"), MISTAKES)
def test_mistakes_are_told_in_plain_words(config, text, where, what, mend):
    with pytest.raises(UsageError) as caught:
        read_config(config(text))
    assert where in caught.value.what
    assert what in caught.value.what
    assert mend in caught.value.mend
    assert not {"str", "dict", "None", "Input", "pydantic"} & set(caught.value.what.split())


def test_files_that_are_none(tmp_path):
    for path, what in ((tmp_path / "none.toml", "There is no"), (tmp_path, "is a folder")):
        with pytest.raises(UsageError, match=what):
            read_config(path)
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * 1_000_001)
    with pytest.raises(UsageError, match="larger"):
        read_config(large)


@given(st.text(max_size=60) | st.text('[]="#!\nlevelignorapths \\', max_size=80))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with suppress(UsageError):
        read_config(path)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("cpg0051-heart/cpgate.toml", True),
        ("cpg0051-heart/broad/cpgate.toml", True),
        ("cpgate.toml", False),
        ("cpg0051-heart/broad/images/cpgate.toml", False),
        ("cpg0051-heart/broad/my-cpgate.toml", False),
    ],
)
def test_where_a_configuration_lies(key, expected):
    assert is_config(key) is expected
