"""What the Gallery's tables must hold, column by column.

Every column is text. A check bears the word under which `table_values` looks up its rule.
"""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from validator.checks.wells import POOLED_WELL_PATTERN, WELL_PATTERN

BUCKET_PREFIX = "s3://cellpainting-gallery/"

# What a spreadsheet makes of a long number (1.23E+11, 24,277), and a data frame of a number with gaps (52649.0)
_REWRITTEN_NUMBER = r"^[0-9]+[.,]?[0-9]*[eE][+][0-9]+$|^[0-9]{4,}[.]0$|^[0-9]{1,3}(?:,[0-9]{3})+$"
_SPACE_AROUND = r"^\s|\s$"


def _matches(pattern: str, word: str) -> pa.Check:
    def holds(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(data.key).str.contains(pattern))

    return pa.Check(holds, name=word, error=word)


def _lacks(pattern: str, word: str) -> pa.Check:
    def holds(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(~pl.col(data.key).str.contains(pattern))

    return pa.Check(holds, name=word, error=word)


def _starts(prefix: str, word: str) -> pa.Check:
    def holds(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(data.key).str.starts_with(prefix))

    return pa.Check(holds, name=word, error=word)


def _identifier() -> list[pa.Check]:
    return [_lacks(_SPACE_AROUND, "identifier"), _lacks(_REWRITTEN_NUMBER, "identifier")]


LOAD_DATA = pa.DataFrameSchema(
    {
        "Metadata_Well": pa.Column(str, _matches(f"{WELL_PATTERN}|{POOLED_WELL_PATTERN}", "well")),
        "Metadata_Site": pa.Column(str, _matches(r"^[0-9]+$", "site"), required=False),
        "Metadata_Plate": pa.Column(str, _identifier(), required=False),
        "^URL_.+$": pa.Column(str, _starts(BUCKET_PREFIX, "url"), regex=True, required=False),
        "^(?:FileName|PathName)_.+$": pa.Column(str, regex=True, required=False),
    },
    name="load_data",
)
"""``load_data.csv`` and ``load_data_with_illum.csv``; one row per site."""

BARCODE_PLATEMAP = pa.DataFrameSchema(
    {
        "Assay_Plate_Barcode": pa.Column(str, _identifier()),
        "Plate_Map_Name": pa.Column(str, _identifier()),
    },
    name="barcode_platemap",
)
"""``barcode_platemap.csv``; one row per plate."""

PLATEMAP = pa.DataFrameSchema(
    {
        "well_position": pa.Column(str, _matches(WELL_PATTERN, "well")),
        "plate_map_name": pa.Column(str, _identifier(), required=False),
    },
    name="platemap",
)
"""``platemap/<name>.txt``; one row per well. Any further column, also a blank ``broad_sample``, is right."""
