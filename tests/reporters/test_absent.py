"""What is not there is told by folder, once, with the number."""

from collections import Counter

from validator.checks.objects import OBJECT_DIFFERS, OBJECT_MISSING
from validator.checks.registry import all_rules
from validator.models.claim import NOTHING_THERE
from validator.reporters.style import Style
from validator.reporters.verify_text import verification_lines
from validator.workflows.verify_differences import KEPT, Differences

HOME = "cpg0099-example/broad"


def missing(*keys):
    return [OBJECT_MISSING.finding(key, NOTHING_THERE) for key in keys]


def images(batch, plate, count):
    return [f"{HOME}/images/{batch}/images/{plate}/Images/{number:05}.tiff" for number in range(count)]


def text(findings, objects, **options):
    differences = Differences()
    differences.add(findings)
    lines = verification_lines(
        differences.kept,
        "s3://bucket",
        objects,
        objects - differences.counts.total(),
        0,
        0,
        all_rules(),
        Style(width=120),
        left_out=differences.counts.total() - len(differences.kept),
        absent=differences.absent,
        **options,
    )
    return "".join(lines)


def test_a_folder_that_is_gone_is_told_once():
    told = text(missing(*images("B1", "P1", 200)), 1_000)
    assert f"{HOME}/images/B1/images/P1/   200 objects of this folder are not there" in told
    assert "00001.tiff" not in told
    assert "200 places" in told


def test_a_bucket_without_any_of_it():
    keys = images("B1", "P1", 20) + images("B2", "P2", 20) + [f"{HOME}/workspace/qc/a.txt"]
    some = text(missing(*keys), 2 * len(keys))
    assert "00001.tiff" not in some
    assert f"{HOME}/images/B1/images/P1/" in some
    assert f"{HOME}/workspace/qc/a.txt" in some, "a single one is named itself"
    whole = text(missing(*keys), len(keys))
    assert f"{HOME}/   None of the 41 objects that the manifest names is there" in whole
    assert "--bucket" in whole
    assert "images/B1" not in whole


def test_many_folders_are_told_by_those_that_they_lie_in():
    keys = [key for plate in range(50) for key in images("B1", f"P{plate}", 5)]
    told = text(missing(*keys, *images("B2", "P1", 5)), 9_999)
    assert f"{HOME}/images/B1/images/" in told
    assert "250 objects of this folder" in told
    assert f"{HOME}/images/B2/images/P1/" in told


def test_more_than_are_kept_are_counted():
    told = text(missing(*images("B1", "P1", KEPT + 5)), KEPT + 9)
    assert f"{KEPT + 5:,} objects of this folder are not there" in told
    assert "more: -o FILE" not in told


def test_few_and_asked_for_are_named_one_by_one():
    assert "00002.tiff" in text(missing(*images("B1", "P1", 3)), 9)
    assert "00049.tiff" in text(missing(*images("B1", "P1", 50)), 99, everything=True)


def test_other_differences_are_told_beside_them():
    other = OBJECT_DIFFERS.finding(f"{HOME}/README.md", "An object of another size lies there")
    told = text([*missing(*images("B1", "P1", 9)), other], 99)
    assert "README.md" in told
    assert "9 objects of this folder" in told


def test_counts_are_of_folders_of_plates():
    differences = Differences()
    differences.add(
        missing(*(f"{HOME}/workspace/analysis/B/P/analysis/P-A01-{n}/Cells.csv" for n in range(5)))
    )
    assert differences.absent == {"CPG701": Counter({f"{HOME}/workspace/analysis/B/P/": 5})}
