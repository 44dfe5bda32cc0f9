import errno
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validator.errors import CpgateError
from validator.upload import paged_rows
from validator.upload.paged_rows import PagedRows

VALUE = st.one_of(st.none(), st.integers(), st.text(max_size=200), st.tuples(st.text(), st.none()))


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch):
    monkeypatch.setattr(paged_rows, "ROWS_PER_PAGE", 3)
    monkeypatch.setattr(paged_rows, "PAGES_IN_MEMORY", 2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("rows")


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 29), st.tuples(VALUE, VALUE)), max_size=60))
def test_they_are_what_was_put_there_last(folder, writes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paged_rows, "ROWS_PER_PAGE", 3)
        patch.setattr(paged_rows, "PAGES_IN_MEMORY", 2)
        rows, expected = PagedRows(30, (), folder), [()] * 30
        for number, row in writes:
            rows[number] = expected[number] = row
            assert rows[number] == row
        assert list(rows) == expected
        assert len(rows) == 30
    assert list(folder.iterdir()) == [], "the file has no name"


def test_the_file_does_not_grow_with_every_change(folder):
    rows = PagedRows(9, (), folder)
    for turn in range(200):
        for number in range(9):
            rows[number] = (turn, "x" * 50)
    assert rows._end < 3 * 3 * 3 * 100, "bytes"


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    def full(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    rows = PagedRows(9, (), tmp_path)
    rows[0] = rows[3] = ("x",)
    with pytest.raises(CpgateError, match="No space left") as caught:
        rows[6] = ("x",)
    assert "--state" in caught.value.mend
