"""Ceph's S3 gateway on this machine: a real store that checks signatures, Content-MD5, ETags and conditions.

One monitor, one object daemon in memory, one gateway, all on 127.0.0.1. Debian: ``apt-get install radosgw
ceph-mon ceph-osd ceph-mgr ceph-common``.
"""

import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from servers import CREDENTIALS, free_port, wait_for_port

PROGRAMS = ("radosgw", "ceph-mon", "ceph-osd", "ceph", "ceph-authtool", "monmaptool", "radosgw-admin")

SETTINGS = """
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon_v2},v1:127.0.0.1:{mon_v1}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
run dir = {folder}
admin socket = {folder}/$cluster-$name.asok
pid file = {folder}/$name.pid
keyring = {folder}/keyring
log file = {folder}/log/$name.log
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data avail crit = 1
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 4294967296
osd data = {folder}/osd0
mon data = {folder}/mon
debug ms = 0
debug osd = 0
debug rgw = 0
[client]
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw thread pool size = 64
rgw dns name = localhost
rgw enable usage log = false
rgw gc max objs = 7
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = lab=YmluCmJvb3N0CmJvb3N0LWJ1aWxkCmNlcGguY29uZgo=
"""


def missing_programs() -> list[str]:
    return [name for name in PROGRAMS if shutil.which(name) is None]


@contextmanager
def ceph_gateway(folder: Path) -> Iterator[str]:
    """Start everything and yield the gateway's address; its keys are those of `servers.CREDENTIALS`."""
    port, processes = free_port(), []
    for name in ("mon", "osd0", "log"):
        (folder / name).mkdir(parents=True)
    fsid, config = str(uuid.uuid4()), folder / "ceph.conf"
    ports = {"port": port, "mon_v1": free_port(), "mon_v2": free_port()}
    config.write_text(SETTINGS.format(fsid=fsid, folder=folder, **ports))
    keyring = str(folder / "keyring")

    def call(*command: str, quiet_for: float = 60) -> None:
        subprocess.run(command, check=True, capture_output=True, timeout=quiet_for)

    def start(*command: str) -> None:
        log = (folder / "log" / f"{command[0]}.out").open("wb")
        with log:
            process = subprocess.Popen(
                [*command, "-c", str(config), "-f"], stdout=log, stderr=log, start_new_session=True
            )
        processes.append(process)

    try:
        call(
            "ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *"
        )
        admin = ["--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *"]
        call("ceph-authtool", keyring, "--gen-key", "-n", "client.admin", *admin)
        osd = ["--cap", "mon", "allow profile osd", "--cap", "osd", "allow *"]
        call("ceph-authtool", keyring, "--gen-key", "-n", "osd.0", *osd)
        monitor = f"[v2:127.0.0.1:{ports['mon_v2']},v1:127.0.0.1:{ports['mon_v1']}]"
        call("monmaptool", "--create", "--addv", "a", monitor, "--fsid", fsid, str(folder / "monmap"))
        call(
            "ceph-mon",
            "-c",
            str(config),
            "--mkfs",
            "-i",
            "a",
            "--monmap",
            str(folder / "monmap"),
            "--keyring",
            keyring,
        )
        start("ceph-mon", "-i", "a")
        _wait_for("ceph", "-c", str(config), "-s")
        osd_id = str(uuid.uuid4())
        call("ceph", "-c", str(config), "osd", "new", osd_id)
        call("ceph-osd", "-c", str(config), "-i", "0", "--mkfs", "--osd-uuid", osd_id)
        start("ceph-osd", "-i", "0")
        _wait_for("sh", "-c", f"ceph -c {config} osd stat | grep -q '1 up'")
        start("radosgw", "-n", "client.admin")
        wait_for_port(port)
        keys = [
            "--access-key",
            CREDENTIALS["AWS_ACCESS_KEY_ID"],
            "--secret-key",
            CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        ]
        call("radosgw-admin", "-c", str(config), "user", "create", "--uid=test", "--display-name=test", *keys)
        yield f"http://127.0.0.1:{port}"
    finally:
        for process in reversed(processes):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(*command: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(subprocess.TimeoutExpired):
            if subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0:
                return
        time.sleep(0.2)
    raise TimeoutError(" ".join(command))
