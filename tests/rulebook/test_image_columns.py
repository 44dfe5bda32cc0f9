"""Names of images read in columns say what they say in a list."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from validator.rulebook import imagers
from validator.rulebook.imagers import ImageColumns, load_imagers, read_image_names

EXAMPLES = [example for spec, _ in load_imagers() for example in spec.examples]
ODD = [
    "bad name.tif",
    "a.TIFF",
    "notes.txt",
    "r1c1f1p01-ch1sk1fk1fl1.tiff",
    "r001c01f01p01-ch1sk1fk1fl1.tiff",
]


def read_of(columns, found):
    channels = {}
    for site, channel in zip(found.sites.tolist(), found.channels.tolist(), strict=True):
        channels.setdefault(columns.sites[site], set()).add(columns.channels[channel])
    return found.images, found.read, channels


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(EXAMPLES + ODD), min_size=1, unique=True), min_size=1, max_size=4))
def test_columns_and_lists(plates):
    for few in (0, 100):
        columns = ImageColumns()
        imagers.FEW, before = few, imagers.FEW
        try:
            for names in plates:
                found = read_of(columns, columns.read(pl.Series("name", names)))
                assert found == read_of(columns, columns.read_list(names))
                images = [name for name in names if name.lower().endswith((".tif", ".tiff"))]
                assert found == (len(images), *read_image_names(images))
        finally:
            imagers.FEW = before
