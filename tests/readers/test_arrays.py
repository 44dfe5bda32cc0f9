import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import UnreadableFile
from validator.readers.arrays import read_array_header


def written(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def read(content):
    return read_array_header(io.BytesIO(content), len(content))


@pytest.mark.parametrize("dtype", ["float32", "float64", ">f8", "uint16", "int64", "bool", "complex64"])
@pytest.mark.parametrize("shape", [(4, 6), (7,), (), (2, 3, 4), (0, 5)])
def test_what_numpy_writes(dtype, shape):
    array = np.zeros(shape, dtype=dtype)
    facts = read(written(array))
    assert facts.shape == shape
    assert facts.dtype == array.dtype.newbyteorder("=").name
    assert facts.missing == 0


def test_arrays_of_tables_texts_and_objects_are_other():
    for array in (np.zeros(3, dtype=[("a", "f8")]), np.array(["a"])):
        assert read(written(array)).dtype == "other"


def test_missing_bytes_are_counted():
    whole = written(np.zeros((10, 10)))
    assert read(whole[:-16]).missing == 16


def test_headers_of_python_2():
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1080L, 1280L), }".ljust(117) + b"\n"
    facts = read(b"\x93NUMPY\x01\x00v\x00" + header + b"0" * (1080 * 1280 * 8))
    assert facts.shape == (1080, 1280)
    assert facts.missing == 0


def test_cut_in_its_header():
    whole = written(np.zeros((2, 2)))
    for length in range(128):
        with pytest.raises(UnreadableFile):
            read(whole[:length])


def test_another_format_is_named():
    with pytest.raises(UnreadableFile, match="PNG"):
        read(b"\x89PNG\r\n\x1a\n" + b"0" * 100)


@given(st.binary(max_size=200))
def test_any_bytes_after_the_magic(rest):
    try:
        facts = read(b"\x93NUMPY" + rest)
    except UnreadableFile as error:
        assert error.what  # noqa: PT017  both outcomes are right, a message is needed in this one
    else:
        assert facts.missing >= 0
