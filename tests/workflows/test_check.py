import hashlib
import json
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_dataset import NAMES, make_small_dataset

from validator.errors import ExitCode, NothingChecked, UnreadableFile, UsageError
from validator.models.finding import Level
from validator.models.listing import Folder
from validator.sources.local import LocalSource
from validator.workflows.check import CheckRequest, check, judge
from validator.workflows.listing import in_key_order, list_dataset
from validator.workflows.report import read_report, report_still_holds, stale_because


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder of a user: not the dataset, and a state folder of its own."""
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return folder


@pytest.fixture
def small(tmp_path):
    return make_small_dataset(tmp_path / "nas")


def layout(path, **options):
    return CheckRequest(path, only=("layout",), **options)


def test_a_clean_dataset(here, small):
    result = check(layout(small))
    assert result.exit_code == ExitCode.CLEAN
    assert result.findings == []
    assert result.header.datasets == ["cpg0099-example/broad"]
    assert result.header.counts == {"batches": 1, "plates": 1, "files": len(NAMES)}
    assert result.end.checked == {"layout": len(NAMES)}
    assert result.report == here / "cpgate-report.jsonl"


def test_the_report_holds_what_was_found(here, tmp_path):
    result = check(layout(make_small_dataset(tmp_path / "nas", batch="20240305_Run1")))
    assert result.exit_code == ExitCode.FINDINGS
    stored = read_report(here / "cpgate-report.jsonl")
    assert stored.header == result.header
    assert stored.findings == result.findings
    assert stored.end == result.end
    lines = stored.path.read_bytes().splitlines(keepends=True)
    assert json.loads(lines[-1])["digest"] == hashlib.sha256(b"".join(lines[:-1])).hexdigest()
    assert result.end.findings[Level.ERROR] == 1


def test_fail_on_decides_the_exit_code_and_nothing_else(here, tmp_path):
    folder = make_small_dataset(tmp_path / "nas")
    (folder / "workspace" / ".DS_Store").write_bytes(b"junk")
    assert check(layout(folder)).exit_code == ExitCode.CLEAN
    strict = check(layout(folder, fail_on=Level.WARNING))
    assert strict.exit_code == ExitCode.FINDINGS
    assert [f.level for f in strict.findings] == [Level.WARNING]
    assert here.exists()


def test_junk_and_receipts_are_not_among_the_files(tmp_path):
    folder = make_small_dataset(tmp_path)
    plain = list_dataset(LocalSource(folder))[1]
    for name in ("workspace/Thumbs.db", "workspace/@eaDir/x.csv", "_cpgate/20240101T000000Z_ab.jsonl"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")
    dataset, listing = list_dataset(LocalSource(folder))
    assert sorted(Path(entry.key).name for entry in dataset.junk) == ["Thumbs.db", "x.csv"]
    assert (listing.files, listing.digest) == (plain.files, plain.digest)
    assert not any("_cpgate" in file.entry.key for file in dataset.files())


@pytest.mark.parametrize("change", ["content", "time", "name", "more", "less"])
def test_any_change_of_a_file_changes_the_digest(small, change):
    before = list_dataset(LocalSource(small))[1].digest
    path = small / NAMES[0]
    stat = path.stat()
    if change == "content":
        path.write_bytes(b"xx")
    elif change == "time":
        os_utime(path, stat.st_mtime_ns + 1_000_000_000)
    elif change == "name":
        path.rename(path.with_name("BR01_IllumER.npy"))
    elif change == "more":
        path.with_name("BR01_IllumER.npy").write_bytes(b"x")
    else:
        path.unlink()
    assert list_dataset(LocalSource(small))[1].digest != before


def os_utime(path, mtime_ns):
    import os

    os.utime(path, ns=(mtime_ns, mtime_ns))


@given(
    st.sets(
        st.lists(
            st.text("ab-0/", min_size=1, max_size=3).map(lambda s: s.replace("/", "~")),
            min_size=1,
            max_size=4,
        ).map(tuple),
        max_size=30,
    )
)
def test_runs_of_files_follow_each_other_like_their_keys(paths):
    files = {
        path for path in paths if not any(other[: len(path)] == path and other != path for other in paths)
    }
    names = {}
    for path in files:
        names.setdefault("".join(f"{part}/" for part in path[:-1]), []).append(path[-1])
    folders = [
        Folder(key, key, sorted(some), array("q", [1] * len(some)), array("q", [0] * len(some)))
        for key, some in sorted(names.items())
    ]
    ordered = [f.key + name for f, begin, end in in_key_order(folders) for name in f.names[begin:end]]
    assert ordered == sorted("/".join(path) for path in files)


def test_a_report_is_never_written_into_the_dataset(tmp_path, small, here, monkeypatch):
    before = sorted(small.rglob("*"))
    for folder in (small, small / "images", small.parent):
        monkeypatch.chdir(folder)
        result = check(layout(small))
        assert result.report == tmp_path / "state" / "cpgate" / "reports" / "cpgate-report.jsonl"
    monkeypatch.chdir(here)
    with pytest.raises(UsageError, match="inside the dataset"):
        check(layout(small, report=small / "report.jsonl"))
    with pytest.raises(UsageError, match="inside the dataset"):
        check(layout(small / "workspace", report=small / "report.jsonl"))
    assert sorted(small.rglob("*")) == before


def test_a_report_that_cannot_be_written_is_said_before_the_work(here, small):
    with pytest.raises(UsageError, match="no such file or directory"):
        check(layout(small, report=here / "missing" / "report.jsonl"))
    with pytest.raises(UsageError, match="that is a folder"):
        check(layout(small, report=here))


def test_a_run_that_ends_early_leaves_the_earlier_report_and_nothing_else(here, small, monkeypatch):
    check(layout(small))
    before = (here / "cpgate-report.jsonl").read_bytes()

    def interrupted(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("validator.workflows.check.run_checks", interrupted)
    with pytest.raises(KeyboardInterrupt):
        check(layout(small))
    assert (here / "cpgate-report.jsonl").read_bytes() == before
    assert [path.name for path in here.iterdir()] == ["cpgate-report.jsonl"]


def test_nothing_to_look_at_is_not_clean(here, tmp_path, small):
    empty = tmp_path / "cpg0098-empty" / "broad"
    (empty / "images").mkdir(parents=True)
    with pytest.raises(NothingChecked):
        check(CheckRequest(empty))
    with pytest.raises(NothingChecked, match="--only documents"):
        check(CheckRequest(small, only=("documents",)))
    assert list(here.iterdir()) == []


def test_a_folder_with_nothing_but_junk_is_told_and_is_not_clean(here, tmp_path):
    folder = tmp_path / "cpg0098-junk" / "broad" / "images"
    folder.mkdir(parents=True)
    (folder / ".DS_Store").write_bytes(b"x")
    result = check(layout(folder.parent, select=("junk-file",)))
    assert [f.slug for f in result.findings] == ["junk-file"]
    assert result.exit_code == ExitCode.NOTHING_CHECKED
    assert here.exists()


def change_line(lines, number, text):
    return [*lines[:number], text, *lines[number + 1 :]]


@pytest.mark.parametrize(
    ("damage", "line", "words"),
    [
        (lambda lines: lines[:-1], "line 2", "no end record"),
        (lambda lines: [*lines[:-1], lines[-1][:-10]], "line 3", "no end record"),
        (lambda lines: [lines[0], lines[-1]], "line 2", "changed or damaged"),
        (
            lambda lines: change_line(lines, 1, lines[1].replace(b"error", b"info ")),
            "line 3",
            "changed or damaged",
        ),
        (
            lambda lines: change_line(lines, 0, lines[0].replace(b"report/1", b"report/9")),
            "line 1",
            "cpgate-report/9",
        ),
        (lambda lines: [b"well,site\n", *lines], "line 1", "not a report"),
        (lambda _lines: [b"\xff\xfe\0\0" * 300_000], "line 1", "not a report"),
        (lambda _lines: [b"[1]\n", b"2\n"], "line 1", "not a report"),
        (lambda _lines: [], "", "it is empty"),
    ],
)
def test_a_damaged_report_is_refused_and_the_line_is_named(here, tmp_path, damage, line, words):
    check(layout(make_small_dataset(tmp_path / "nas", batch="20240305_Run1")))
    path = here / "cpgate-report.jsonl"
    path.write_bytes(b"".join(damage(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(UnreadableFile, match=words) as caught:
        read_report(path)
    assert caught.value.where == line


@given(st.binary(max_size=300))
def test_no_file_makes_reading_a_report_crash(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("reports") / "report.jsonl"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile):
        read_report(path)


def test_a_missing_report_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="There is no file"):
        read_report(tmp_path / "missing.jsonl")
    with pytest.raises(UsageError, match="is a folder"):
        read_report(tmp_path)


def test_a_report_holds_as_long_as_nothing_has_changed(here, small):
    request = CheckRequest(small)
    dataset, listing = list_dataset(LocalSource(small))
    made = judge(dataset, listing, request)
    stored = read_report(made.report)
    assert report_still_holds(stored, *list_dataset(LocalSource(small)))
    assert "policy contribution" in stale_because(stored, *list_dataset(LocalSource(small), "gallery"))
    assert "scope" in stale_because(stored, *list_dataset(LocalSource(small), scope="addition"))
    (small / NAMES[0]).write_bytes(b"changed")
    assert "files have changed" in stale_because(stored, *list_dataset(LocalSource(small)))
    narrowed = check(layout(small))
    assert "some rules only" in stale_because(
        read_report(narrowed.report), narrowed.dataset, narrowed.listing
    )
    assert here.exists()


def test_a_misspelt_rule_policy_or_scope_is_said_before_the_listing(here, small):
    for options in (
        {"select": ("no-such-rule",)},
        {"policy": "mine"},
        {"scope": "everything"},
        {"only": ("looks",)},
    ):
        with pytest.raises(UsageError, match="There is no"):
            check(CheckRequest(small, **options))
    assert list(here.iterdir()) == []
