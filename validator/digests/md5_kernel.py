"""MD5 of sixteen strands of bytes at once: each step of RFC 1321 is done for all of them by one vector instruction.

One MD5 cannot use more than a fraction of a core, because each step waits for the one before; sixteen that have nothing to do
with each other can. Compiled by numba at its first import on a machine (some ten seconds), which keeps the result on disk.
"""

import numpy as np
from numba import njit, types, uint32

STRANDS = 16
WORDS = 16
"""Of four bytes, in a block."""

_Words = types.Array(types.uint32, 1, "C", readonly=True)
_SIGNATURE = types.void(
    types.UniTuple(_Words, STRANDS), types.int64, types.int64, types.Array(types.uint32, 2, "C")
)


@njit(inline="always")
def _turned(b, value, by):
    return uint32(b + uint32((value << uint32(by)) | (value >> uint32(32 - by))))


@njit(inline="always")
def _f(a, b, c, d, word, sine, by):
    return _turned(b, uint32(a + (d ^ (b & (c ^ d))) + word + uint32(sine)), by)


@njit(inline="always")
def _g(a, b, c, d, word, sine, by):
    return _turned(b, uint32(a + (c ^ (d & (b ^ c))) + word + uint32(sine)), by)


@njit(inline="always")
def _h(a, b, c, d, word, sine, by):
    return _turned(b, uint32(a + (b ^ c ^ d) + word + uint32(sine)), by)


@njit(inline="always")
def _i(a, b, c, d, word, sine, by):
    return _turned(b, uint32(a + (c ^ (b | ~d)) + word + uint32(sine)), by)


