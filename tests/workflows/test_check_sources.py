"""The same findings wherever the keys come from, and what a source cannot know is said, not guessed."""

import http.server
import json
import os
import subprocess
import sys
import threading

import pytest
from listings import aws_ls, csv_inventory, key_list, objects_of, parquet_inventory
from servers import CREDENTIALS

from validator.errors import ExitCode, NothingChecked, UsageError
from validator.s3.client import S3Settings
from validator.workflows.check import CheckRequest, check
from validator.workflows.report import read_report, stale_because
from validator.workflows.sources import Origin

BATCH = "2024_03_05_Run1"
IMAGES = f"images/{BATCH}/images"
DEFECTS = {
    "workspace/load_data_csv/2024_03_05_Run1/BR01/.DS_Store": "junk",
    "workspace/load_data/notes.txt": "misspelt folder",
    "workspace/pipelines/empty.cppipe": "",
    "images/20240306_Run2/images/BR09__2024-03-06T10_12_41-Measurement1/Images/r01c01f01p01-ch1sk1fk1fl1.tiff": "@tiff",
    "images/2024_13_45_Run3/illum/BR10/BR10_IllumDNA.npy": "@npy",
    "workspace/quality_control/two words/plot+one.png": "@png",
    "workspace/pipelines/D\u00fcsseldorf.cppipe": "CellProfiler Pipeline\n",
    "workspace/profiles/2024_03_05_Run1/BR01/br01.csv.gz": "@gzip:a,b\n1,2\n",
    "workspace/unknown_folder/a.csv": "a\n",
}


@pytest.fixture
def desk(tmp_path, monkeypatch):
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run_cpgate():
    """Run the command as a process; returns the finished process with text."""

    def run(*arguments, cwd, environment=None, **options):
        return subprocess.run(
            [sys.executable, "-m", "validator", *arguments],
            cwd=cwd, env=os.environ | (environment or {}), capture_output=True, text=True, timeout=120, check=False,
            **options,
        )  # fmt: skip

    return run


class Refusing(http.server.BaseHTTPRequestHandler):
    """A store that knows no keys, and lets nobody in without any."""

    def do_GET(self):
        code = "InvalidAccessKeyId" if self.headers.get("Authorization") else "AccessDenied"
        body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>".encode()
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


