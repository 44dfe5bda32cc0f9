"""Plates with only some of their wells, sites or channels: what is usual, and what the words say."""

import pytest

from validator.checks.partial_plates import usual
from validator.checks.runner import run_checks
from validator.checks.wells import Well, well_name, well_ranges
from validator.sources.local import LocalSource
from validator.workflows.listing import list_dataset

WELLS = [(row, column) for row in range(1, 17) for column in range(1, 25)]
PARTIAL = ("CPG156", "CPG157", "CPG158")


@pytest.fixture
def check_plates(tmp_path):
    def run(**plates):
        for plate, names in plates.items():
            folder = tmp_path / f"cpg0071-liver/lab/images/2024_03_05_A/images/{plate}__m/Images"
            folder.mkdir(parents=True)
            for name in names:
                (folder / name).write_bytes(b"x")
        dataset, _ = list_dataset(LocalSource(tmp_path / "cpg0071-liver/lab"), policy="contribution")
        return list(run_checks(dataset, select=PARTIAL, jobs=1))

    return run


def phenix(wells, sites=(1,), channels=(1, 2)):
    return [
        f"r{row:02}c{column:02}f{site:02}p01-ch{channel}sk1fk1fl1.tiff"
        for row, column in wells
        for site in sites
        for channel in channels
    ]


def test_seventy_wells_of_384(check_plates):
    (found,) = check_plates(P1=phenix(WELLS[:70]), P2=phenix(WELLS), P3=phenix(WELLS))
    assert found.rule == "CPG156"
    assert found.message == (
        "Plate “P1” has only some of its wells: 70 of 384 wells; "
        "not there: C23-C24, D01-D24, E01-E24, F01-F24 and 240 more"
    )
    assert found.count == 314


def test_a_lost_file_is_one_finding(check_plates):
    (found,) = check_plates(P1=phenix(WELLS[:6])[:-1], P2=phenix(WELLS[:6]))
    assert (found.rule, found.count) == ("CPG158", 1)
    assert found.examples == ["P1: channel 2 is missing in A06 site 1"]


def test_plates_of_different_halves_are_not_compared(check_plates):
    assert check_plates(P1=phenix(WELLS[:6]), P2=phenix(WELLS[3:9])) == []


def test_two_measurements_are_one_plate(check_plates, tmp_path):
    again = tmp_path / "cpg0071-liver/lab/images/2024_03_05_A/images/P1__n/Images"
    again.mkdir(parents=True)
    for name in phenix(WELLS[3:6]):
        (again / name).write_bytes(b"x")
    assert check_plates(P1=phenix(WELLS[:3]), P2=phenix(WELLS[:6])) == []


def test_mostly_other_names_say_nothing(check_plates):
    others = [f"scan{number}.tif" for number in range(5)]
    assert check_plates(P1=phenix(WELLS[:2]) + others, P2=phenix(WELLS[:6])) == []


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        ([{1, 2}, {1, 2, 3}, {2, 3}], {1, 2, 3}),
        ([{1}, {1, 2}], {1, 2}),
        ([{1, 3}, {1, 2}], {1}),
        ([{1}, {1}, {1, 2}, {1, 2}], {1}),
        ([{1}], {1}),
    ],
)
def test_usual(sets, expected):
    assert usual(sets) == expected


def test_names_of_wells():
    assert [well_name(Well(*place)) for place in ((1, 1), (26, 2), (27, 3), (32, 48))] == [
        "A01",
        "Z02",
        "AA03",
        "AF48",
    ]
    assert (
        well_ranges([Well(2, 7), Well(1, 2), Well(1, 1), Well(1, 24), Well(2, 1)]) == "A01-A02, A24, B01, B07"
    )
    assert well_ranges([]) == ""
