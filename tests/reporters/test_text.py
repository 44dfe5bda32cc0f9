import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.models.finding import Level, Location
from validator.models.report import Listing, ReportEnd, ReportHeader
from validator.models.rule import Rule
from validator.reporters.style import Style
from validator.reporters.text import Account, render_closing, render_text

DATES = Rule(
    "CPG112",
    "batch-date",
    "A batch folder starts with the day its imaging began",
    "Why",
    "Rename it.",
    "layout",
)
IMAGES = Rule(
    "CPG401", "image-missing", "Every image that load_data names is there", "Why", "Copy it.", "links"
)
PARTIAL = Rule(
    "CPG407", "plate-partial", "All wells have images", "Why", "Image them.", "links", Level.WARNING
)
RULES = {rule.id: rule for rule in (DATES, IMAGES, PARTIAL)}
DATASET = "cpg0051-heart/broad/"


def account(*findings, crashed=0, checked=None, datasets=("cpg0051-heart/broad",), **facts):
    header = ReportHeader(
        tool="0.1.0",
        rulebook="1.0",
        policy="contribution",
        scope="arrayed",
        root="/nas/cpg0051-heart/broad",
        datasets=list(datasets),
        started=datetime(2026, 3, 1, 12, tzinfo=UTC),
        listing=Listing(files=847_360, size=2_100_000_000_000, digest="0", seconds=41.2),
        counts={"batches": 4, "plates": 31, "files": 847_360},
        **facts,
    )
    levels = [finding.level for finding in findings]
    end = ReportEnd(
        findings={level: levels.count(level) for level in set(levels)},
        places={level: sum(f.count for f in findings if f.level == level) for level in set(levels)},
        crashed=crashed,
        checked={"layout": 847_360} if checked is None else checked,
        seconds=44,
        digest="0",
    )
    return Account(header, findings, end, RULES, "new arrayed dataset", report="cpgate-report.jsonl")


def text(shown, style=None, **options):
    return "".join(render_text(shown, style or Style(120), **options))


MISSING = IMAGES.finding(
    DATASET + "workspace/load_data_csv/B/BR0042/load_data.csv",
    "Channel ER of 24 sites is missing",
    location=Location(line=18, line_end=41, column="URL_OrigER"),
    count=24,
    examples=[f"A{i:02d}" for i in range(1, 11)],
)


def test_the_opening_says_what_was_checked_and_how_much():
    lines = text(account()).splitlines()
    assert lines[0] == "cpg0051-heart/broad   new arrayed dataset · policy contribution · rulebook 1.0"
    assert re.fullmatch(r"4 batches · 31 plates · 847,360 files · 2.1 TB +listed in 41 s", lines[1])


def test_clean_is_said():
    lines = text(account()).splitlines()
    assert lines[-3:] == [
        "clean: no findings · checked in 44 s",
        "checked  files: layout 847,360",
        "report   cpgate-report.jsonl",
    ]


def test_a_finding_says_rule_place_message_how_much_and_how_to_mend():
    shown = text(account(MISSING))
    assert re.search(
        r"^error    image-missing \(CPG401\)   Every image that load_data names is there +24 places$",
        shown,
        re.MULTILINE,
    )
    assert "         workspace/load_data_csv/B/BR0042/load_data.csv:18-41   column URL_OrigER\n" in shown
    assert "Channel ER of 24 sites is missing" in shown
    assert "A01, A02, A03, and 21 more" in shown
    assert "         mend: Copy it.\n" in shown
    assert "1 error in 24 places · checked in 44 s" in shown
    assert "more: cpgate explain CPG401" in shown


def test_what_is_expected_is_said_although_a_path_in_the_message_has_a_step_of_this_name():
    message = "2 folders in workspace/analysis/2024_03_05_Run1/ have no place there"
    finding = DATES.finding(DATASET + "workspace/analysis/2024_03_05_Run1/", message, expected="analysis/")
    assert "expected analysis/" in text(account(finding))
    named = DATES.finding(DATASET + "images/b/", "“b” should be “analysis”", expected="analysis/")
    assert "expected" not in text(account(named))


def test_errors_come_first_and_rules_in_their_order():
    findings = [PARTIAL.finding(DATASET, "x"), MISSING, DATES.finding(DATASET + "images/b/", "y")]
    found = re.findall(r"^(?:error|warning) +(\S+)", text(account(*findings)), re.MULTILINE)
    assert found == ["batch-date", "image-missing", "plate-partial"]