@pytest.fixture
def refusing_store(monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def defective(build_dataset):
    return build_dataset(add=DEFECTS)


@pytest.fixture
def objects(defective):
    return objects_of(defective.parents[1])


def judge(place, **options):
    s3 = options.pop("s3", S3Settings())
    origin = Origin(str(place), options.pop("sort", None), options.pop("prefix", None), s3)
    return check(CheckRequest(place, origin=origin, **options))


def told(findings, *, sizes=True):
    return [f.model_dump(exclude=None if sizes else {"size"}) for f in findings]


def layout_of(result):
    return [finding for finding in result.findings if finding.rule < "CPG2"]


def test_the_folder_has_the_defects(defective, desk):
    del desk
    result = judge(defective)
    assert len({finding.rule for finding in layout_of(result)}) >= 6
    assert result.header.listing.unknown == []


def put(store, objects):
    for key, path in objects:
        store.put(key, path.read_bytes())
    return S3Settings(endpoint_url=store.endpoint)


def test_a_bucket_gives_all_the_findings_of_the_folder(store, defective, objects, desk):
    del desk
    settings = put(store, objects)
    store.put("cpg0099-example/broad/workspace/", b"")
    store.put("cpg0099-example/broad/workspace/empty_folder/", b"")
    result = judge(f"s3://{store.bucket}/cpg0099-example/broad", s3=settings)
    assert told(result.findings) == told(judge(defective).findings)
    assert result.end.checked["images"] > 0
    assert result.end.checked["tables"] > 0
    assert (result.header.listing.source, result.header.listing.unknown) == ("bucket", [])


def test_defects_inside_files_are_found_in_a_bucket(store, build_dataset, desk):
    del desk
    folder = build_dataset(
        add={
            f"{IMAGES}/BR01__2024-03-05T10_12_41-Measurement1/Images/r01c09f01p01-ch1sk1fk1fl1.tiff": "@tiff-truncated",
            "workspace/load_data_csv/2024_03_05_Run1/BR01/load_data_more.csv": "@bytes:300",
        }
    )
    settings = put(store, objects_of(folder.parents[1]))
    expected = judge(folder)
    assert {"CPG302"} <= {finding.rule for finding in expected.findings}
    assert told(judge(f"s3://{store.bucket}", s3=settings).findings) == told(expected.findings)


def test_a_text_of_aws_ls(defective, objects, desk):
    (desk / "listing.txt").write_text(aws_ls(objects), encoding="utf-8")
    result = judge("listing.txt")
    assert told(result.findings) == told(layout_of(judge(defective)))
    assert (result.header.listing.source, result.header.listing.unknown) == ("aws-ls", ["contents"])
    assert list(result.end.checked) == ["layout"]


@pytest.mark.parametrize("write", [csv_inventory, parquet_inventory])
def test_an_inventory(defective, objects, desk, write):
    manifest = write(desk / "inventory", objects)
    result = judge(manifest)
    expected = told(layout_of(judge(defective)))
    assert told(result.findings) == expected
    assert (result.header.listing.source, result.header.listing.unknown) == ("inventory", ["contents"])
    assert told(judge(manifest.parent).findings) == expected  # its folder


def test_a_list_of_keys_says_nothing_about_sizes(defective, objects, desk):
    (desk / "keys.txt").write_text(key_list(objects), encoding="utf-8")
    result = judge("keys.txt")
    expected = [finding for finding in layout_of(judge(defective)) if finding.slug != "empty-file"]
    assert len(expected) < len(layout_of(judge(defective)))
    assert told(result.findings, sizes=False) == told(expected, sizes=False)
    assert {finding.size for finding in result.findings} == {None}
    assert result.header.listing.size == 0
    assert result.header.listing.unknown == ["contents", "sizes", "times"]


def test_keys_in_any_order(objects, desk):
    (desk / "sorted.txt").write_text(aws_ls(objects), encoding="utf-8")
    (desk / "reversed.txt").write_text(aws_ls(objects[::-1]), encoding="utf-8")
    one, other = judge("sorted.txt"), judge("reversed.txt")
    assert told(one.findings) == told(other.findings)
    assert one.listing.digest == other.listing.digest


def test_a_report_of_a_listing_lets_no_upload_pass(defective, objects, desk):
    (desk / "listing.txt").write_text(aws_ls(objects), encoding="utf-8")
    stored = read_report(judge("listing.txt").report)
    of_folder = judge(defective)
    header = stored.header.listing.model_copy(update={"digest": of_folder.listing.digest})
    stored.header.listing = header
    assert "without reading files" in stale_because(stored, of_folder.dataset, of_folder.listing)


def test_what_needs_bytes_is_nothing_to_check(objects, desk):
    (desk / "listing.txt").write_text(aws_ls(objects), encoding="utf-8")
    with pytest.raises(NothingChecked, match="holds no bytes to read for --only images"):
        judge("listing.txt", only=("images",))
    assert judge("listing.txt", only=("images", "layout")).end.checked.keys() == {"layout"}


def test_keys_of_a_bucket_of_the_lab(store, objects, desk, defective):
    del desk
    moved = [(key.replace("cpg0099-example/broad", "heart screen/2024"), path) for key, path in objects]
    settings = put(store, moved)
    expected = told(judge(defective).findings)
    place = f"s3://{store.bucket}/heart screen/2024/"
    with pytest.raises(UsageError, match="do not begin with a project and a source"):
        judge(place, s3=settings)
    assert told(judge(place, s3=settings, dataset="cpg0099-example/broad").findings) == expected


@pytest.mark.parametrize("prefix", [None, "lab/heart", "lab/heart/"])
def test_keys_of_a_listing_of_the_lab(objects, desk, defective, prefix):
    moved = [(key.replace("cpg0099-example/broad", "lab/heart"), path) for key, path in objects]
    (desk / "listing.txt").write_text(aws_ls(moved), encoding="utf-8")
    with pytest.raises(UsageError, match="do not begin with a project and a source"):
        judge("listing.txt", prefix=prefix)
    result = judge("listing.txt", prefix=prefix, dataset="cpg0099-example/broad")
    assert told(result.findings) == told(layout_of(judge(defective)))


def test_a_part_of_a_listing(objects, desk, defective):
    (desk / "listing.txt").write_text(aws_ls(objects), encoding="utf-8")
    result = judge("listing.txt", prefix="cpg0099-example/broad/workspace")
    assert not result.header.complete
    assert told(result.findings) == told(layout_of(judge(defective / "workspace")))
    with pytest.raises(NothingChecked, match=r"no key in listing\.txt begins with cpg0098/"):
        judge("listing.txt", prefix="cpg0098")


def test_the_command_reads_standard_input(objects, desk, run_cpgate):
    done = run_cpgate("check", "-", input=aws_ls(objects), cwd=desk)
    assert done.returncode == ExitCode.FINDINGS
    assert "not read: tables, links, images, documents; a listing holds no bytes" in done.stdout
    done = run_cpgate("check", "-", "--from", "keys", "-o", "jsonl", input=key_list(objects), cwd=desk)
    header = json.loads(done.stdout.splitlines()[0])
    assert (header["listing"]["source"], header["root"]) == ("keys", "standard input")


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "words"),
    [
        (["s3://no-such-bucket-here/cpg0001-x/broad"], {}, 4, "There is no bucket no-such-bucket-here"),
        (["s3://BUCKET/cpg0001-x/broad"], {}, 3, "there is no object below"),
        (["s3://BUCKET/cpg0001-x/broad", "--from", "keys"], {}, 2, "--from is for listings"),
        (["s3:///x"], {}, 2, "is not a bucket"),
        (["s3://BUCKET"], {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, 5, "No AWS credentials"),
        ([".", "--profile", "x"], {}, 2, "--profile is for buckets"),
    ],
)
def test_bad_input(store, desk, run_cpgate, arguments, environment, code, words):
    place = [argument.replace("BUCKET", store.bucket) for argument in arguments]
    endpoint = [] if place[0] == "." else ["--endpoint-url", store.endpoint]
    done = run_cpgate("check", *place, *endpoint, cwd=desk, environment=environment)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(desk.iterdir())


def test_wrong_keys_of_a_bucket(refusing_store, desk, run_cpgate):
    done = run_cpgate("check", "s3://bucket/cpg0001-x/broad", "--endpoint-url", refusing_store, cwd=desk)
    assert done.returncode == ExitCode.CREDENTIALS, done.stderr
    done = run_cpgate(
        "check", "s3://bucket/cpg0001-x/broad", "--endpoint-url", refusing_store, "--anonymous", cwd=desk
    )
    assert done.returncode == ExitCode.CREDENTIALS
    assert "cannot be listed without credentials" in done.stderr


def test_a_public_bucket_without_credentials(store, objects, desk, run_cpgate):
    put(store, objects)
    nobody = dict.fromkeys(CREDENTIALS, "") | {"AWS_CONFIG_FILE": "/dev/null"}
    done = run_cpgate(
        "check", f"s3://{store.bucket}/cpg0099-example", "--endpoint-url", store.endpoint, "--anonymous",
        cwd=desk, environment=nobody | {"AWS_EC2_METADATA_DISABLED": "true"},
    )  # fmt: skip
    assert done.returncode == ExitCode.FINDINGS, done.stderr
