import io
import os

from validator.readers.bounded import BoundedStream


class Asked(io.BytesIO):
    largest = 0

    def read(self, size=-1):
        self.largest = max(self.largest, size if size is not None else 1 << 62)
        return super().read(size)


def test_a_huge_read_asks_only_for_what_is_there():
    stream = Asked(b"0123456789")
    bounded = BoundedStream(stream, 10)
    bounded.seek(4)
    assert bounded.read(1 << 40) == b"456789"
    assert bounded.read(1 << 40) == b""
    assert bounded.read() == b""
    assert stream.largest <= 10


def test_it_moves_like_a_file():
    bounded = BoundedStream(io.BytesIO(b"0123456789"), 10)
    assert bounded.seek(-3, os.SEEK_END) == 7
    assert bounded.tell() == 7
    assert bounded.read(2) == b"78"
    assert bounded.tell() == 9


def test_beyond_the_end_there_is_nothing():
    bounded = BoundedStream(io.BytesIO(b"01"), 2)
    bounded.seek(100)
    assert bounded.read(5) == b""
