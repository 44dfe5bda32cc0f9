"""The upload command over an example dataset and a real server."""

import pytest

from validator.cli.main import run


@pytest.fixture
def upload_example(build_dataset, store, tmp_path, monkeypatch, capsys):
    """Runs ``cpgate upload`` with more options, in a folder ``work``: its exit code, and what it printed."""
    dataset = build_dataset()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def call(*options):
        place = ("--endpoint-url", store.endpoint, "--state", str(tmp_path / "state"))
        code = run(["upload", str(dataset), f"s3://{store.bucket}", *place, *options])
        return code, capsys.readouterr()

    call.dataset = dataset
    return call
