"""Who one is, as a contributor asks it."""

import pytest
from grants_server import access_gate

from validator.cli.main import run

HOME = "cpg0099-example/broad"


@pytest.fixture
def gate(store):
    with access_gate(store.endpoint, f"{store.bucket}/{HOME}/") as gate:
        yield gate


@pytest.fixture
def whoami(cpgate, gate):
    def ask(*arguments, **environment):
        return cpgate(
            *("whoami", *arguments, "--endpoint-url", gate.address),
            environment=gate.environment() | environment,
        )

    return ask


def words(answer) -> dict[str, str]:
    lines = (line.strip().partition("  ") for line in answer.stdout.splitlines())
    return {first: rest.strip() for first, _, rest in lines}


def test_a_grant_and_what_may_be_done_with_it(whoami, gate, store):
    store.put(f"{HOME}/images/a.tiff", b"x")
    gate.lifetime = 7200
    answer = whoami(f"s3://{store.bucket}/{HOME}", "--access-grants")
    assert answer.returncode == 0, answer.stderr
    told = words(answer)
    assert told["who"] == "arn:aws:iam::123456789012:user/akialabsownkey000001"
    assert told["keys"] == "AKIA…0001 from the environment (AWS_ACCESS_KEY_ID) · no end known"
    assert told["grant"].startswith(f"s3://{store.bucket}/{HOME}/* · READWRITE · until 20")
    assert "(1 h 59 min left)" in told["grant"] or "(2 h 0 min left)" in told["grant"]  # under a second apart
    assert told["list"] == "yes · something is there"
    assert told["read"].startswith("yes")
    assert told["find uploads"] == "no"
    assert told["not tried: writing, replacing or deleting an object"] == ""
    assert store.object_keys() == [f"{HOME}/images/a.tiff"]
    assert store.unfinished() == []
    assert not [secret for secret in gate.secrets() if secret in answer.stdout + answer.stderr]
    asked = {what.split()[0] for _, what in gate.passed}
    assert asked == {
        "ListBucket",
        "GetObject",
        "PutObject",
        "ListMultipartUploadParts",
        "AbortMultipartUpload",
    }


def test_a_place_that_was_not_granted(whoami, store):
    answer = whoami(f"s3://{store.bucket}/cpg0001-other/broad", "--access-grants")
    assert answer.returncode == 5
    assert f"READWRITE on s3://{store.bucket}/cpg0001-other/broad/*" in answer.stderr


def test_the_labs_own_keys_may_do_nothing_there(whoami, store):
    answer = whoami(f"s3://{store.bucket}/{HOME}")
    assert answer.returncode == 5
    told = words(answer)
    assert (told["list"], told["put"], told["resume"], told["abort"]) == ("no", "no", "no", "no")
    assert told["read"] == "not known · not tried: without a listing no object is known"


def test_only_who(whoami):
    answer = whoami()
    assert answer.returncode == 0
    assert set(words(answer)) == {"who", "keys"}


def test_keys_that_are_wrong(whoami, store):
    answer = whoami(f"s3://{store.bucket}/{HOME}", AWS_ACCESS_KEY_ID="AKIANOBODY")
    assert answer.returncode == 5
    assert "does not accept these AWS credentials (InvalidAccessKeyId)" in answer.stderr


def test_a_wrong_clock(whoami, gate, store):
    gate.clock_off = 3 * 3600
    name, key = gate.issue()
    answer = whoami(
        f"s3://{store.bucket}/{HOME}",
        AWS_ACCESS_KEY_ID=name,
        AWS_SECRET_ACCESS_KEY=key.secret,
        AWS_SESSION_TOKEN=key.token,
    )
    assert answer.returncode == 4
    assert "The clock of this machine is 3 h behind the store's" in answer.stderr


@pytest.mark.usefixtures("desk")
def test_a_crash_writes_down_no_secret(gate, store, monkeypatch, capsys, tmp_path):
    """It is met where all the keys are at hand."""
    for name, value in gate.environment().items():
        monkeypatch.setenv(name, value)

    def break_down(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("validator.workflows.whoami.rights_at", break_down)
    place = f"s3://{store.bucket}/{HOME}"
    assert run(["whoami", place, "--access-grants", "--endpoint-url", gate.address]) == 4
    assert "please report it" in capsys.readouterr().err
    [crash] = (tmp_path / "state").rglob("crashes/*.txt")
    content = crash.read_text()
    assert "ZeroDivisionError" in content
    secrets = gate.secrets()
    assert len(secrets) >= 3
    assert not [secret for secret in secrets if secret in content]
