"""The uploader from outside: the command, a real server, real files."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from servers import CREDENTIALS, counting_proxy, free_port, moto_server, s3_client

from validator.cli.main import run
from validator.manifests.receipt import Receipt

MIB = 1024 * 1024
HOME = "cpg0099-example/broad"
BATCH = "2024_03_05_Run1"
PLATE = "BR00123401"
LARGE = f"workspace/analysis/{BATCH}/{PLATE}/analysis/{PLATE}-A01-1/outlines/A01_s1--cell_outlines.png"


@pytest.fixture
def dataset(build_dataset):
    return build_dataset()


@pytest.fixture
def cpgate(tmp_path, monkeypatch, store, capsys):
    """Call the command with an upload's usual options; gives exit code, stdout, stderr."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def call(*arguments, destination=None, endpoint=None, state="state"):
        command, *rest = map(str, arguments)
        extra = []
        if command == "upload":
            extra = [destination or f"s3://{store.bucket}", "--state", str(tmp_path / state)]
        code = run([command, *rest, *extra, *(["--endpoint-url", endpoint or store.endpoint])])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def data_keys(store) -> list[str]:
    return [key for key in store.object_keys() if "/_cpgate/" not in key]


def local_files(dataset: Path) -> dict[str, Path]:
    return {f"{HOME}/{p.relative_to(dataset).as_posix()}": p for p in dataset.rglob("*") if p.is_file()}


def receipts() -> list[Path]:
    return sorted(Path.cwd().glob("cpg0099-example_broad*.jsonl"))


def test_everything_arrives_with_a_receipt_here_and_in_the_bucket(cpgate, store, dataset):
    code, out, _ = cpgate("upload", dataset)
    assert code == 0, out
    files = local_files(dataset)
    assert data_keys(store) == sorted(files)
    assert all(store.read(key) == path.read_bytes() for key, path in files.items())
    assert f"verified {len(files)} of {len(files)} objects" in out
    [receipt] = receipts()
    [remote] = [key for key in store.object_keys() if key.startswith(f"{HOME}/_cpgate/")]
    assert store.read(remote) == receipt.read_bytes()
    read = Receipt(receipt)
    assert sorted(record.key for record in read.objects()) == sorted(files)
    assert read.header.datasets == [HOME]
    assert not read.header.forced


def test_a_second_run_sends_nothing_and_does_not_read_again(cpgate, store, dataset):
    cpgate("upload", dataset)
    before = {
        key: store.client.head_object(Bucket=store.bucket, Key=key)["LastModified"]
        for key in data_keys(store)
    }
    for path in local_files(dataset).values():
        path.chmod(0)  # as another user than root, reading would fail
    code, out, _ = cpgate("upload", dataset)
    assert code == 0
    assert "send 0 (0 B)" in out
    assert f"unchanged {len(before)}" in out
    assert "still holds" in out
    after = {key: store.client.head_object(Bucket=store.bucket, Key=key)["LastModified"] for key in before}
    assert before == after


def test_receipts_are_never_data(cpgate, store, dataset):
    (dataset / "_cpgate").mkdir()
    (dataset / "_cpgate" / "20260101T000000Z_0123456789abcdef.jsonl").write_text("{}\n")
    code, out, _ = cpgate("upload", dataset)
    assert code == 0, out
    assert f"{HOME}/_cpgate/20260101T000000Z_0123456789abcdef.jsonl" not in store.object_keys()


def test_errors_refuse_and_force_is_told_in_the_receipt(cpgate, store, dataset):
    images = next(dataset.rglob("*.tiff"))
    images.write_bytes(b"")
    code, out, _ = cpgate("upload", dataset)
    assert code == 1
    assert "nothing was sent" in out
    assert "empty-file" in out
    assert store.object_keys() == []
    code, out, _ = cpgate("upload", dataset, "--force")
    assert code == 0, out
    header = Receipt(receipts()[0]).header
    assert header.forced
    assert header.errors >= 1


def test_dry_run_sends_nothing(cpgate, store, dataset):
    code, out, _ = cpgate("upload", dataset, "--dry-run")
    assert code == 0
    total = sum(path.stat().st_size for path in local_files(dataset).values())
    assert f"plan     {len(local_files(dataset))} files" in out
    assert (
        sum(int(line.split()[-1].replace(",", "")) for line in out.splitlines() if line.startswith("send "))
        == total
    )
    assert store.object_keys() == []
    assert receipts() == []


