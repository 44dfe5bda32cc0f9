"""Names of images read in columns say what they say in a list."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from validator.rulebook import imagers
from validator.rulebook.imagers import ImageColumns, ImagedSite, images_in, load_imagers, read_image_names

EXAMPLES = [example for spec, _ in load_imagers() for example in spec.examples]
ODD = [
    "bad name.tif",
    "a.TIFF",
    "notes.txt",
    "r1c1f1p01-ch1sk1fk1fl1.tiff",
    "r001c01f01p01-ch1sk1fk1fl1.tiff",
]


def said(found):
    channels = {}
    for pair in found.pairs.tolist():
        site, channel = divmod(pair, len(found.channels))
        channels.setdefault(ImagedSite.of(int(found.sites[site])), set()).add(found.channels[channel])
    return found.images, found.read, channels


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(EXAMPLES + ODD), min_size=1, unique=True), min_size=1, max_size=4))
def test_columns_and_lists(plates):
    for few in (0, 100):
        columns = ImageColumns()
        imagers.FEW, before = few, imagers.FEW
        try:
            for names in plates:
                numbers = np.array([hash(name) for name in names]).view(np.uint64)
                found = said(columns.read(numbers, lambda rows, names=names: [names[row] for row in rows]))
                assert found == said(images_in(names))
                images = [name for name in names if name.lower().endswith((".tif", ".tiff"))]
                assert found == (len(images), *read_image_names(images))
        finally:
            imagers.FEW = before


@given(st.integers(1, 2**15), st.integers(1, 2**15), st.integers(0, 2**20))
def test_a_site_and_its_number(row, column, site):
    assert ImagedSite.of(ImagedSite(row, column, site).number) == (row, column, site)


def test_numbers_of_sites_are_in_the_order_of_the_sites():
    sites = [ImagedSite(1, 1, 9), ImagedSite(1, 2, 1), ImagedSite(2, 1, 1), ImagedSite(10, 1, 1)]
    assert [site.number for site in sites] == sorted(site.number for site in sites)