def test_a_cut_list_says_how_many_it_leaves_out_and_all_shows_them():
    findings = [DATES.finding(f"{DATASET}images/b{i:02d}/", "undated", count=2) for i in range(25)]
    shown = text(account(*findings))
    assert "images/b09/" in shown
    assert "images/b10/" not in shown
    assert "… and 15 findings more (30 places): cpgate report cpgate-report.jsonl --all" in shown
    everything = text(account(*findings), everything=True)
    assert all(f"images/b{i:02d}/" in everything for i in range(25))
    assert "more (" not in everything


def test_mends_that_differ_stand_with_their_findings():
    findings = [DATES.finding(f"{DATASET}images/b{i}/", "undated", hint=f"Rename b{i}.") for i in range(2)]
    shown = text(account(*findings))
    assert shown.index("images/b0/") < shown.index("mend: Rename b0.") < shown.index("images/b1/")


def test_quiet_shows_errors_and_the_last_line_only():
    shown = text(account(PARTIAL.finding(DATASET, "x"), MISSING), quiet=True)
    assert shown.startswith("error ")
    assert "plate-partial" not in shown
    assert shown.splitlines()[-1] == "1 error, 1 warning in 25 places · checked in 44 s"
    assert text(account(), quiet=True).splitlines() == ["clean: no findings · checked in 44 s"]


def test_what_was_not_judged_is_said():
    shown = text(account(only=["layout"], ignore=["CPG112"], complete=False))
    assert "narrowed to --only layout --ignore CPG112" in shown
    assert "a part of a dataset" in shown
    crashed = "".join(render_closing(account(MISSING, crashed=3), Style()))
    assert "crashed  3 times: this report is incomplete" in crashed
    assert "nothing: there was no file to look at" in text(account(checked={}))


def test_keys_are_whole_when_there_are_several_datasets():
    names = [f"cpg0051-heart/source_{i}" for i in range(5)]
    shown = text(account(MISSING, datasets=names))
    assert "and 2 more" in shown.splitlines()[0]
    assert DATASET + "workspace/load_data_csv" in shown


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140, 250])
def test_narrow_terminals_wrap_and_lose_nothing(width):
    findings = [
        MISSING,
        DATES.finding(DATASET + "images/b/", "The date stands behind the name " * 5, count=7),
    ]
    shown = text(account(*findings), Style(width))
    squeezed = re.sub(r"\s+", " ", shown)
    for part in (
        DATES.title,
        MISSING.message,
        "The date stands behind the name " * 4,
        "mend: Copy it.",
        "7 places",
    ):
        assert part in squeezed
    wide = [line for line in shown.splitlines() if len(line) > width]
    assert all("/" in line or len(line.split()) <= 3 for line in wide), "only what cannot be broken runs on"


def test_colour_adds_nothing_but_colour():
    shown = account(MISSING, PARTIAL.finding(DATASET, "x"))
    coloured = text(shown, Style(100, colour=True))
    assert "\x1b[1;31m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text(shown, Style(100))


def test_a_terminal_without_unicode_gets_ascii():
    shown = text(
        account(*[DATES.finding(f"{DATASET}b{i}/", "“x”") for i in range(20)]), Style(100, unicode=False)
    )
    assert shown.isascii()


hostile = st.text(st.characters(), min_size=1, max_size=40)


@given(key=hostile, message=hostile, example=hostile, column=hostile, hint=hostile, actual=hostile)
def test_no_text_of_a_contributor_reaches_the_terminal_raw(key, message, example, column, hint, actual):
    found = IMAGES.finding(
        key,
        message,
        examples=[example],
        location=Location(column=column, pointer=example),
        hint=hint,
        actual=actual,
        count=3,
    )
    shown = text(account(found, datasets=[key]), Style(80))
    assert all(char == "\n" or char.isprintable() or not char.isspace() for char in shown)
    assert not re.search(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", shown
    )


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_names_with_spaces_can_be_copied_from_one_line(width):
    path = "images/2024_03_05_Run1/images/My Plate 1 of 2/Images of Tuesday"
    quoted = f"“{path}”"
    finding = IMAGES.finding(
        DATASET + path,
        f"The folder {quoted} holds what lay in {quoted} before somebody moved it to another place",
        expected=f"{path}/r01c01.tiff",
        hint=f"rename it: mv '{path}' 'images/My Plate 2'",
        examples=[f"{path}/a b.tiff", f"{path}/c d.tiff"],
        count=2,
    )
    lines = text(account(finding), Style(width)).splitlines()
    for wanted in (path, quoted, f"{path}/r01c01.tiff", f"'{path}'", f"{path}/a b.tiff", f"{path}/c d.tiff"):
        assert any(wanted in line for line in lines), wanted
    assert not [line for line in lines if "\x1f" in line]
