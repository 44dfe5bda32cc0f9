"""A contributor's upload: keys of a grant that end while it runs, and a role that holds little."""

import os

import pytest
from grants_server import LAB_SECRET, access_gate

HOME = "cpg0099-example/broad"
MIB = 1024 * 1024
BIG = "workspace/backend/2024_03_05_Run1/BR00123401/BR00123401.csv"


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


def test_it_works_with_what_the_role_holds_and_no_secret_stays_behind(contributor, gate, store, tmp_path):
    gate.lifetime = 2
    done = contributor()
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


def test_the_target_can_be_said(contributor, gate, store):
    gate.granted = f"{store.bucket}/cpg0099-example/"
    done = contributor(
        "--grant", f"target=s3://{store.bucket}/cpg0099-example/*", "--grant", "duration=15min"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert {(a["target"], a["durationSeconds"]) for a in gate.asked} == {
        (f"s3://{store.bucket}/cpg0099-example/*", "900")
    }
