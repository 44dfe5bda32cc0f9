"""The footer of a Parquet file says what is in it."""

import io
import random

import polars as pl
import pyarrow.parquet as pq
import pytest

from validator.errors import UnreadableFile
from validator.readers.parquet_footer import read_footer

PLATE = frozenset({"Metadata_Plate"})
FRAME = pl.DataFrame(
    {
        "Metadata_Plate": ["BR1", "BR2", "BR1"],
        "Nested": [{"a": 1, "b": "x"}] * 3,
        "List": [[1, 2]] * 3,
        **{f"Cells_{number}": [0.5, 0.25, 0.125] for number in range(200)},
    }
)


def by_polars(frame):
    stream = io.BytesIO()
    frame.write_parquet(stream)
    return stream.getvalue()


def by_arrow(frame, **options):
    stream = io.BytesIO()
    pq.write_table(frame.to_arrow(), stream, **options)
    return stream.getvalue()


def facts(data):
    return read_footer(io.BytesIO(data), len(data), PLATE)


@pytest.mark.parametrize("write", [by_polars, by_arrow])
def test_columns_rows_and_the_span_of_a_column(write):
    found = facts(write(FRAME))
    assert found.columns == tuple(FRAME.columns)
    assert found.rows == 3
    assert found.spans == {"Metadata_Plate": ("BR1", "BR2")}


@pytest.mark.parametrize("write", [by_polars, by_arrow])
def test_no_rows(write):
    found = facts(write(FRAME.clear()))
    assert (found.columns, found.rows, found.spans) == (tuple(FRAME.columns), 0, {})


def test_what_is_not_stated_is_not_guessed():
    assert facts(by_arrow(FRAME, write_statistics=False)).spans == {}
    assert facts(by_arrow(pl.DataFrame({"Metadata_Plate": [24277, 24278]}))).spans == {}
    assert facts(by_arrow(pl.DataFrame({"Cells_1": [1.0]}))).spans == {}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: data[:-100], "cut off"),
        (lambda data: data[:6], "cut off"),
        (lambda _: b"a,b\n1,2\n", "not a Parquet file"),
        (lambda data: b"\x89PNG\r\n\x1a\n" + data, "PNG"),
        (lambda data: data[:-8] + b"\xff\xff\xff\x7fPAR1", "damaged"),
        (lambda data: data[:-4] + b"PARE", "encrypted"),
    ],
)
def test_what_is_none(change, says):
    with pytest.raises(UnreadableFile) as caught:
        facts(change(by_polars(FRAME)))
    assert says in caught.value.what


def test_no_damage_is_more_than_an_unreadable_file():
    whole = by_polars(FRAME)
    chance = random.Random(7)
    for _ in range(500):
        damaged = bytearray(whole)
        damaged[len(whole) - chance.randrange(5, 4_000)] = chance.randrange(256)
        try:
            facts(bytes(damaged))
        except UnreadableFile as error:
            assert error.mend  # noqa: PT017  either outcome is right
