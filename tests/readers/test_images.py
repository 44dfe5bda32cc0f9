import io
import time

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from validator.errors import UnreadableFile
from validator.readers.images import read_tiff
from validator.readers.tiff_header import TruncatedImage


def written(**options):
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.arange(64, dtype=np.uint16).reshape(8, 8), **options)
    return stream.getvalue()


def read(content):
    return read_tiff(io.BytesIO(content), len(content))


FORMS = {
    "plain": written(),
    "big-endian": written(byteorder=">"),
    "bigtiff": written(bigtiff=True),
    "bigtiff big-endian": written(bigtiff=True, byteorder=">"),
    "tiles": written(tile=(16, 16)),
    "compressed": written(compression="zlib"),
    "ome": written(ome=True),
    "imagej": written(imagej=True, byteorder=">"),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_opens(form):
    facts = read(FORMS[form])
    assert facts.shape == (8, 8)
    assert facts.dtype == "uint16"


@pytest.mark.parametrize("form", FORMS)
def test_cut_at_every_byte(form):
    whole = FORMS[form]
    for length in range(len(whole)):
        with pytest.raises(UnreadableFile) as caught:
            read(whole[:length])
        if length >= 4:
            assert isinstance(caught.value, TruncatedImage), length


def test_a_stack_whose_second_page_is_missing():
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        writer.write(np.zeros((8, 8), dtype=np.uint16))
        first = stream.tell()
        writer.write(np.ones((8, 8), dtype=np.uint16))
    content = stream.getvalue()
    assert read(content).shape == (8, 8)
    with pytest.raises(TruncatedImage):
        read(content[:first])


def test_fewer_pixels_than_the_page_promises():
    whole = bytearray(FORMS["plain"])
    with tifffile.TiffFile(io.BytesIO(bytes(whole))) as tiff:
        place = tiff.pages.first.tags[279].offset
    whole[place + 8 : place + 12] = (100).to_bytes(4, "little")
    with pytest.raises(TruncatedImage, match=r"100 bytes of pixels.*128"):
        read(bytes(whole))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"0" * 30, "PNG"),
        (b"\x00" * 100, "zero bytes"),
        (b"nonsense in a file", "does not begin like one"),
        (b"II*\x00\x00\x00\x00\x00" + b"\x00" * 30, "damaged"),
        (b"II*\x00\x08\x00\x00\x00" + b"\xff\xff" + b"\x00" * 20, "damaged"),
        (b"", "does not begin like one"),
    ],
)
def test_what_is_no_tiff(content, words):
    with pytest.raises(UnreadableFile, match=words):
        read(content)


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(sorted(FORMS)),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_flipped_bytes_are_an_image_or_a_clear_error(form, flips):
    content = bytearray(FORMS[form])
    for place, value in flips:
        content[place % len(content)] = value
    begin = time.monotonic()
    try:
        facts = read(bytes(content))
    except UnreadableFile as error:
        assert error.what  # noqa: PT017  both outcomes are right, a message is needed in this one
    else:
        assert all(length > 0 for length in facts.shape)
    assert time.monotonic() - begin < 5


@given(st.sampled_from([b"II*\x00", b"MM\x00*", b"II+\x00\x08\x00\x00\x00", b""]), st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes(head, rest):
    try:
        read(head + rest)
    except UnreadableFile as error:
        assert error.what  # noqa: PT017  both outcomes are right, a message is needed in this one


def test_a_refusal_of_the_system_is_not_a_damaged_image():
    class Gone(io.BytesIO):
        def read(self, size=-1):
            if self.tell() > 4:
                raise OSError(5, "Input/output error")
            return super().read(size)

    whole = FORMS["plain"]
    with pytest.raises(OSError, match="Input/output"):
        read_tiff(Gone(whole), len(whole))


def test_only_the_header_of_a_large_image_is_read():
    class Counting(io.BytesIO):
        total = 0

        def read(self, size=-1):
            content = super().read(size)
            self.total += len(content)
            return content

    stream = io.BytesIO()
    tifffile.imwrite(stream, np.zeros((2000, 2000), dtype=np.uint16))
    counting = Counting(stream.getvalue())
    read_tiff(counting, len(stream.getvalue()))
    assert counting.total < 100_000


def test_corpus_images_all_open(corpus):
    paths = sorted((corpus / "tiff").iterdir())
    assert paths
    for path in paths:
        with path.open("rb") as stream:
            assert read_tiff(stream, path.stat().st_size).shape, path.name
