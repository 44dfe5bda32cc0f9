"""The published schemas in the hands of check-jsonschema."""

import json
import subprocess
from pathlib import Path

import pytest
from made_receipts import header, records_of_files

from validator.manifests.receipt import write_receipt

pytestmark = pytest.mark.full

SCHEMAS = Path(__file__).parents[2] / "schemas"
URL = "https://cellpainting-gallery.s3.amazonaws.com/cpg0099-example/broad/a.parquet"


@pytest.fixture
def check(format_python, tmp_path):
    def call(schema: str, name: str, text: str) -> tuple[int, str]:
        (tmp_path / name).write_text(text)
        done = subprocess.run(
            [format_python, "-m", "check_jsonschema", "--schemafile", SCHEMAS / schema, tmp_path / name],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return call


def test_records_of_a_receipt(check, tmp_path):
    path = tmp_path / "receipt.jsonl"
    write_receipt(path, header(notes={"a": "b"}), records_of_files(sha256=True))
    for number, line in enumerate(path.read_text().splitlines()):
        assert check("receipt.schema.json", f"{number}.json", line)[0] == 0, line
    assert check("receipt.schema.json", "bad.json", line.replace('"digest"', '"digits"'))[0] == 1


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ([{"subset": "orf", "url": URL, "etag": "0" * 32 + "-7", "size": 5, "mine": [1]}], 0),
        ([{"subset": "orf", "profile_url": URL, "etag": ""}], 0),
        ({"datasets": [{"subset": "orf", "url": URL}]}, 0),
        ({"version": 2, "datasets": [{"subset": "orf", "url": URL}]}, 0),
        ([{"subset": "orf", "url": URL, "etag": "0" * 32 + "-10001"}], 1),
        ([{"subset": "orf"}], 1),
        ([{"url": URL}], 1),
        ([{"subset": "orf", "url": URL, "etag": "xyz"}], 1),
        ([{"subset": "orf", "url": URL, "size": -1}], 1),
        ({"products": []}, 1),
    ],
)
def test_provenance_manifests(check, document, code):
    found, said = check("provenance.schema.json", "profile_index.json", json.dumps(document))
    assert found == code, said


def test_a_configuration(check):
    assert check("config.schema.json", "cpgate.toml", 'policy = "gallery"\n')[0] == 0
    assert check("config.schema.json", "cpgate.toml", "policies = 5\n")[0] == 1
