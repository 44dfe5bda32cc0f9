"""A contributor's upload: keys of a grant that end while it runs, and a role that holds little."""

import os
import threading
import time

import pytest
from grants_server import LAB_SECRET, access_gate

HOME = "cpg0099-example/broad"
MIB = 1024 * 1024
BIG = "workspace/analysis/2024_03_05_Run1/BR00123401/analysis/BR00123401-A01-1/outlines/A01_s1--cell_outlines.png"


@pytest.fixture
def gate(store):
    with access_gate(store.endpoint, f"{store.bucket}/{HOME}/") as gate:
        yield gate


@pytest.fixture
def contributor(cpgate, gate, store, build_dataset, tmp_path):
    """Upload as a contributor does; the dataset has a file of several parts."""
    root = build_dataset()
    (root / BIG).write_bytes(os.urandom(20 * MIB + 17))

    def upload(*more, **environment):
        return cpgate(
            *("upload", root, f"s3://{store.bucket}", "--endpoint-url", gate.address, "--access-grants"),
            *("--state", tmp_path / "state", "--jobs", "4", *more),
            environment=gate.environment() | environment,
        )

    upload.root = root
    return upload


def no_secret_lies_in(folder, secrets):
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in files:
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret.encode() in content], path
    return len(files)


@pytest.mark.full
def test_it_works_with_what_the_role_holds_and_no_secret_stays_behind(contributor, gate, store, tmp_path):
    gate.lifetime = 6
    done = contributor("--bandwidth", "5M")
    assert done.returncode == 0, done.stdout + done.stderr
    assert store.read(f"{HOME}/{BIG}") == (contributor.root / BIG).read_bytes()
    assert store.unfinished() == []
    assert {name for name, _ in gate.passed} <= set(gate.keys)
    assert {refusal.split()[0] for refusal in gate.refused} == {"AccessDenied"}
    assert all("uploads" in refusal for refusal in gate.refused)  # the one thing it asks for in vain
    assert {asked["target"] for asked in gate.asked} == {f"s3://{store.bucket}/{HOME}/*"}
    secrets = gate.secrets()
    assert len(secrets) >= 5
    assert not [secret for secret in secrets if secret in done.stdout + done.stderr]
    assert no_secret_lies_in(tmp_path, secrets) > 20


def test_a_grant_for_another_place_stops_it_early(contributor, gate, store):
    gate.granted = f"{store.bucket}/cpg0001-other/"
    refused = contributor()
    assert refused.returncode == 5
    assert f"READWRITE on s3://{store.bucket}/{HOME}/*" in refused.stderr
    assert "which prefix was assigned" in refused.stderr
    assert LAB_SECRET not in refused.stdout + refused.stderr
    assert gate.passed == []


@pytest.mark.full
def test_the_target_can_be_said(contributor, gate, store):
    gate.granted = f"{store.bucket}/cpg0099-example/"
    done = contributor(
        "--grant", f"target=s3://{store.bucket}/cpg0099-example/*", "--grant", "duration=15min"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert {(a["target"], a["durationSeconds"]) for a in gate.asked} == {
        (f"s3://{store.bucket}/cpg0099-example/*", "900")
    }


@pytest.fixture
def keys_file(tmp_path, gate):
    """A file with temporary keys of the gate; call it to put others in."""
    path = tmp_path / "elsewhere" / "keys.txt"
    path.parent.mkdir()

    def issue(lifetime=3600.0):
        name, key = gate.issue(lifetime)
        new = path.with_suffix(".new")
        new.write_text(
            f"export AWS_ACCESS_KEY_ID={name}\nexport AWS_SECRET_ACCESS_KEY={key.secret}\n"
            f"export AWS_SESSION_TOKEN={key.token}\n"
        )
        new.replace(path)

    issue.path = path
    return issue


@pytest.fixture
def with_file(cpgate, gate, store, contributor, tmp_path):
    def upload(*more, environment=None):
        return cpgate(
            *("upload", contributor.root, f"s3://{store.bucket}", "--endpoint-url", gate.address),
            *("--state", tmp_path / "state", "--jobs", "2", "--bandwidth", "6M", *more),
            environment={"NO_PROXY": "127.0.0.1"} | (environment or {}),
        )

    return upload


def expire_in_mid_file(gate, then=lambda: None):
    """Let the keys expire after the second part of a file, and do something else after that."""

    def watch():
        while sum("PutObject" in what and BIG in what for _, what in gate.passed) < 3:
            time.sleep(0.02)
        gate.expire_all()
        # Until the upload itself has looked whether there are others.
        while not any(
            refused.startswith("ExpiredToken") and "list-type" in refused for refused in gate.refused
        ):
            time.sleep(0.02)
        then()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


@pytest.mark.full
def test_expired_keys_of_a_file_pause_it_until_there_are_others(
    with_file, gate, store, keys_file, contributor
):
    keys_file()
    thread = expire_in_mid_file(gate, keys_file)
    done = with_file("--credentials-file", keys_file.path, "--credential-wait", "1m")
    thread.join()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "paused   the AWS credentials have expired" in done.stderr
    assert f"put new ones into {keys_file.path}" in done.stderr
    assert "resumed  new AWS credentials are accepted" in done.stderr
    assert store.read(f"{HOME}/{BIG}") == (contributor.root / BIG).read_bytes()
    sent = [what for _, what in gate.passed if what.startswith("PutObject") and BIG in what]
    assert len(sent) <= 5 + 2  # begin, three parts, complete; what was under way may go twice
    assert not [secret for secret in gate.secrets() if secret in done.stdout + done.stderr]


@pytest.mark.full
def test_it_gives_up_after_the_time_that_was_said_and_goes_on_later(
    with_file, gate, store, keys_file, tmp_path
):
    keys_file()
    thread = expire_in_mid_file(gate)
    stopped = with_file("--credentials-file", keys_file.path, "--credential-wait", "3s")
    thread.join()
    assert stopped.returncode == 5
    assert "no other keys came within" in stopped.stderr
    assert "it goes on where it stopped" in stopped.stderr
    keys_file()
    done = with_file("--credentials-file", keys_file.path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "resume 1 (" in done.stdout
    assert store.unfinished() == []
    no_secret_lies_in(tmp_path / "state", gate.secrets())


@pytest.mark.full
def test_keys_of_the_environment_stop_it_at_once(with_file, gate):
    name, key = gate.issue()
    thread = expire_in_mid_file(gate)
    stopped = with_file(
        environment={
            "AWS_ACCESS_KEY_ID": name,
            "AWS_SECRET_ACCESS_KEY": key.secret,
            "AWS_SESSION_TOKEN": key.token,
        }
    )
    thread.join()
    assert stopped.returncode == 5
    assert "Keys of the environment cannot change" in stopped.stderr
    assert "--credentials-file" in stopped.stderr


@pytest.mark.full
def test_rights_that_are_lost_in_mid_file_stop_it(with_file, gate, store, keys_file):
    keys_file()

    def take_away():
        for key in gate.keys.values():
            key.expires, key.prefix = float("inf"), "nowhere/"

    thread = expire_in_mid_file(gate, take_away)
    stopped = with_file("--credentials-file", keys_file.path)
    thread.join()
    assert stopped.returncode == 5
    assert f"may not list s3://{store.bucket}/{HOME}/" in stopped.stderr or "may not write" in stopped.stderr
    assert "Check that the prefix is the one that was granted" in stopped.stderr
