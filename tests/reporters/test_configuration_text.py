from validator.models.configuration import Configuration, IgnoredFiles, LevelChange
from validator.models.finding import Level
from validator.reporters.configuration_text import configuration_lines, ignored_summary
from validator.reporters.style import Style

LEVELS = [
    LevelChange(rule="junk-file", level=Level.ERROR, reason="", origin="strict.yaml, line 2", of_policy=True),
    LevelChange(
        rule="CPG2*", level=Level.INFO, reason="never seen", origin="strict.yaml, line 3", of_policy=True
    ),
    LevelChange(
        rule="batch-*", level=Level.OFF, paths=["images/pilot/"], reason="old", origin="cpgate.toml, line 1"
    ),
    LevelChange(rule="CPG112", level=Level.OFF, reason="agreed\x1b[2J", origin="cpgate.toml, line 9"),
]
IGNORED = [
    IgnoredFiles(
        patterns=["*.tmp"], reason="tries", origin="cpgate.toml, line 20", files=1200, size=3_400_000
    ),
    IgnoredFiles(patterns=list("abcdefg"), reason="none", origin="cpgate.toml, line 25"),
    IgnoredFiles(patterns=["x"], reason="one", origin="cpgate.toml, line 30", files=1, size=5),
]
WHOLE = Configuration(
    file="/nas/cpgate.toml",
    levels=LEVELS,
    ignored=IGNORED,
    mounts={"cpg0051-heart/broad/images/Rep2/": "/mnt/disk2"},
    not_used=["cpg0051-heart/moon/cpgate.toml"],
)


def lines(configuration, overridden):
    return list(configuration_lines(configuration, overridden, Style(200)))


def test_everything_is_told_with_its_reason():
    assert lines(WHOLE, [3, 0, 2, 0]) == [
        "mounted  cpg0051-heart/broad/images/Rep2/ from /mnt/disk2",
        "ignored  1,200 files, 3.4 MB: *.tmp · tries (cpgate.toml, line 20)",
        "ignored  no file: a, b, c, d, e and 2 more · none (cpgate.toml, line 25)",
        "ignored  1 file, 5 B: x · one (cpgate.toml, line 30)",
        "level    junk-file is error, 3 findings (strict.yaml, line 2)",
        "level    batch-* is off in images/pilot/, 2 findings · old (cpgate.toml, line 1)",
        "level    CPG112 is off, not looked for · agreed\\x1b[2J (cpgate.toml, line 9)",
        "not used cpg0051-heart/moon/cpgate.toml: a configuration holds when its own dataset is checked, or with --config",
    ]


def test_the_summary_counts_files_and_rules():
    assert ignored_summary(WHOLE) == "1,201 files ignored (2 rules, cpgate.toml)"
    assert ignored_summary(None) == ""
    assert ignored_summary(Configuration(ignored=IGNORED[1:2])) == ""


def test_without_one_nothing_is_told():
    assert lines(None, []) == []
    assert len(lines(WHOLE, [])) == 7, "a report of an older version has no counts"
