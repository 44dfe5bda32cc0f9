import json
from datetime import UTC, datetime

import pytest

from validator.errors import UnreadableFile, UsageError
from validator.manifests.receipt import write_receipt
from validator.models.receipt import ReceiptHeader
from validator.workflows.manifest import check_manifest

HOME = "https://cellpainting-gallery.s3.amazonaws.com/cpg0099-example/broad/workspace/profiles_assembled"
GOOD = {
    "subset": "orf",
    "url": f"{HOME}/ORF/v1.0/all.parquet",
    "recipe_permalink": f"https://github.com/o/r/tree/{'a' * 39}1",
    "config_permalink": f"https://github.com/o/r/blob/{'a' * 39}1/c.json",
    "etag": "064759b3a850dc351b357116b3e7b32d-3",
}


@pytest.fixture
def judged(tmp_path):
    def judge(*entries):
        path = tmp_path / "profile_index.json"
        path.write_text(json.dumps(entries))
        return check_manifest(path)

    return judge


def test_a_good_manifest(judged):
    assert judged(GOOD, {**GOOD, "subset": "crispr", "url": f"{HOME}/CRISPR/v1.0/all.parquet"}) == []


def test_a_mistake_in_many_entries_is_one_finding_with_pointers(judged):
    (found,) = judged(
        *({**GOOD, "subset": f"s{n}", "url": f"{HOME}/S{n}/v1.0/x.parquet", "etag": "x"} for n in range(50))
    )
    assert (found.rule, found.count, found.location.pointer) == ("CPG504", 50, "/0/etag")
    assert len(found.examples) == 10


@pytest.mark.parametrize(
    ("before", "after", "hint"),
    [
        ('"etag"', '"etag": "", "etag"', "Keep one etag"),
        ('"subset": "orf"', '"subset": 5', "Write subset as text"),
        ('"etag"', '"size": 1.5, "etag"', "Write size as a whole number of bytes"),
    ],
)
def test_a_field_that_cannot_be_used_is_not_to_be_added(tmp_path, before, after, hint):
    manifest = tmp_path / "profile_index.json"
    manifest.write_text(json.dumps([GOOD]).replace(before, after, 1))
    (found,) = (finding for finding in check_manifest(manifest) if finding.rule == "CPG502")
    assert found.hint.startswith(hint)


def test_the_pointer_escapes_names(judged):
    (found,) = judged(GOOD, {**GOOD, "subset": 3, "url": f"{HOME}/ORF/v2.0/all.parquet"})
    assert (found.rule, found.location.pointer) == ("CPG502", "/1/subset")


@pytest.mark.parametrize(
    "etag",
    [
        "x",
        "064759B3A850DC351B357116B3E7B32D",
        "064759b3a850dc351b357116b3e7b32d-0",
        "064759b3a850dc351b357116b3e7b32d\n",
    ],
)
def test_etags_that_s3_does_not_report(judged, etag):
    assert [found.rule for found in judged({**GOOD, "etag": etag})] == ["CPG504"]


@pytest.mark.parametrize(
    "etag", ["064759b3a850dc351b357116b3e7b32d", "064759b3a850dc351b357116b3e7b32d-10000"]
)
def test_etags_that_s3_reports(judged, etag):
    assert judged({**GOOD, "etag": etag}) == []


def test_a_missing_file():
    with pytest.raises(UsageError, match="no such file"):
        check_manifest("not/there.json")


def test_a_folder(tmp_path):
    with pytest.raises(UsageError):
        check_manifest(tmp_path)


def receipt(path):
    header = ReceiptHeader(
        datasets=["cpg0099-example/broad"],
        destination="s3://b",
        tool="1",
        rulebook="1.0",
        policy="contribution",
        report="0" * 64,
        errors=0,
        forced=False,
        created=datetime(2026, 1, 1, tzinfo=UTC),
    )
    write_receipt(path, header, [])
    return path


def test_a_whole_receipt_is_fine(tmp_path):
    assert check_manifest(receipt(tmp_path / "r.jsonl")) == []


def test_a_cut_receipt_is_said_to_be_cut(tmp_path):
    path = receipt(tmp_path / "r.jsonl")
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    (found,) = check_manifest(path)
    assert found.rule == "CPG501"
    assert "cut" in found.message


def test_a_version_that_was_written_over_since(tmp_path):
    def write(name, *entries):
        (tmp_path / name).write_text(json.dumps(entries))
        return tmp_path / name

    other = {**GOOD, "url": f"{HOME}/ORF/v1.1/all.parquet", "subset": "orf_new"}
    before = write("before.json", GOOD, {**GOOD, "etag": "", "url": f"{HOME}/ORF/v1.2/all.parquet"})
    assert check_manifest(write("more.json", GOOD, other), before) == []
    styled = {
        **GOOD,
        "url": GOOD["url"].replace(
            "https://cellpainting-gallery.s3.amazonaws.com", "s3://cellpainting-gallery"
        ),
    }
    now = write("now.json", {**styled, "etag": "f" * 32}, other)
    found = {finding.rule: finding for finding in check_manifest(now, before)}
    assert set(found) == {"CPG512", "CPG518"}
    assert found["CPG518"].actual == f"{GOOD['etag']} before, {'f' * 32} now"
    with pytest.raises(UsageError, match=r"nowhere\.json"):
        check_manifest(now, tmp_path / "nowhere.json")


EXPECTED = {
    "14039fa.csv": {"CPG503": 6, "CPG505": 6, "CPG510": 1, "CPG511": 6, "CPG514": 6},
    "16ee52a.csv": {"CPG503": 6, "CPG505": 6, "CPG510": 1, "CPG511": 6, "CPG514": 6},
    "1c24500.csv": {"CPG503": 6, "CPG505": 6, "CPG510": 1, "CPG511": 6, "CPG514": 6},
    "1c2e38f.csv": {"CPG503": 8, "CPG510": 1, "CPG514": 8},
    "2187ff5.csv": {"CPG503": 6, "CPG510": 1, "CPG514": 6},
    "5e1ee2b.json": {"CPG507": 1},
    "7cd97f3.json": {},
    "845c205.json": {"CPG503": 8, "CPG514": 8},
    "a493486.json": {"CPG514": 8},
    "ec0419a.json": {"CPG514": 8},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_published_manifests(corpus, name):
    """Early ones lack recipes and lie in the first tier; the current one is pinned to a tag in one place."""
    found = check_manifest(corpus / "manifests" / f"datasets_profile_index_{name}")
    assert {finding.rule: finding.count for finding in found} == EXPECTED[name]


def test_no_published_manifest_is_left_out(corpus):
    names = {path.name.rpartition("_")[2] for path in (corpus / "manifests").iterdir()}
    assert names == set(EXPECTED)


def test_an_earlier_state_that_is_none_is_named(tmp_path):
    manifest = tmp_path / "profile_index.json"
    manifest.write_text(json.dumps([GOOD]))
    (tmp_path / "old.json").write_text("[,]")
    with pytest.raises(UnreadableFile, match=r"old\.json is no earlier state of a provenance manifest"):
        check_manifest(manifest, tmp_path / "old.json")