def test_junk_stays_here(cpgate, store, dataset):
    (dataset / "images" / ".DS_Store").write_bytes(b"x")
    (dataset / "workspace" / "Thumbs.db").write_bytes(b"x")
    assert cpgate("upload", dataset)[0] == 0
    assert not [key for key in store.object_keys() if key.endswith((".DS_Store", "Thumbs.db"))]


@pytest.mark.parametrize(
    ("options", "takes"),
    [
        (["--plate", PLATE], lambda key: PLATE in key),
        (["--batch", BATCH], lambda key: f"/{BATCH}/" in key),
        (["--include", "images/*/illum/*"], lambda key: "/illum/" in key),
        (["--exclude", "*.tiff", "--exclude", "workspace/*"], lambda key: key.startswith(f"{HOME}/images") and ".tiff" not in key),
    ],
)  # fmt: skip
def test_what_is_selected_goes_and_nothing_else(cpgate, store, dataset, options, takes):
    code, out, _ = cpgate("upload", dataset, *options)
    assert code == 0, out
    assert data_keys(store) == sorted(key for key in local_files(dataset) if takes(key))
    assert data_keys(store)


def test_a_batch_spans_images_and_workspace(cpgate, store, dataset):
    cpgate("upload", dataset, "--batch", BATCH)
    folders = {"/".join(key.split("/")[2:4]) for key in data_keys(store)}
    assert {
        f"images/{BATCH}",
        "workspace/backend",
        "workspace/load_data_csv",
        "workspace/metadata",
    } <= folders


def test_an_unknown_batch_selects_nothing(cpgate, dataset):
    code, _, err = cpgate("upload", dataset, "--batch", "2024_12_24_Run9")
    assert code == 3
    assert BATCH in err


def test_errors_of_another_batch_do_not_hold_up_this_one(cpgate, dataset):
    other = (
        dataset / "images" / "2024_04_01_Run2" / "images" / "BR00129999" / "r01c01f01p01-ch1sk1fk1fl1.tiff"
    )
    other.parent.mkdir(parents=True)
    other.write_bytes(b"")
    code, out, _ = cpgate("upload", dataset, "--batch", BATCH)
    assert code == 0, out
    assert "elsewhere" in out


def test_other_bytes_are_a_conflict_and_stay(cpgate, store, dataset):
    first, second, *_ = sorted(local_files(dataset))
    store.put(first, b"other bytes, other size")
    store.put(second, bytes(local_files(dataset)[second].stat().st_size))
    code, out, _ = cpgate("upload", dataset)
    assert code == 1
    assert "conflict 2" in out
    assert first in out
    assert "--replace" in out
    assert store.read(first) == b"other bytes, other size"
    assert set(data_keys(store)) == set(local_files(dataset))
    end = Receipt(receipts()[0])
    keys = [record.key for record in end.objects()]
    assert first not in keys
    assert end.end.conflicts == 2
    assert not [key for key in store.object_keys() if key.endswith(".jsonl")], (
        "an incomplete upload leaves no receipt there"
    )


def test_replace_names_what_may_be_written_over(cpgate, store, dataset):
    first, second, *_ = sorted(local_files(dataset))
    store.put(first, b"old")
    store.put(second, b"older")
    code, _, _ = cpgate("upload", dataset, "--replace", first)
    assert code == 1
    assert store.read(first) == local_files(dataset)[first].read_bytes()
    assert store.read(second) == b"older"


@pytest.mark.parametrize("part_mib", [5, 8, 50])
def test_the_same_bytes_in_other_parts_are_unchanged(cpgate, store, dataset, part_mib):
    big = dataset / LARGE
    big.write_bytes(os.urandom(61 * MIB))
    key = f"{HOME}/{LARGE}"
    upload_id = store.client.create_multipart_upload(Bucket=store.bucket, Key=key)["UploadId"]
    data, parts = big.read_bytes(), []
    for number, start in enumerate(range(0, len(data), part_mib * MIB), start=1):
        part = data[start : start + part_mib * MIB]
        etag = store.client.upload_part(
            Bucket=store.bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=part
        )["ETag"]
        parts.append({"ETag": etag, "PartNumber": number})
    store.client.complete_multipart_upload(
        Bucket=store.bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts}
    )
    code, out, _ = cpgate("upload", dataset, "--include", LARGE)
    assert code == 0, out
    assert "unchanged 1" in out
    [record] = Receipt(receipts()[0]).objects()
    assert record.part_size == part_mib * MIB
    assert record.state == "unchanged"


