"""Which configuration holds, and what it changes in a check."""

import os
from pathlib import Path

import pytest
from small_dataset import NAMES, make_small_dataset

from validator.errors import ExitCode, NothingChecked, UsageError
from validator.models.finding import Level
from validator.sources.local import LocalSource
from validator.workflows.check import CheckRequest, check
from validator.workflows.configuration import policy_in_force, settings_in_force
from validator.workflows.listing import list_dataset
from validator.workflows.report import read_report, stale_because

pytestmark = pytest.mark.usefixtures("here")

LEVEL = """\
[[level]]
rule = "batch-*"
level = "warning"
paths = ["images/20240305_Run1/"]
reason = "imaged before the convention"
"""
IGNORE = """\
[[ignore]]
patterns = ["workspace/scratch/", "*.tmp"]
reason = "tries"
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return folder


@pytest.fixture
def small(tmp_path):
    return make_small_dataset(tmp_path / "nas")


@pytest.fixture
def undated(tmp_path):
    return make_small_dataset(tmp_path / "nas", batch="20240305_Run1")


def layout(path, **options):
    return check(CheckRequest(path, only=("layout",), **options))


def write(folder, text, name="cpgate.toml"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_without_one_the_defaults_hold(small):
    result = layout(small)
    assert (result.header.policy, result.header.configuration) == ("contribution", None)
    assert result.end.overridden == []


@pytest.mark.parametrize("above", [0, 1])
def test_it_lies_in_the_dataset_or_in_its_project(here, small, above):
    path = write([small, small.parent][above], 'policy = "gallery"')
    for checked in (
        small,
        small / "images",
        small / "images/2024_03_05_Run1/illum",
        Path(os.path.relpath(small, here)),
    ):
        result = layout(checked)
        assert result.header.policy == "gallery"
        assert path.samefile(result.header.configuration.file)
    result = layout(small.parent)
    assert result.header.policy == "gallery"
    assert result.header.counts["files"] == len(NAMES), "a configuration is no data"


def test_the_nearest_holds(small):
    write(small.parent, 'policy = "gallery"')
    write(small, "")
    result = layout(small)
    assert result.header.policy == "contribution"
    result = layout(small.parent)
    assert result.header.policy == "gallery"
    assert result.header.configuration.not_used == ["cpg0099-example/broad/cpgate.toml"]


def test_one_of_several_sources_does_not_hold_for_all(small):
    (small.parent / "moon" / "images").mkdir(parents=True)
    write(small, 'policy = "gallery"')
    result = layout(small.parent)
    assert result.header.policy == "contribution"
    assert result.header.configuration.not_used == ["cpg0099-example/broad/cpgate.toml"]


def test_what_lies_above_the_project_never_holds(tmp_path):
    folder = make_small_dataset(tmp_path / "nas")
    write(tmp_path / "nas", 'policy = "gallery"')
    assert layout(folder).header.policy == "contribution"


def test_the_command_line_wins(small, tmp_path):
    write(small, 'policy = "gallery"\nscope = "addition"')
    named = write(tmp_path, 'scope = "derived"', "mine.toml")
    result = layout(small, policy="contribution", scope="arrayed")
    assert (result.header.policy, result.header.scope) == ("contribution", "arrayed")
    result = layout(small, config=named)
    assert (result.header.policy, result.header.scope) == ("contribution", "derived")
    assert result.header.configuration.file == str(named)
    assert result.header.configuration.not_used == ["cpg0099-example/broad/cpgate.toml"]


def test_it_says_which_dataset_a_folder_is(small, tmp_path):
    folder = tmp_path / "heart data"
    small.rename(folder)
    with pytest.raises(UsageError):
        layout(folder)
    write(folder, 'dataset = "cpg0051-heart/broad"\n' + IGNORE)
    write(folder / "workspace/scratch", "x", "a.csv")
    for checked in (folder, folder / "workspace", folder / "images/2024_03_05_Run1"):
        result = layout(checked)
        assert result.header.datasets == ["cpg0051-heart/broad"]
    assert layout(folder).header.configuration.ignored[0].files == 1
    assert layout(folder, dataset="cpg0052-liver/broad").header.datasets == ["cpg0052-liver/broad"]
    outside = write(tmp_path, 'dataset = "cpg0053-lung/broad"', "mine.toml")
    assert layout(folder, config=outside).header.datasets == ["cpg0053-lung/broad"]


def test_levels_hold_where_they_say(undated):
    assert layout(undated).exit_code is ExitCode.FINDINGS
    write(undated, LEVEL)
    result = layout(undated)
    (finding,) = result.findings
    assert (finding.rule, finding.level) == ("CPG113", Level.WARNING)
    assert result.exit_code is ExitCode.CLEAN
    assert result.end.overridden == [1]
    assert result.header.configuration.levels[0].reason == "imaged before the convention"
    write(undated, LEVEL.replace("images/20240305", "images/20250305"))
    result = layout(undated)
    assert (result.exit_code, result.end.overridden) == (ExitCode.FINDINGS, [0])


def test_what_is_off_is_counted(undated):
    write(undated, '[[level]]\nrule = "CPG113"\nlevel = "off"\nreason = "agreed"')
    result = layout(undated)
    assert (result.findings, result.end.overridden) == ([], [0]), (
        "a rule that is off everywhere is not looked for"
    )
    write(undated, LEVEL.replace('"warning"', '"off"'))
    result = layout(undated)
    assert (result.findings, result.end.overridden) == ([], [1])


def test_a_level_for_a_place_wakes_a_rule_that_is_off(undated):
    off = '[[level]]\nrule = "CPG113"\nlevel = "off"\nreason = "agreed"\n'
    write(undated, off + LEVEL)
    assert [finding.level for finding in layout(undated).findings] == [Level.WARNING]
    write(undated, LEVEL + off)
    assert layout(undated).findings == [], "later ones win"


def test_ignored_files_are_neither_judged_nor_listed(small):
    plain = layout(small)
    for name in ("scratch/a b/x.csv", "scratch/y.csv", "analysis/z.tmp", ".DS_Store"):
        write(small / "workspace", "xy", name)
    (small / "workspace/scratch/gone").symlink_to("nowhere")
    path = write(small, IGNORE + '[[ignore]]\npatterns = [".DS_Store", "nothing"]\nreason = "known"')
    result = layout(small)
    assert result.findings == []
    assert result.header.listing.digest == plain.header.listing.digest
    first, second = result.header.configuration.ignored
    assert (first.files, first.size, first.reason) == (4, 6, "tries")
    assert (second.files, second.size, second.origin) == (1, 2, "cpgate.toml, line 4")
    path.unlink()
    assert len(layout(small).findings) >= 4


@pytest.mark.parametrize("where", ["source", "project", "outside"])
def test_paths_begin_where_the_configuration_lies(small, tmp_path, where):
    write(small / "workspace/scratch", "x", "a.csv")
    pattern = "broad/workspace/scratch/" if where == "project" else "/workspace/scratch/"
    folder = {"source": small, "project": small.parent, "outside": tmp_path}[where]
    path = write(folder, f'[[ignore]]\npatterns = ["{pattern}"]\nreason = "tries"')
    options = {"config": path} if where == "outside" else {}
    for checked in (small, small.parent, small / "workspace"):
        assert layout(checked, **options).header.configuration.ignored[0].files == 1


def test_when_all_is_ignored_nothing_was_checked(small):
    write(small, '[[ignore]]\npatterns = ["*"]\nreason = "all"')
    with pytest.raises(NothingChecked, match=rf"ignores everything in .* \({len(NAMES)} files\)"):
        layout(small)


def test_a_report_does_not_outlive_its_configuration(here, small):
    check(CheckRequest(small))
    stored = read_report(here / "cpgate-report.jsonl")

    def stale():
        return stale_because(stored, *list_dataset(LocalSource(small), settings_in_force(small)))

    assert stale() == ""
    path = write(small, '[[level]]\nrule = "CPG112"\nlevel = "off"\nreason = "agreed"')
    assert "configuration" in stale()
    check(CheckRequest(small))
    stored = read_report(here / "cpgate-report.jsonl")
    assert stored.header.configuration.levels[0].reason == "agreed"
    assert stale() == ""
    path.write_text(path.read_text().replace("CPG112", "CPG113"))
    assert "configuration" in stale()


def test_a_report_does_not_outlive_the_policy_of_a_user(here, small, tmp_path):
    policy = write(tmp_path, "levels: {CPG112: info}", "strict.yaml")
    result = layout(small, policy=str(policy))
    assert (result.header.policy, result.header.configuration.policies) == ("strict", [str(policy)])
    assert result.header.configuration.levels[0].of_policy
    stored = read_report(here / "cpgate-report.jsonl")
    write(tmp_path, "levels: {CPG112: off}", "strict.yaml")
    now = list_dataset(LocalSource(small), settings_in_force(small, policy=str(policy)))
    assert "configuration" in stale_because(stored, *now)


def test_a_configuration_names_a_policy_beside_it(small, tmp_path):
    write(tmp_path / "rules", "levels: {junk-file: error}", "strict.yaml")
    config = write(tmp_path / "rules", 'policy = "./strict.yaml"', "mine.toml")
    write(small, "x", ".DS_Store")
    assert [finding.level for finding in layout(small, config=config).findings] == [Level.ERROR]


@pytest.mark.parametrize(
    ("text", "what", "mend"),
    [
        ('[[level]]\nrule = "batch-undatd"\nlevel = "off"\nreason = "x"', "line 1: There is no rule", "batch-undated"),
        ('scope = "arayed"', "There is no scope", "arrayed"),
        ('policy = "galery"', "There is no policy", "gallery"),
        ('policy = "strict.yaml"', "There is no policy", "path"),
    ],
)  # fmt: skip
def test_names_that_do_not_exist(small, text, what, mend):
    write(small, text)
    with pytest.raises(UsageError) as caught:
        layout(small)
    assert what in caught.value.what
    assert mend in caught.value.mend


def test_rules_of_a_policy_must_exist(tmp_path):
    policy = write(tmp_path, "levels:\n  junk-fil: error", "strict.yaml")
    with pytest.raises(UsageError) as caught:
        policy_in_force(str(policy))
    assert caught.value.what.startswith("strict.yaml, line 2: There is no rule")
    assert "junk-file" in caught.value.mend


def test_folders_on_other_disks_are_mounted(small, tmp_path):
    disk = tmp_path / "disk2"
    (small / "images/2024_03_05_Run1").rename(disk)
    assert layout(small).header.scope == "addition", "without its images it is no new dataset"
    write(
        small, f'[mounts]\n"cpg0099-example/broad/images/2024_03_05_Run1" = "{os.path.relpath(disk, small)}"'
    )
    result = layout(small)
    assert (result.header.scope, result.header.counts["files"]) == ("arrayed", len(NAMES))
    assert result.findings == []
    assert list(result.header.configuration.mounts) == ["cpg0099-example/broad/images/2024_03_05_Run1/"]
