"""The rulebook is found, and a broken one is told as that."""

import pytest

from validator.errors import RulebookError
from validator.rulebook import locate


def test_version():
    assert locate.rulebook_version() == "1.0"


def test_missing_file():
    with pytest.raises(RulebookError, match=r"policies/none\.yaml"):
        locate.read_rulebook_file("policies/none.yaml")


def test_broken_file(tmp_path, monkeypatch):
    (tmp_path / "broken.yaml").write_text("a: [1\n")
    monkeypatch.setattr(locate, "rulebook_folder", lambda: tmp_path)
    with pytest.raises(RulebookError, match=r"broken\.yaml"):
        locate.read_rulebook_file("broken.yaml")


def test_rulebook_of_a_wheel_comes_first(tmp_path, monkeypatch):
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/rulebook.yaml").write_text("version: '1.0'\n")
    monkeypatch.setattr(locate, "files", lambda _package: tmp_path)
    assert locate.rulebook_folder.__wrapped__() == tmp_path / "schemas"
