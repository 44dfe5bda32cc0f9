"""The published schemas describe what is really written, and refuse what is not."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from validator.manifests.published import attribute_descriptions, main, published_schemas, schema_text
from validator.manifests.receipt import write_receipt
from validator.models.finding import Finding, Level, Location
from validator.models.receipt import ReceiptHeader, ReceiptObject
from validator.models.report import Listing, ReportEnd, ReportHeader
from validator.reporters.records import report_lines

SCHEMAS = Path(__file__).parents[2] / "schemas"
NAMES = sorted(published_schemas())
NOW = datetime(2026, 11, 20, 14, 5, 33, 120_000, tzinfo=UTC)


def checker(name: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / name).read_text())
    return Draft202012Validator(schema, format_checker=FormatChecker())


@pytest.fixture
def receipt(tmp_path) -> list[dict]:
    header = ReceiptHeader(
        datasets=["cpg0099-example/broad"],
        batches=["2024_03_05_Run1"],
        destination="s3://staging",
        tool="0.1.0",
        rulebook="1.0",
        policy="contribution",
        report="0" * 64,
        errors=0,
        forced=False,
        created=NOW,
    )
    objects = [
        ReceiptObject(
            key=f"cpg0099-example/broad/images/{part_size}",
            size=20,
            etag="0" * 32 + ("-2" if part_size else ""),
            part_size=part_size,
            parts=2 if part_size else 1,
            crc64nvme="AAAAAAAAAAA=",
            mtime=NOW,
            uploaded_at=NOW,
            state="uploaded",
        )
        for part_size in (None, 10)
    ]
    write_receipt(tmp_path / "receipt.jsonl", header, objects, conflicts=1)
    return [json.loads(line) for line in (tmp_path / "receipt.jsonl").read_text().splitlines()]


@pytest.fixture
def report() -> list[dict]:
    listing = Listing(files=2, size=30, digest="0" * 64, seconds=0.1)
    header = ReportHeader(
        tool="0.1.0",
        rulebook="1.0",
        policy="contribution",
        scope="new arrayed",
        root="/data/cpg0099-example/broad",
        datasets=["cpg0099-example/broad"],
        started=NOW,
        listing=listing,
        counts={"batches": 1},
    )
    findings = [
        Finding(rule="CPG112", slug="batch-date", level=Level.ERROR, key="a/b/", message="No date."),
        Finding(
            rule="CPG401",
            slug="image-missing",
            level=Level.WARNING,
            key="a/b/load_data.csv",
            location=Location(line=3, line_end=9, column="URL_OrigER"),
            message="An image is missing.",
            expected="a file",
            actual="none",
            hint="copy it",
            count=7,
            examples=["a", "b"],
            size=12,
        ),
    ]
    end = ReportEnd(
        findings={Level.ERROR: 1, Level.WARNING: 1}, places={Level.ERROR: 1}, seconds=1.5, digest="0" * 64
    )
    return [json.loads(line) for line in report_lines(header, findings, end)]


@pytest.mark.parametrize("name", NAMES)
def test_the_published_file_is_what_the_models_say(name):
    stored = json.loads((SCHEMAS / name).read_text())
    assert stored == published_schemas()[name], "run: python -m validator.manifests.published schemas"


def test_all_of_them_are_published():
    assert sorted(published_schemas()) == sorted(path.name for path in SCHEMAS.glob("*.schema.json")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one_and_names_itself(name):
    schema = published_schemas()[name]
    Draft202012Validator.check_schema(schema)
    assert schema["$id"].startswith("https://cpgate.github.io/schemas/")
    assert schema["title"]
    assert schema["description"]


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_described(name):
    for title, part in published_schemas()[name]["$defs"].items():
        assert part["description"], title
        bare = [
            field
            for field, values in part.get("properties", {}).items()
            if field != "record" and not values.get("description")
        ]
        assert bare == [], title


def test_real_receipts_pass(receipt):
    for record in receipt:
        checker("receipt.schema.json").validate(record)
    assert [record["record"] for record in receipt] == ["header", "object", "object", "end"]


def test_real_reports_pass(report):
    for record in report:
        checker("report.schema.json").validate(record)
    assert [record["record"] for record in report] == ["header", "finding", "finding", "end"]


def test_a_record_of_the_one_is_none_of_the_other(receipt, report):
    assert not any(checker("report.schema.json").is_valid(record) for record in receipt)
    assert not any(checker("receipt.schema.json").is_valid(record) for record in report)


@pytest.mark.parametrize("kind", ["receipt", "report"])
def test_without_a_required_field_no_record_passes(kind, request):
    schema = checker(f"{kind}.schema.json")
    for record in request.getfixturevalue(kind):
        definition = next(
            part
            for part in schema.schema["$defs"].values()
            if part.get("properties", {}).get("record", {}).get("const") == record["record"]
        )
        assert "record" in definition["required"]
        for field in definition["required"]:
            assert not schema.is_valid({k: v for k, v in record.items() if k != field}), field
        assert not schema.is_valid(record | {"surplus": 1})


DAMAGE = {
    "receipt": [
        (0, "format", "cpgate-receipt/2"),
        (0, "created", "yesterday"),
        (0, "errors", -1),
        (0, "forced", "no"),
        (1, "key", ""),
        (1, "key", "x" * 1025),
        (1, "size", -1),
        (1, "size", "20"),
        (1, "etag", "0" * 31),
        (1, "etag", "0" * 32 + "-0"),
        (1, "part_size", 0),
        (1, "parts", 10_001),
        (1, "crc64nvme", "AAAA"),
        (1, "state", "skipped"),
        (3, "digest", "0" * 63),
        (3, "record", "header"),
    ],
    "report": [
        (0, "format", "cpgate-report/0"),
        (0, "listing", None),
        (0, "counts", {"wells": "many"}),
        (1, "level", "fatal"),
        (1, "count", 0),
        (2, "examples", ["x"] * 11),
        (2, "location", {"line": 1, "row": 2}),
        (3, "findings", {"fatal": 1}),
        (3, "seconds", "long"),
    ],
}


@pytest.mark.parametrize(
    ("kind", "index", "field", "value"),
    [(kind, *damage) for kind, damages in DAMAGE.items() for damage in damages],
)
def test_damaged_records_fail(kind, index, field, value, request):
    record = request.getfixturevalue(kind)[index]
    assert record[field] != value
    assert not checker(f"{kind}.schema.json").is_valid(record | {field: value})


def test_descriptions_come_from_docstrings():
    described = published_schemas()["receipt.schema.json"]["$defs"]["ReceiptObject"]["properties"]
    assert described["part_size"]["description"].startswith("Bytes of every part but the last; `null` for")
    text = "What.\n\nAttributes\n----------\na, b\n    Of both\n    lines.\nc\n    Of ``c``."
    assert attribute_descriptions(text) == {"a": "Of both lines.", "b": "Of both lines.", "c": "Of `c`."}
    assert attribute_descriptions("No fields.") == {}


def test_they_can_be_written_again(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "validator.manifests.published", str(tmp_path)],
        check=True,
        capture_output=True,
    )
    assert done.stdout + done.stderr == b""
    for name in NAMES:
        assert (tmp_path / name).read_text() == schema_text(published_schemas()[name])
        assert (tmp_path / name).read_text() == (SCHEMAS / name).read_text()


def test_without_a_folder_it_says_how(capsys):
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["layout", "entities", "imagers", "scopes"])
def test_the_rulebook_is_what_its_schemas_say(name):
    document = yaml.safe_load((SCHEMAS / f"{name}.yaml").read_text(encoding="utf-8"))
    assert list(checker(f"{name}.schema.json").iter_errors(document)) == []


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("layout", lambda document: document["tree"]["folders"]["{project}"].update(colour="red")),
        ("layout", lambda document: document["everywhere"].pop("files")),
        ("layout", lambda document: document["tree"].update(opaque="perhaps")),
        ("entities", lambda document: document["plate"].pop("pattern")),
        ("entities", lambda document: document["plate"].update(examples=[])),
        ("imagers", lambda document: document["imagers"][0].pop("examples")),
        ("scopes", lambda document: document["scopes"][0].update(required="images")),
    ],
)
def test_a_damaged_rulebook_fails(name, damage):
    document = yaml.safe_load((SCHEMAS / f"{name}.yaml").read_text(encoding="utf-8"))
    damage(document)
    assert not checker(f"{name}.schema.json").is_valid(document)