@njit([_SIGNATURE], cache=True, nogil=True, boundscheck=False)
def advance(sources, first, count, state):  # noqa: PLR0915  64 steps in one loop: only so they become vectors
    """Take in ``count`` blocks of each strand.

    Parameters
    ----------
    sources
        Sixteen arrays of uint32 (WORDS times blocks), one for each strand.
    first
        Block to begin with.
    count
        Blocks of 64 bytes.
    state
        Array (4, STRANDS) of uint32: A, B, C and D of each strand, changed here.
    """
    words = np.empty((WORDS, STRANDS), np.uint32)
    all_a, all_b, all_c, all_d = state[0].copy(), state[1].copy(), state[2].copy(), state[3].copy()
    for block in range(first, first + count):
        at = block * WORDS
        for strand in range(STRANDS):
            source = sources[strand]
            for word in range(WORDS):
                words[word, strand] = source[at + word]
        for n in range(STRANDS):
            a, b, c, d = all_a[n], all_b[n], all_c[n], all_d[n]
            a = _f(a, b, c, d, words[0, n], 0xD76AA478, 7)
            d = _f(d, a, b, c, words[1, n], 0xE8C7B756, 12)
            c = _f(c, d, a, b, words[2, n], 0x242070DB, 17)
            b = _f(b, c, d, a, words[3, n], 0xC1BDCEEE, 22)
            a = _f(a, b, c, d, words[4, n], 0xF57C0FAF, 7)
            d = _f(d, a, b, c, words[5, n], 0x4787C62A, 12)
            c = _f(c, d, a, b, words[6, n], 0xA8304613, 17)
            b = _f(b, c, d, a, words[7, n], 0xFD469501, 22)
            a = _f(a, b, c, d, words[8, n], 0x698098D8, 7)
            d = _f(d, a, b, c, words[9, n], 0x8B44F7AF, 12)
            c = _f(c, d, a, b, words[10, n], 0xFFFF5BB1, 17)
            b = _f(b, c, d, a, words[11, n], 0x895CD7BE, 22)
            a = _f(a, b, c, d, words[12, n], 0x6B901122, 7)
            d = _f(d, a, b, c, words[13, n], 0xFD987193, 12)
            c = _f(c, d, a, b, words[14, n], 0xA679438E, 17)
            b = _f(b, c, d, a, words[15, n], 0x49B40821, 22)
            a = _g(a, b, c, d, words[1, n], 0xF61E2562, 5)
            d = _g(d, a, b, c, words[6, n], 0xC040B340, 9)
            c = _g(c, d, a, b, words[11, n], 0x265E5A51, 14)
            b = _g(b, c, d, a, words[0, n], 0xE9B6C7AA, 20)
            a = _g(a, b, c, d, words[5, n], 0xD62F105D, 5)
            d = _g(d, a, b, c, words[10, n], 0x02441453, 9)
            c = _g(c, d, a, b, words[15, n], 0xD8A1E681, 14)
            b = _g(b, c, d, a, words[4, n], 0xE7D3FBC8, 20)
            a = _g(a, b, c, d, words[9, n], 0x21E1CDE6, 5)
            d = _g(d, a, b, c, words[14, n], 0xC33707D6, 9)
            c = _g(c, d, a, b, words[3, n], 0xF4D50D87, 14)
            b = _g(b, c, d, a, words[8, n], 0x455A14ED, 20)
            a = _g(a, b, c, d, words[13, n], 0xA9E3E905, 5)
            d = _g(d, a, b, c, words[2, n], 0xFCEFA3F8, 9)
            c = _g(c, d, a, b, words[7, n], 0x676F02D9, 14)
            b = _g(b, c, d, a, words[12, n], 0x8D2A4C8A, 20)
            a = _h(a, b, c, d, words[5, n], 0xFFFA3942, 4)
            d = _h(d, a, b, c, words[8, n], 0x8771F681, 11)
            c = _h(c, d, a, b, words[11, n], 0x6D9D6122, 16)
            b = _h(b, c, d, a, words[14, n], 0xFDE5380C, 23)
            a = _h(a, b, c, d, words[1, n], 0xA4BEEA44, 4)
            d = _h(d, a, b, c, words[4, n], 0x4BDECFA9, 11)
            c = _h(c, d, a, b, words[7, n], 0xF6BB4B60, 16)
            b = _h(b, c, d, a, words[10, n], 0xBEBFBC70, 23)
            a = _h(a, b, c, d, words[13, n], 0x289B7EC6, 4)
            d = _h(d, a, b, c, words[0, n], 0xEAA127FA, 11)
            c = _h(c, d, a, b, words[3, n], 0xD4EF3085, 16)
            b = _h(b, c, d, a, words[6, n], 0x04881D05, 23)
            a = _h(a, b, c, d, words[9, n], 0xD9D4D039, 4)
            d = _h(d, a, b, c, words[12, n], 0xE6DB99E5, 11)
            c = _h(c, d, a, b, words[15, n], 0x1FA27CF8, 16)
            b = _h(b, c, d, a, words[2, n], 0xC4AC5665, 23)
            a = _i(a, b, c, d, words[0, n], 0xF4292244, 6)
            d = _i(d, a, b, c, words[7, n], 0x432AFF97, 10)
            c = _i(c, d, a, b, words[14, n], 0xAB9423A7, 15)
            b = _i(b, c, d, a, words[5, n], 0xFC93A039, 21)
            a = _i(a, b, c, d, words[12, n], 0x655B59C3, 6)
            d = _i(d, a, b, c, words[3, n], 0x8F0CCC92, 10)
            c = _i(c, d, a, b, words[10, n], 0xFFEFF47D, 15)
            b = _i(b, c, d, a, words[1, n], 0x85845DD1, 21)
            a = _i(a, b, c, d, words[8, n], 0x6FA87E4F, 6)
            d = _i(d, a, b, c, words[15, n], 0xFE2CE6E0, 10)
            c = _i(c, d, a, b, words[6, n], 0xA3014314, 15)
            b = _i(b, c, d, a, words[13, n], 0x4E0811A1, 21)
            a = _i(a, b, c, d, words[4, n], 0xF7537E82, 6)
            d = _i(d, a, b, c, words[11, n], 0xBD3AF235, 10)
            c = _i(c, d, a, b, words[2, n], 0x2AD7D2BB, 15)
            b = _i(b, c, d, a, words[9, n], 0xEB86D391, 21)
            all_a[n] += a
            all_b[n] += b
            all_c[n] += c
            all_d[n] += d
    state[0], state[1], state[2], state[3] = all_a, all_b, all_c, all_d
