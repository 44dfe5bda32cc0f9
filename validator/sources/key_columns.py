"""Plain lists of keys read in columns: what stands before each key is found for thousands of lines at once."""

import numpy as np

from validator.sources.lines import Ints, Lines, Mask, words_at

_ADDRESS = int.from_bytes(b"s3://", "little")
_ADDRESS_BYTES = np.uint64((1 << 40) - 1)
_BUCKET = len("s3://")
_HERE = int.from_bytes(b"./", "little")
_HERE_BYTES = np.uint64((1 << 16) - 1)
_SLASH, _SPACE, _BACKSLASH, _COLON = b"/ \\:"


def usual_keys(lines: Lines) -> tuple[Ints, Mask]:
    """Find the lines that are keys, perhaps behind ``s3://bucket/`` and ``./``.

    Parameters
    ----------
    lines
        Lines of a block.

    Returns
    -------
    keys
        Where the key of each line begins.
    usual
        Which lines need no second look.
    """
    data, keys, ends = lines.data, lines.starts, lines.ends
    usual = np.ones(len(keys), bool)
    address = (words_at(data, keys) & _ADDRESS_BYTES) == _ADDRESS
    if address.any():
        bucket_ends = lines.slashes(2)
        usual &= ~address | ((bucket_ends < ends) & (bucket_ends > keys + _BUCKET))
        keys = np.where(usual & address, bucket_ends + 1, keys)
    here = (words_at(data, keys) & _HERE_BYTES) == _HERE
    keys = keys + np.where(here, 2, 0)
    keys = keys + (data[keys] == _SLASH)
    usual &= (ends > keys) & (data[keys] != _SPACE) & (data[keys] != _BACKSLASH)
    usual &= data[keys + 1] != _COLON  # the drive of a path of Windows
    return keys, usual