def test_a_file_that_changes_after_an_upload_conflicts(cpgate, dataset):
    path = dataset / LARGE
    cpgate("upload", dataset)
    path.write_bytes(path.read_bytes() + b"more\n")
    code, out, _ = cpgate("upload", dataset)
    assert code == 1
    assert "conflict 1" in out


@pytest.mark.full
def test_a_resumed_file_that_changed_is_sent_afresh_and_its_old_parts_go(store, dataset, tmp_path):
    big = dataset / LARGE
    big.write_bytes(os.urandom(48 * MIB))
    with counting_proxy(store.endpoint, 12e6) as (endpoint, traffic):
        process = start_upload(dataset, store, endpoint, tmp_path)
        wait_for(lambda: journal_parts(tmp_path / "state") >= 2)
        process.kill()
        process.wait()
        assert store.unfinished() == [f"{HOME}/{LARGE}"]
        big.write_bytes(os.urandom(48 * MIB))
        traffic.bytes_per_second = 1e12
        process = start_upload(dataset, store, endpoint, tmp_path)
        assert process.wait() == 0
    assert store.unfinished() == []
    assert store.read(f"{HOME}/{LARGE}") == big.read_bytes()


def test_a_lost_journal_costs_reading_and_no_sending(cpgate, dataset):
    cpgate("upload", dataset)
    code, out, _ = cpgate("upload", dataset, state="another-state")
    assert code == 0
    assert "send 0 (0 B)" in out


@pytest.mark.full
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_cleanly_and_the_next_run_goes_on(store, dataset, tmp_path, number, code):
    big = dataset / LARGE
    big.write_bytes(os.urandom(64 * MIB))
    with counting_proxy(store.endpoint, 12e6) as (endpoint, traffic):
        process = start_upload(dataset, store, endpoint, tmp_path)
        wait_for(lambda: journal_parts(tmp_path / "state") >= 2)
        process.send_signal(number)
        began = time.monotonic()
        assert process.wait(timeout=15) == code
        assert time.monotonic() - began < 10
        before, traffic.bytes_per_second = traffic.bytes_up, 1e12
        assert start_upload(dataset, store, endpoint, tmp_path, log="next.txt").wait() == 0
    assert traffic.bytes_up - before < 60 * MIB
    log = (tmp_path / "log.txt").read_text()
    assert "The same command goes on" in log
    assert "Traceback" not in log
    assert store.unfinished() == []


@pytest.mark.full
def test_a_second_uploader_is_told_about_the_first(store, dataset, tmp_path):
    (dataset / LARGE).write_bytes(os.urandom(32 * MIB))
    with counting_proxy(store.endpoint, 8e6) as (endpoint, _):
        first = start_upload(dataset, store, endpoint, tmp_path)
        wait_for(lambda: journal_parts(tmp_path / "state") >= 1)
        second = start_upload(dataset, store, endpoint, tmp_path, log="second.txt")
        assert second.wait() == 4
        first.kill()
        first.wait()
    assert f"process {first.pid}" in (tmp_path / "second.txt").read_text()


def start_upload(dataset, store, endpoint, tmp_path, log="log.txt", **environment) -> subprocess.Popen:
    command = [
        *(sys.executable, "-m", "validator", "upload", str(dataset), f"s3://{store.bucket}"),
        *("--endpoint-url", endpoint, "--state", str(tmp_path / "state"), "--jobs", "2"),
    ]
    with (tmp_path / log).open("ab") as stream:
        return subprocess.Popen(
            command, cwd=tmp_path, env=os.environ | CREDENTIALS | environment, stdout=stream, stderr=stream
        )


def journal_parts(state: Path) -> int:
    return sum(path.read_bytes().count(b'"t":"part"') for path in state.rglob("*.journal"))


def wait_for(condition, seconds: float = 40) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


# Bad input: one clear sentence, the documented exit code.


