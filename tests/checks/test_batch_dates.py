"""Reads dates in names of batches; the names are those of real batches."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.checks.batch_dates import read_batch_date

TODAY = date(2026, 8, 1)


@pytest.mark.parametrize(
    ("name", "verdict", "rename"),
    [
        ("2020_11_04_CPJUMP1_DL", "dated", ""),
        ("2020_10_27", "dated", ""),
        ("2021_05_31_U2OS_48_hr_run1", "dated", ""),
        ("2924_01_01_future", "dated", ""),
        ("20210422_6W_CP257", "spelling", "2021_04_22_6W_CP257"),
        ("2023-12-15_B4A3R1", "spelling", "2023_12_15_B4A3R1"),
        ("2023.12.15-B4A3R1", "spelling", "2023_12_15_B4A3R1"),
        ("2023_1_5_x", "spelling", "2023_01_05_x"),
        ("20210824-Run5", "spelling", "2021_08_24_Run5"),
        ("Batch1_20221004", "spelling", "2022_10_04_Batch1"),
        ("JUMPCPE-20210623-Run01_20210624_003152", "spelling", "2021_06_23_JUMPCPE_Run01_20210624_003152"),
        ("p210830CPU2OS48hw384exp023JUMP", "spelling", "2021_08_30_p210830CPU2OS48hw384exp023JUMP"),
        ("210830_Run1", "spelling", "2021_08_30_Run1"),
        ("31-12-2024_x", "spelling", "2024_12_31_x"),
        ("12.31.2024", "spelling", "2024_12_31"),
        ("05-03-2024_x", "spelling", ""),
        ("2021_13_45", "impossible", ""),
        ("2021_25_03_Run1", "impossible", "2021_03_25_Run1"),
        ("2023_02_29", "impossible", ""),
        ("0021_03_05_Run1", "impossible", ""),
        ("20211345_Run1", "impossible", ""),
        ("Batch1", "undated", ""),
        ("J1", "undated", ""),
        ("CP59", "undated", ""),
        ("BBBC043", "undated", ""),
        ("CP_25_all_Phenix1", "undated", ""),
        ("plate_110000293094", "undated", ""),
        ("run_990101", "undated", ""),
        ("2021_04_26Batch1", "spelling", "2021_04_26_Batch1"),
    ],
)
def test_names(name, verdict, rename):
    found = read_batch_date(name, TODAY)
    assert (found.verdict, found.rename) == (verdict, rename)


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)), st.sampled_from(["", "_Run1", "_B4A3R1"]))
def test_every_day_is_a_date(day, rest):
    assert read_batch_date(f"{day:%Y_%m_%d}{rest}", TODAY).day == day
    spelt = read_batch_date(f"{day:%Y%m%d}{rest}", TODAY)
    assert (spelt.verdict, spelt.rename) == ("spelling", f"{day:%Y_%m_%d}{rest}")


@given(st.text(st.sampled_from("0123456789_- .aB²٣"), max_size=16))
def test_a_rename_is_well_dated(name):
    found = read_batch_date(name, TODAY)
    if found.rename:
        assert read_batch_date(found.rename, TODAY).verdict == "dated"
    if found.verdict == "dated":
        assert found.day is not None


def test_verdicts_on_the_batches_of_jump(corpus):
    lines = (corpus / "keys/jump_plates.csv").read_text(encoding="utf-8").splitlines()[1:]
    verdicts = {line.split(",")[1]: read_batch_date(line.split(",")[1], TODAY).verdict for line in lines}
    undated = {batch for batch, verdict in verdicts.items() if verdict == "undated"}
    assert undated == {"J1", "J2", "J3", "J4"}
    assert "impossible" not in verdicts.values()
