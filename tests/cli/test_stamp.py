"""``cpgate manifest stamp``."""

import json

import pytest
from made_receipts import header, record

from validator.cli.main import run
from validator.manifests.receipt import write_receipt


@pytest.fixture
def manifest(tmp_path, store):
    store.put("cpg0099-example/broad/a.parquet", b"a")
    path = tmp_path / "profile_index.json"
    url = f"https://{store.bucket}.s3.amazonaws.com/cpg0099-example/broad/"
    path.write_text(
        json.dumps([{"subset": name, "url": f"{url}{name}.parquet", "etag": ""} for name in "ab"])
    )
    return path


def test_the_words(manifest, store, capsys):
    command = ["manifest", "stamp", str(manifest), "--endpoint-url", store.endpoint]
    assert run(command) == 1
    out = capsys.readouterr().out
    assert "error    b: there is no object" in out
    assert "1 of 2 products failed: nothing was written" in out
    assert "->" not in out  # what would change in the others was not changed
    store.put("cpg0099-example/broad/b.parquet", b"b")
    assert run([*command, "--check"]) == 1
    assert "would stamp 2 of 2 products" in capsys.readouterr().out
    assert run(command) == 0
    assert "a   etag: nothing -> 0cc175b9c0f1b6a831c399e269772661" in capsys.readouterr().out
    assert run([*command, "--check"]) == 0
    assert "nothing to stamp" in capsys.readouterr().out


def test_options_that_do_not_fit(manifest, capsys):
    assert run(["manifest", "stamp", str(manifest), "--from-local", ".", "--bucket", "s3://b"]) == 2
    assert run(["manifest", "stamp", str(manifest), "--part-size", "8MiB"]) == 2
    assert "--part-size is for --from-local" in capsys.readouterr().err


def test_a_receipt_is_not_stamped(tmp_path, store, capsys):
    write_receipt(tmp_path / "r.jsonl", header(), [record("k/1", 1)])
    before = (tmp_path / "r.jsonl").read_bytes()
    assert run(["manifest", "stamp", str(tmp_path / "r.jsonl"), "--endpoint-url", store.endpoint]) == 4
    assert "r.jsonl is a receipt" in capsys.readouterr().err
    assert (tmp_path / "r.jsonl").read_bytes() == before