@pytest.mark.parametrize(
    "destination",
    [
        "staging",
        "http://staging",
        "s3://",
        "s3:/staging",
        "s3://bad bucket",
        "s3://bucket/cpg0001-other/broad",
    ],
)
def test_a_destination_that_is_none(cpgate, dataset, destination):
    code, _, err = cpgate("upload", dataset, destination=destination)
    assert code == 2
    assert err.startswith("error: ")
    if "other" in destination:
        assert f"{HOME}/images" in err, "the first key that would be written is shown"


def test_a_bucket_that_does_not_exist(cpgate, dataset):
    code, _, err = cpgate("upload", dataset, destination="s3://no-such-bucket")
    assert code == 4
    assert "There is no bucket no-such-bucket" in err


def test_a_store_that_is_not_there(cpgate, dataset):
    code, _, err = cpgate("upload", dataset, endpoint=f"http://127.0.0.1:{free_port()}")
    assert code == 4
    assert "cannot be reached" in err


def test_a_store_that_hangs_up(cpgate, dataset):
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def hang_up():
            with suppress(OSError):
                while True:
                    listener.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        code, _, err = cpgate("upload", dataset, endpoint=endpoint)
    assert code == 4
    assert "broke off the connection" in err
    assert "Error(" not in err


def test_wrong_keys(cpgate, dataset):
    with moto_server(INITIAL_NO_AUTH_ACTION_COUNT="1") as endpoint:
        s3_client(endpoint).create_bucket(Bucket="guarded")
        code, _, err = cpgate("upload", dataset, destination="s3://guarded", endpoint=endpoint)
    assert code == 5
    assert "does not accept these AWS credentials" in err
    assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in err


