import json
from datetime import UTC, datetime

import pytest

from validator.errors import UsageError
from validator.manifests.receipt import write_receipt
from validator.models.receipt import ReceiptHeader
from validator.workflows.manifest import check_manifest

GOOD = {
    "subset": "orf",
    "url": "https://a.org/orf.parquet",
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
    assert judged(GOOD, {**GOOD, "subset": "crispr"}) == []


def test_a_mistake_in_many_entries_is_one_finding_with_pointers(judged):
    (found,) = judged(*({**GOOD, "subset": f"s{n}", "etag": "x"} for n in range(50)))
    assert (found.rule, found.count, found.location.pointer) == ("CPG504", 50, "/0/etag")
    assert len(found.examples) == 10


def test_the_pointer_escapes_names(judged):
    (found,) = judged({**GOOD, "subset": "a"}, {**GOOD, "subset": 3})
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


EXPECTED = {
    "14039fa.csv": {"CPG503", "CPG505", "CPG510", "CPG511"},
    "16ee52a.csv": {"CPG503", "CPG505", "CPG510", "CPG511"},
    "1c24500.csv": {"CPG503", "CPG505", "CPG510", "CPG511"},
    "1c2e38f.csv": {"CPG503", "CPG510"},
    "2187ff5.csv": {"CPG503", "CPG510"},
    "5e1ee2b.json": {"CPG507"},
    "7cd97f3.json": set(),
    "845c205.json": {"CPG503"},
    "a493486.json": set(),
    "ec0419a.json": set(),
}


def test_corpus(corpus):
    for path in sorted((corpus / "manifests").iterdir()):
        rules = {found.rule for found in check_manifest(path)}
        assert rules == EXPECTED[path.name.rpartition("_")[2]], path.name
