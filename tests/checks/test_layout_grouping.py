"""One mistake is one finding, however many files it concerns; and all of it is fast."""

import time
from array import array

import pytest

from validator.checks.dataset import Dataset
from validator.checks.runner import run_checks
from validator.index.building import index_of
from validator.models.listing import Folder, Trouble
from validator.rulebook.layout import load_layout
from validator.rulebook.policy import load_policy
from validator.rulebook.scope import find_scope

HOME = "cpg0099-example/broad/"


def dataset_of(files, *, troubles=()):
    """A dataset of folders and file names that is nowhere on disk."""
    layout = load_layout()
    folders = [
        Folder(
            HOME + key,
            f"/data/{key}",
            sorted(names),
            array("q", [1] * len(names)),
            array("q", [0] * len(names)),
        )
        for key, names in sorted(files.items())
    ]
    index = index_of(folders, layout)
    scope = find_scope(placed.place for placed in index.survey)
    policy = load_policy("contribution")
    return Dataset("/data", (HOME[:-1],), False, layout, policy, scope, index, [], list(troubles))


def findings(files, **options):
    return list(run_checks(dataset_of(files, **options), only=["layout"], jobs=1))


def test_a_misspelt_folder_full_of_folders():
    files = {
        f"workspace/analysys/2024_03_05_Run1/P1/analysis/P1-A01-{site}/": ["Cells.csv"] for site in range(500)
    }
    (finding,) = findings(files)
    assert (finding.slug, finding.key, finding.count) == ("folder-misspelt", f"{HOME}workspace/analysys/", 1)
    assert "500 files" in finding.message


def test_the_same_slip_in_every_plate():
    files = {
        f"workspace/analysis/2024_03_05_Run1/P{plate}/results/A01/": ["Cells.csv"] for plate in range(30)
    }
    (finding,) = findings(files)
    assert (finding.slug, finding.count) == ("misplaced-folder", 30)
    assert finding.key == f"{HOME}workspace/analysis/2024_03_05_Run1/"
    assert len(finding.examples) == 10


def test_files_without_a_place_in_every_plate():
    files = {f"workspace/backend/2024_03_05_Run1/P{plate}/": [f"P{plate}.gct"] for plate in range(30)}
    (finding,) = findings(files)
    assert (finding.slug, finding.count, finding.key) == (
        "file-unknown",
        30,
        f"{HOME}workspace/backend/2024_03_05_Run1/",
    )


def test_sorts_of_files_are_told_apart():
    files = {"workspace/backend/2024_03_05_Run1/P1/": ["P1.gct", "P1.txt", "x.txt", "P2.csv", "P2.sqlite"]}
    found = {(finding.slug, finding.count) for finding in findings(files)}
    assert found == {("file-unknown", 1), ("file-unknown", 2), ("misplaced-file", 2)}


def test_names_alike_but_for_case_in_a_large_folder():
    files = {"workspace/qc/": ["a.txt", "A.txt", "b.txt", "B.txt", "c.txt"]}
    (finding,) = findings(files)
    assert (finding.slug, finding.count, finding.key) == ("case-only", 4, f"{HOME}workspace/qc/")


@pytest.mark.parametrize(
    "kind",
    [
        "broken-symlink",
        "symlink-outside",
        "symlink-loop",
        "unreadable",
        "special-file",
        "not-utf8",
        "same-key",
    ],
)
def test_troubles_of_one_folder(kind):
    troubles = [Trouble(kind, f"{HOME}workspace/qc/x{number}", "/data", "the detail") for number in range(25)]
    (finding,) = findings({"workspace/qc/": ["a.txt"]}, troubles=troubles)
    assert (finding.key, finding.count, len(finding.examples)) == (f"{HOME}workspace/qc/", 25, 10)
    assert finding.message.startswith("25 ")
    assert "the detail" in finding.message
    (single,) = findings({"workspace/qc/": ["a.txt"]}, troubles=troubles[:1])
    assert single.key == f"{HOME}workspace/qc/x0"


def test_two_hundred_thousand_images():
    plates = {
        f"images/2024_03_05_Run1/images/BR{plate:05d}__2024-03-05T10_00_00-Measurement1/Images/": [
            f"r01c01f{number:05d}p01-ch1sk1fk1fl1.tiff" for number in range(25_000)
        ]
        for plate in range(8)
    }
    dataset = dataset_of(plates)
    began = time.perf_counter()
    assert list(run_checks(dataset, only=["layout"], jobs=1)) == []
    assert time.perf_counter() - began < 5  # 0.5 s on a laptop
