"""Places found in bits are those that looking at one byte after the other finds."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from validator.sources.text_bits import TextBits


def bits_of(text):
    return TextBits(np.frombuffer(text, np.uint8), ord("/"))


@given(st.text("/a\n", min_size=1, max_size=300))
@example("/" * 200)
@example("a" * 200)
@example("/" + "a" * 190 + "/")
def test_places(text):
    assert bits_of(text.encode()).places().tolist() == [at for at, letter in enumerate(text) if letter == "/"]


@given(st.lists(st.text("/a", max_size=150) | st.integers(0, 150).map("a".__mul__), min_size=1, max_size=9))
@example(["/" * 150, "a" * 150, "/" + "a" * 149])
@example(["a" * 63 + "/" + "a" * 56])
def test_last_before(lines):
    text = "".join(f"{line}\n" for line in lines)
    ends = np.array([at for at, letter in enumerate(text) if letter == "\n"])
    starts = np.concatenate([[0], ends[:-1] + 1])
    wanted = [start + line.rfind("/") for start, line in zip(starts.tolist(), lines, strict=True)]
    assert bits_of(text.encode()).last_before(ends, starts).tolist() == wanted
