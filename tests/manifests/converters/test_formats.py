"""What each format holds of a receipt, and what is said of the rest."""

import json
import subprocess
from io import StringIO

import pytest
from made_receipts import FILES, HOME, header, records_of_files

from validator.errors import UsageError
from validator.manifests.converters.bagit import encoded_path, write_bagit
from validator.manifests.converters.checksum_lines import write_md5sum, write_sha256sum
from validator.manifests.converters.croissant import write_croissant
from validator.manifests.converters.facts import ReceiptFacts
from validator.manifests.converters.frictionless import write_frictionless
from validator.manifests.converters.quilt import write_quilt
from validator.manifests.converters.ro_crate import write_ro_crate
from validator.manifests.receipt import write_receipt

MULTIPART = f"{HOME}/images/a 1.tif"


@pytest.fixture
def facts(tmp_path):
    def make(head=None, **kinds):
        path = tmp_path / "receipt.jsonl"
        path.unlink(missing_ok=True)
        write_receipt(path, head or header(), records_of_files(**kinds))
        return ReceiptFacts(path)

    return make


def written(writer, facts):
    out = StringIO()
    converted = writer(facts, out)
    return out.getvalue(), converted


def test_md5sum_leaves_out_what_was_sent_in_parts(facts):
    text, converted = written(write_md5sum, facts(parts=[MULTIPART]))
    assert [line[34:] for line in text.splitlines()] == [
        f"{HOME}/images/b%2.tif",
        f"{HOME}/workspace/Ünï.csv",
    ]
    assert converted.files == 2
    assert converted.losses[0] == f"1 object was sent in parts and is left out ({MULTIPART})"


@pytest.mark.parametrize(("writer", "tool"), [(write_md5sum, "md5sum"), (write_sha256sum, "sha256sum")])
def test_coreutils_agree(facts, tmp_path, writer, tool):
    text, _ = written(writer, facts(sha256=True))
    for key, content in FILES.items():
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_bytes(content)
    (tmp_path / "sums").write_text(text)
    try:
        done = subprocess.run(
            [tool, "--check", "--strict", "sums"], cwd=tmp_path, capture_output=True, check=False
        )
    except FileNotFoundError:
        pytest.skip(f"this system has no {tool}")
    assert (done.returncode, done.stdout.count(b": OK")) == (0, 3)


def test_without_any_checksum_nothing_is_written(facts):
    with pytest.raises(UsageError, match="no SHA-256 of any object") as caught:
        written(write_sha256sum, facts())
    assert "--sha256" in caught.value.mend
    with pytest.raises(UsageError, match="no MD5"):
        written(write_md5sum, facts(parts=FILES))
    with pytest.raises(UsageError, match="MD5 or SHA-256"):
        written(write_croissant, facts(parts=FILES))


def test_quilt_has_one_sort_of_hash(facts):
    text, converted = written(write_quilt, facts())
    first, *entries = map(json.loads, text.splitlines())
    assert (first["version"], first["user_meta"]["datasets"]) == ("v0", [HOME])
    assert {entry["hash"]["type"] for entry in entries} == {"CRC64NVME"}
    assert entries[0]["physical_keys"] == [f"s3://staging/{HOME}/images/a%201.tif?versionId=v0"]
    assert not any("version id" in loss for loss in converted.losses)
    text, converted = written(write_quilt, facts(sha256=True, versions=False))
    assert {json.loads(line)["hash"]["type"] for line in text.splitlines()[1:]} == {"sha2-256-chunked"}
    assert "3 objects have no version id" in converted.losses[0]


def test_frictionless(facts):
    text, converted = written(write_frictionless, facts(parts=[MULTIPART]))
    package = json.loads(text)
    assert [resource["path"] for resource in package["resources"]] == sorted(FILES)
    assert [resource.get("hash", "")[:4] for resource in package["resources"]] == ["", "md5:", "md5:"]
    assert package["resources"][0]["part_size"] == 3
    assert "1 object was sent in parts" in converted.losses[0]
    assert len({resource["name"] for resource in package["resources"]}) == 3


def test_ro_crate_takes_the_licence_from_the_notes(facts):
    text, converted = written(write_ro_crate, facts())
    graph = {node["@id"]: node for node in json.loads(text)["@graph"]}
    assert "license" not in graph["./"]
    assert "no licence" in converted.losses[0]
    address = f"https://staging.s3.amazonaws.com/{HOME}/images/a%201.tif"
    assert graph[address]["contentSize"] == "6"
    assert {"@id": address} in graph["./"]["hasPart"]
    cc0 = "https://creativecommons.org/publicdomain/zero/1.0/"
    head = header(notes={"license": cc0}, endpoint="http://127.0.0.1:9000")
    text, converted = written(write_ro_crate, facts(head))
    graph = {node["@id"]: node for node in json.loads(text)["@graph"]}
    assert graph["./"]["license"] == cc0
    assert f"http://127.0.0.1:9000/staging/{HOME}/images/a%201.tif" in graph
    assert converted.losses == ()


def test_croissant(facts):
    text, converted = written(write_croissant, facts(parts=[MULTIPART]))
    said = json.loads(text)
    assert [file["name"] for file in said["distribution"]] == sorted(FILES)[1:]
    assert said["distribution"][0]["contentSize"] == "0 B"
    assert "left out" in converted.losses[0]


def test_a_bag_names_where_its_payload_is(facts, tmp_path):
    write_bagit(facts(), tmp_path / "bag")
    lines = (tmp_path / "bag" / "fetch.txt").read_text(encoding="utf-8").splitlines()
    assert (
        lines[1] == f"https://staging.s3.amazonaws.com/{HOME}/images/b%252.tif 0 data/{HOME}/images/b%252.tif"
    )
    assert "Payload-Oxum: 10.3" in (tmp_path / "bag" / "bag-info.txt").read_text()
    assert sorted(path.name for path in (tmp_path / "bag").iterdir()) == [
        "bag-info.txt",
        "bagit.txt",
        "data",
        "fetch.txt",
        "manifest-md5.txt",
    ]
    with pytest.raises(UsageError, match="not an empty folder"):
        write_bagit(facts(), tmp_path / "bag")


def test_a_bag_wants_one_algorithm(facts, tmp_path):
    with pytest.raises(UsageError, match=r"1 of receipt\.jsonl were sent in parts"):
        write_bagit(facts(parts=[MULTIPART]), tmp_path / "bag")
    assert not (tmp_path / "bag").exists()
    write_bagit(facts(parts=[MULTIPART], sha256=True), tmp_path / "bag")
    assert (tmp_path / "bag" / "manifest-sha256.txt").exists()


def test_line_breaks_in_names():
    assert encoded_path("a\r\nb%") == "a%0D%0Ab%25"