def test_no_keys_at_all(cpgate, dataset, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    code, _, err = cpgate("upload", dataset)
    assert code == 5
    assert "No AWS credentials were found" in err


def test_an_unknown_profile(cpgate, dataset):
    code, _, err = cpgate("upload", dataset, "--profile", "nobody")
    assert code == 5
    assert "nobody" in err


def test_state_inside_the_dataset_is_refused(cpgate, dataset, tmp_path):
    code, _, err = cpgate("upload", dataset, state=f"{dataset.relative_to(tmp_path)}/state")
    assert code == 2
    assert "inside the dataset" in err


def test_an_endpoint_that_is_no_address(cpgate, dataset):
    code, _, err = cpgate("upload", dataset, endpoint="localhost")
    assert code == 2
    assert "not an address" in err


@pytest.mark.parametrize("size", ["1MiB", "6GiB", "many"])
def test_a_part_size_that_s3_does_not_allow(cpgate, dataset, size):
    assert cpgate("upload", dataset, "--part-size", size)[0] == 2


def test_a_file_that_vanishes_is_named_and_the_rest_arrives(cpgate, store, dataset, monkeypatch):
    """The listing is taken first; what is gone when its turn comes fails by name."""
    victim = sorted(local_files(dataset).items())[3]
    from validator.workflows import upload_run as workflow

    real = workflow.compare_files

    def compare_then_delete(*arguments, **options):
        real(*arguments, **options)
        victim[1].unlink()

    monkeypatch.setattr(workflow, "compare_files", compare_then_delete)
    code, out, _ = cpgate("upload", dataset)
    assert code == 4
    assert victim[0] in out
    assert "cannot be read" in out
    assert "mend: See that you may read these files and that their disk is there, then run the same" in out
    assert len(data_keys(store)) == len(local_files(dataset))


@pytest.mark.full
def test_a_full_disk_under_the_journal_stops_the_upload(store, dataset, tmp_path):
    """A limit on the size of files stands for a quota: nothing may be sent that the journal cannot hold."""
    resource = pytest.importorskip("resource")
    (dataset / LARGE).write_bytes(os.urandom(40 * MIB))
    first = start_upload(dataset, store, store.endpoint, tmp_path, log="check.txt")
    first.wait()
    shutil.rmtree(tmp_path / "state" / "uploads")
    for key in store.object_keys():
        store.client.delete_object(Bucket=store.bucket, Key=key)
    limit = 2_000
    command = [sys.executable, "-m", "validator", "upload", str(dataset), f"s3://{store.bucket}"]
    command += ["--endpoint-url", store.endpoint, "--state", str(tmp_path / "state")]
    command += ["--report", str(tmp_path / "report.jsonl")]
    checked = subprocess.run(
        [*command, "--dry-run"], cwd=tmp_path, env=os.environ | CREDENTIALS, capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stderr

    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | CREDENTIALS,
        capture_output=True,
        preexec_fn=small_files,
        check=False,
        text=True,
    )
    assert done.returncode == 4, done.stdout + done.stderr
    assert "journal cannot be written" in done.stderr
    assert str(tmp_path) in done.stderr
    assert "--state" in done.stderr


def test_dates_in_the_receipt_are_utc(cpgate, dataset):
    cpgate("upload", dataset)
    header = json.loads(receipts()[0].read_text().splitlines()[0])
    assert header["created"].endswith("Z")


# What must never happen.


def test_bytes_of_others_stay_when_the_file_cannot_be_read_for_comparing(cpgate, store, dataset, monkeypatch):
    """Same size, so only reading could tell; a file that vanishes must not count as a reason to write."""
    key = min(local_files(dataset))
    path = local_files(dataset)[key]
    theirs = bytes(path.stat().st_size)
    store.put(key, theirs)
    from validator.workflows import upload_run as workflow

    real = workflow.compare_files

    def vanish_then_compare(*arguments, **options):
        path.unlink()
        return real(*arguments, **options)

    monkeypatch.setattr(workflow, "compare_files", vanish_then_compare)
    code, out, _ = cpgate("upload", dataset)
    assert code == 4
    assert key in out
    assert store.read(key) == theirs


def test_files_of_the_current_folder_are_never_run(store, dataset, tmp_path):
    for name in ("queue.py", "json.py", "boto3.py", "signal.py"):
        (tmp_path / name).write_text("open('executed', 'w').close()\nraise SystemExit(9)\n")
    script = Path(sys.executable).with_name("cpgate")
    command = [str(script), "upload", str(dataset), f"s3://{store.bucket}", "--endpoint-url", store.endpoint]
    done = subprocess.run(
        [*command, "--state", str(tmp_path / "state")],
        cwd=tmp_path,
        env=os.environ | CREDENTIALS,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / "executed").exists()


def test_a_program_that_hands_out_keys_may_ask_and_talk(store, dataset, tmp_path):
    helper = tmp_path / "helper.sh"
    keys = {"Version": 1, "AccessKeyId": "testing", "SecretAccessKey": "testing-secret"}
    helper.write_text(f"#!/bin/sh\nread answer\necho '{json.dumps(keys)}'\n")
    helper.chmod(0o755)
    (tmp_path / "config").write_text(f"[default]\ncredential_process = {helper}\n")
    environment = os.environ | CREDENTIALS | {"AWS_CONFIG_FILE": str(tmp_path / "config")}
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        environment.pop(name)
    command = [sys.executable, "-m", "validator", "upload", str(dataset), f"s3://{store.bucket}"]
    command += ["--endpoint-url", store.endpoint, "--state", str(tmp_path / "state")]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(data_keys(store)) == len(local_files(dataset))


@pytest.mark.full
def test_a_share_that_is_gone_for_a_moment_costs_no_part(store, dataset, tmp_path):
    big, away = dataset / LARGE, tmp_path / "away"
    big.write_bytes(os.urandom(64 * MIB))
    with counting_proxy(store.endpoint, 12e6) as (endpoint, traffic):
        process = start_upload(dataset, store, endpoint, tmp_path)
        wait_for(lambda: journal_parts(tmp_path / "state") >= 3)
        big.rename(away)
        assert process.wait(timeout=60) == 4
        away.rename(big)
        assert store.unfinished() == [f"{HOME}/{LARGE}"]
        before, traffic.bytes_per_second = traffic.bytes_up, 1e12
        assert start_upload(dataset, store, endpoint, tmp_path).wait() == 0
    assert traffic.bytes_up - before < 50 * MIB
    assert store.unfinished() == []


def test_parts_that_nobody_remembers_are_told(cpgate, store, dataset):
    key = f"{HOME}/{LARGE}"
    store.client.create_multipart_upload(Bucket=store.bucket, Key=key)
    code, out, _ = cpgate("upload", dataset)
    assert code == 0
    said = " ".join(out.split())
    assert "1 unfinished upload of somebody else" in said
    assert "nothing left behind" not in said


def test_a_key_that_is_too_long_fails_alone(cpgate, store, dataset):
    plate = dataset / "images" / BATCH / "images" / f"{PLATE}__2024-03-05T10_02_51-Measurement1"
    folder = plate / ("d" * 230) / ("e" * 230) / ("f" * 230)
    folder.mkdir(parents=True)
    (folder / ("g" * 230 + "h" * 20)).write_text("x")
    (folder / ("x" * 240)).write_text("x")
    long = [key for key in local_files(dataset) if len(key) > 1024]
    if not long:
        pytest.skip("this system does not hold paths that are long enough")
    code, out, _ = cpgate("upload", dataset, "--force")
    assert code == 4
    assert "longer than S3" in out
    assert set(data_keys(store)) == set(local_files(dataset)) - set(long)


def test_a_folder_without_a_dataset(cpgate, tmp_path):
    (tmp_path / "cpg0099-example").mkdir()
    (tmp_path / "cpg0099-example" / "README.txt").write_text("hello")
    code, _, err = cpgate("upload", tmp_path / "cpg0099-example")
    assert code == 2
    assert "project and source" in err


def test_a_file_from_the_far_future(cpgate, dataset):
    path = next(dataset.rglob("*.csv"))
    try:
        os.utime(path, (10_000_000_000, 10_000_000_000))
    except (OSError, OverflowError):
        pytest.skip("this file system does not hold such a time")
    code, out, _ = cpgate("upload", dataset)
    assert code in {0, 4}, out


def test_a_file_that_is_no_report_is_not_written_over(cpgate, dataset, tmp_path):
    notes = tmp_path / "notes.csv"
    notes.write_text("ten years of work\n")
    code, _, err = cpgate("upload", dataset, "--report", notes)
    assert code == 2
    assert "not a report" in err
    assert notes.read_text() == "ten years of work\n"


@pytest.mark.parametrize("place", ["{dataset}/receipt.jsonl", "{work}/nowhere/receipt.jsonl", "{work}/there"])
def test_a_receipt_that_cannot_be_written_is_said_before_anything_is_sent(
    cpgate, store, dataset, tmp_path, place
):
    (tmp_path / "there").write_text("")
    code, _, err = cpgate("upload", dataset, "--receipt", place.format(dataset=dataset, work=tmp_path))
    assert code == 2, err
    assert store.object_keys() == []


def test_an_upload_with_nothing_to_send_keeps_its_receipt(cpgate, store, dataset):
    cpgate("upload", dataset)
    first = receipts()
    time.sleep(1.1)
    code, out, _ = cpgate("upload", dataset)
    assert code == 0
    assert "still says it all" in out
    assert receipts() == first
    assert len([key for key in store.object_keys() if "/_cpgate/" in key]) == 1
    first[0].unlink()
    cpgate("upload", dataset)
    assert len(receipts()) == 1


def test_quiet_says_one_line(cpgate, dataset):
    files = len(local_files(dataset))
    code, out, _ = cpgate("upload", dataset, "--quiet", "--dry-run")
    assert code == 0
    assert out.startswith(f"plan     {files} files")
    assert out.count("\n") == 1
    code, out, err = cpgate("upload", dataset, "--quiet")
    assert (code, err) == (0, "")
    assert out == f"verified {files} of {files} objects by size and ETag · receipt {receipts()[0].name}\n"


def test_quiet_still_names_conflicts_before_the_last_line(cpgate, store, dataset):
    first = min(local_files(dataset))
    store.put(first, b"o")
    code, out, _ = cpgate("upload", dataset, "--quiet")
    assert code == 1
    assert out.startswith(f"conflict {first}\n         other bytes lie there (1 byte, ETag ")
    assert " · conflict 1 · receipt " in out.splitlines()[-1]


def test_quiet_names_errors_and_says_in_one_line_that_nothing_was_sent(cpgate, dataset):
    next(dataset.rglob("*.tiff")).write_bytes(b"")
    code, out, _ = cpgate("upload", dataset, "--quiet")
    assert code == 1
    assert "empty-file" in out
    last = out.splitlines()[-1]
    assert last.startswith("refused  nothing was sent: 1 error in what is selected · cpgate report ")
    assert "report   " not in out
    code, out, _ = cpgate("upload", dataset, "--quiet", "--force")
    assert code == 0
    assert out.count("\n") == 1


def test_a_narrow_terminal_wraps(cpgate, dataset, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    _, out, _ = cpgate("upload", dataset)
    assert all(len(line) <= 60 for line in out.splitlines() if "/" not in line)
    assert all(line[9:].strip() for line in out.splitlines())  # no word stands alone in the margin
