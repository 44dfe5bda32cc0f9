import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.models.long_paths import LONGEST, openable

LONG = "x" * LONGEST


@pytest.mark.parametrize(
    ("path", "opened"),
    [
        (f"D:/screen/{LONG}", f"\\\\?\\D:\\screen\\{LONG}"),
        (f"D:\\screen/a/../{LONG}", f"\\\\?\\D:\\screen\\{LONG}"),
        (f"//nas/share/{LONG}", f"\\\\?\\UNC\\nas\\share\\{LONG}"),
        (f"\\\\nas\\share/{LONG}/b.tiff", f"\\\\?\\UNC\\nas\\share\\{LONG}\\b.tiff"),
        (f"\\\\?\\D:\\{LONG}", f"\\\\?\\D:\\{LONG}"),
        ("D:/screen/plate", "D:/screen/plate"),
    ],
)
def test_long_paths_of_windows_are_absolute_with_backslashes(path, opened):
    assert openable(path, windows=True) == opened


@given(st.text(max_size=600))
def test_other_systems_get_what_they_had(path):
    assert openable(path, windows=False) == path


@given(st.text(alphabet="ab./\\ü", max_size=600))
def test_written_twice_is_written_once(path):
    once = openable(f"C:/{path}", windows=True)
    assert openable(once, windows=True) == once
    assert "/" not in once or len(path) + 3 < LONGEST
