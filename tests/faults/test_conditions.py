"""What is wrong around an upload: the disk, the journal, the clock, the destination, the files, a second uploader."""

import os
import random
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest
from aftermath import assert_all_arrived, files_of
from fault_data import AMBIENCE, FIRST_BIG, MIB, SECOND_BIG
from grants_server import access_gate
from troubled_proxy import NOTHING, At, Fault, Request, Troubles, troubled_proxy
from uploader_process import LONG, UploadCommand

pytestmark = pytest.mark.full
SEED = 20261121
HOME = "cpg0099-example/broad"


def once(kind, act, at=At.REQUEST):
    """Do something at the first request of a kind."""
    done = []

    def decide(request: Request) -> Fault:
        if done or not kind(request):
            return NOTHING
        done.append(request)
        return Fault(at, 0.5, act)

    return decide


def second_part(request: Request) -> bool:
    return request.is_part and FIRST_BIG in request.target and "partNumber=2" in request.target


@pytest.fixture
def killed(ceph, uploader):
    """A command that was killed in mid file; the address that it goes to stays the same, so does its journal."""

    @contextmanager
    def make(endpoint: str = "", **more) -> Iterator[tuple[UploadCommand, Troubles]]:
        started = []
        decide = once(second_part, lambda _: os.killpg(started[0].pid, signal.SIGKILL), At.AFTER)
        with troubled_proxy(endpoint or ceph.endpoint, decide) as (address, troubles):
            command = uploader(ceph, address, **more)
            started.append(command.start())
            assert command.end(started[0]) == -signal.SIGKILL
            troubles.decide = lambda _: NOTHING
            yield command, troubles

    return make


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A file system of 256 KiB; call `grow` of it to make room."""
    folder = tmp_path / "work"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    made = shutil.which("mount") and subprocess.run(mount, capture_output=True, check=False)
    if not made or made.returncode:
        pytest.skip("this user may not mount a small file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_under_the_journal(ceph, uploader, small_disk):
    command = uploader(ceph)
    ballast = small_disk / "ballast"
    decide = once(lambda request: request.writes, lambda _: fill(ballast), At.REQUEST)
    straight = command.endpoint
    with troubled_proxy(straight, decide) as (command.endpoint, _):
        code = command.run()
        assert code == 4, f"{code} {command.said}"
        assert "Traceback" not in command.said
        ballast.unlink()
        subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
        assert command.run() == 0, command.said
    assert_all_arrived(ceph, command.dataset, command.receipt)


def fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as stream:
        try:
            while stream.write(b"x" * 512):
                pass
        except OSError:
            return


@pytest.mark.parametrize("damage", ["cut", "flipped", "noise", "gone"])
def test_a_damaged_journal(damage, ceph, killed):
    """Each file of it is cut, or has wrong bytes, or is full of noise; or all of them are gone."""
    luck = random.Random(SEED)
    with killed() as (command, _):
        assert command.journals
        for path in command.journals:
            path.write_bytes(damaged(path.read_bytes(), damage, luck))
        if damage == "gone":
            shutil.rmtree(command.state)
        assert command.run() == 0, command.said
    for upload in ceph.client.list_multipart_uploads(Bucket=ceph.bucket).get("Uploads", []):
        # No record of it is left: the run says so and leaves it alone.
        assert "of somebody else" in " ".join(command.said.split())
        ceph.client.abort_multipart_upload(Bucket=ceph.bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    assert_all_arrived(ceph, command.dataset, command.receipt)


def damaged(data: bytes, how: str, luck: random.Random) -> bytes:
    changed = bytearray(data)
    if how == "cut":
        return data[: luck.randrange(len(data))]
    if how == "flipped":
        for _ in range(20):
            changed[luck.randrange(len(data))] ^= 1 << luck.randrange(8)
        return bytes(changed)
    return data[: len(data) // 2] + luck.randbytes(len(data) // 2)


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_wrong_clock(hours, ceph, killed):
    with killed() as (command, _):
        command.environment = {"PYTHONPATH": str(AMBIENCE), "CPGATE_TEST_CLOCK": str(hours * 3600)}
        assert command.run() == 4
        said = " ".join(command.said.split())
        assert f"he clock of this machine is 3 h {'ahead of' if hours > 0 else 'behind'} the store's" in said
        command.environment = {}
        assert command.run() == 0, command.said
    assert "resume 0" not in command.said.rpartition("plan ")[2], "parts of before the kill are still good"
    assert_all_arrived(ceph, command.dataset, command.receipt)


def test_a_destination_that_holds_some_and_other_bytes(ceph, uploader):
    """A third is there (the large one as somebody else's parts), a tenth holds other bytes: these stay."""
    luck = random.Random(SEED)
    command = uploader(ceph)
    files = files_of(command.dataset)
    other = {}
    for key, path in files.items():
        if luck.random() < 0.3:
            ceph.put(key, path.read_bytes())
        elif luck.random() < 0.1 and path.stat().st_size:
            data = path.read_bytes()
            other[key] = bytes([data[0] ^ 1]) + data[1:]
            ceph.put(key, other[key])
    key = f"{HOME}/{SECOND_BIG}"
    ceph.client.upload_file(str(files[key]), ceph.bucket, key)
    other.pop(key, None)
    assert command.run() == 1
    assert f"conflict {len(other)}" in command.said
    assert {key: ceph.read(key) for key in other} == other
    assert command.run(*(word for key in other for word in ("--replace", key))) == 0, command.said
    assert_all_arrived(ceph, command.dataset, command.receipt)
    assert command.run() == 0
    assert "send 0 (0 B)" in command.said
    assert_all_arrived(ceph, command.dataset, command.receipt)


def test_a_file_that_changes_and_one_that_vanishes(ceph, uploader):
    """With one request at a time the rest of the one, and all of the other, are not read yet."""
    command = uploader(ceph, options=("--jobs", "1", "--part-size", "5MiB"))
    changing = command.dataset / FIRST_BIG
    vanishing = command.dataset / SECOND_BIG

    def meddle(_):
        with changing.open("r+b") as stream:
            stream.seek(21 * MIB)
            stream.write(os.urandom(100))
        vanishing.unlink()

    with troubled_proxy(ceph.endpoint, once(lambda request: request.is_part, meddle)) as (address, _):
        command.endpoint = address
        assert command.run() != 0, command.said
        for path in (FIRST_BIG, SECOND_BIG):
            assert f"failed {HOME}/{path}" in " ".join(command.said.split())
            assert f"{HOME}/{path}" not in ceph.object_keys()
        vanishing.write_bytes(os.urandom(6 * MIB))
        assert command.run() == 0, command.said
    assert_all_arrived(ceph, command.dataset, command.receipt)


def test_two_uploaders_at_once_with_one_journal(ceph, uploader):
    """The second is told who is at work, and touches nothing."""
    command, second_may_end = uploader(ceph), Event()
    reached = Event()

    def hold(_):
        reached.set()
        second_may_end.wait(LONG)

    with troubled_proxy(ceph.endpoint, once(second_part, hold)) as (command.endpoint, _):
        first = command.start()
        assert reached.wait(LONG)
        refused = command.run()
        said = " ".join(command.said.split())
        second_may_end.set()
        assert command.end(first) == 0, command.said
    assert refused not in {0, -9}
    assert str(first.pid) in said
    assert_all_arrived(ceph, command.dataset, command.receipt)


def test_two_machines_at_once(ceph, uploader):
    """Each has a state folder of its own, so neither can keep the other away: still nothing is wrong or lost."""
    one, other = uploader(ceph, work="one"), uploader(ceph, work="other")
    started = [one.start(), other.start()]
    codes = [one.end(started[0]), other.end(started[1])]
    assert set(codes) <= {0, 1, 4}, one.said + other.said
    for command in (one, other):
        assert command.run() == 0, command.said
    assert_all_arrived(ceph, one.dataset, one.receipt)


def test_a_contributors_role_a_kill_and_keys_that_expire_again_and_again(ceph, killed):
    """The front refuses what the role does not hold; keys end at every fortieth request, also in mid file."""
    with access_gate(ceph.endpoint, f"{ceph.bucket}/{HOME}/") as gate:

        def expire(request: Request) -> Fault:
            if request.number % 40 == 0:
                gate.expire_all()
            return NOTHING

        options = ("--access-grants", "--jobs", "4", "--part-size", "5MiB")
        with killed(gate.address, options=options, environment=gate.environment()) as (command, troubles):
            troubles.decide = expire
            assert command.run() == 0, command.said
        assert len(gate.asked) > 3
        assert {refusal.split()[0] for refusal in gate.refused} <= {"AccessDenied", "ExpiredToken"}
        assert not [secret for secret in gate.secrets() if secret in command.said]
    assert_all_arrived(ceph, command.dataset, command.receipt)
