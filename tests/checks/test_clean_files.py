"""Images that were clean are not read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.checks.clean_files import CleanFiles
from validator.checks.runner import run_checks
from validator.models.listing import Entry
from validator.sources.local import LocalSource
from validator.workflows.listing import list_dataset

ENTRIES = [Entry(f"cpg0099-example/broad/images/{n}.tiff", "", n, 10 * n) for n in range(5)]


def test_the_same_state_is_known_and_no_other(tmp_path):
    memory = CleanFiles(tmp_path / "clean", "0.1.0")
    memory.add(ENTRIES[:3])
    again = CleanFiles(tmp_path / "clean", "0.1.0")
    assert [again.knows(entry) for entry in ENTRIES] == [True, True, True, False, False]
    first = ENTRIES[0]
    assert not again.knows(Entry(first.key, "", first.size + 1, first.mtime_ns))
    assert not again.knows(Entry(first.key, "", first.size, first.mtime_ns + 1))
    assert not CleanFiles(tmp_path / "clean", "0.2.0").knows(first)


@given(cut=st.integers(0, 5 * 16))
def test_cut_at_any_byte_it_loses_its_last_ones(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("memory") / "clean"
    CleanFiles(path, "").add(ENTRIES)
    path.write_bytes(path.read_bytes()[:cut])
    memory = CleanFiles(path, "")
    assert [memory.knows(entry) for entry in ENTRIES] == [n < cut // 16 for n in range(5)]
    memory.add(ENTRIES)
    assert all(CleanFiles(path, "").knows(entry) for entry in ENTRIES)


@pytest.fixture
def listed(build_dataset, tmp_path):
    def make(**case):
        root = build_dataset(**case)
        dataset, _ = list_dataset(LocalSource(root))
        opened = []

        def opener(entry):
            opened.append(entry.key)
            return open(entry.path, "rb")  # noqa: PTH123  the checks close it

        dataset.opener = opener
        dataset.clean_files = CleanFiles(tmp_path / "clean", "test")
        return dataset, opened

    return make


def test_a_second_check_reads_only_what_was_not_clean(listed):
    plate = "images/2024_03_05_Run1/images/BR00123401__2024-03-05T10_02_51-Measurement1/Images"
    broken = f"{plate}/r01c01f01p01-ch1sk1fk1fl1.tiff"
    dataset, opened = listed(add={broken: "@tiff-truncated"})
    first = list(run_checks(dataset, only=["images"]))
    images = [key for key in opened if key.endswith((".tiff", ".npy"))]
    assert len(images) > 20
    opened.clear()
    second = list(run_checks(dataset, only=["images"]))
    assert set(opened) == {f"cpg0099-example/broad/{broken}"}
    assert first == second
    assert [finding.slug for finding in second] == ["image-truncated"]
