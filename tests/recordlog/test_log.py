import errno
import os
import signal
import subprocess
import sys
import threading
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validator.recordlog.log import LogWriter, decode_line, encode_record, read_log

RECORDS = st.lists(
    st.dictionaries(
        st.text(max_size=8),
        st.none()
        | st.integers()
        | st.text(st.characters(), max_size=12)
        | st.lists(st.integers(), max_size=3),
        max_size=4,
    ),
    max_size=5,
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("log") / "log"


def read_bytes(scratch, content: bytes) -> list[dict]:
    scratch.write_bytes(content)
    return list(read_log(scratch))


def test_what_was_appended_is_read_in_order(tmp_path):
    writer = LogWriter(tmp_path / "log")
    records = [{"n": n, "text": "Zähler\n\udc80\x00"} for n in range(5)]
    for record in records:
        writer.append(record)
    writer.close()
    assert list(read_log(tmp_path / "log")) == records


def test_lines_are_ascii_without_line_ends_inside():
    line = encode_record({"key": "a\nb\u2028ü"})
    assert line.isascii()
    assert line.count(b"\n") == 1


@settings(max_examples=12)
@given(RECORDS)
def test_a_log_cut_at_any_byte_gives_a_prefix_of_its_records(scratch, records):
    lines = [encode_record(record) for record in records]
    content = b"".join(lines)
    for cut in range(len(content) + 1):
        whole = sum(len(b"".join(lines[: n + 1])) <= cut for n in range(len(lines)))
        assert read_bytes(scratch, content[:cut]) == records[:whole]


@given(RECORDS.filter(bool), st.data())
def test_a_changed_byte_costs_its_own_record_only(scratch, records, data):
    lines = [encode_record(record) for record in records]
    victim = data.draw(st.integers(0, len(lines) - 1))
    place = data.draw(st.integers(0, len(lines[victim]) - 2))  # the line's end is the next test's
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != lines[victim][place]))
    lines[victim] = lines[victim][:place] + bytes([byte]) + lines[victim][place + 1 :]
    expected = records[:victim] + records[victim + 1 :]
    read = read_bytes(scratch, b"".join(lines))
    # Capitals in the checksum, or a sign for a leading zero, are the same number: the record is right then.
    assert read in (expected, records)


@given(RECORDS.filter(lambda records: len(records) > 1), st.data())
def test_a_lost_line_end_costs_the_two_records_that_it_joins(scratch, records, data):
    lines = [encode_record(record) for record in records]
    victim = data.draw(st.integers(0, len(lines) - 2))
    lines[victim] = lines[victim][:-1]
    assert read_bytes(scratch, b"".join(lines)) == records[:victim] + records[victim + 2 :]


@given(st.binary(max_size=200))
def test_noise_between_records_is_left_out(scratch, noise):
    record = {"n": 1}
    content = encode_record(record) + noise.replace(b"\n", b"") + b"\n" + encode_record(record)
    assert read_bytes(scratch, content)[::2] in ([record], [record, record])
    assert len(read_bytes(scratch, content)) >= 2


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"12345678\n",
        b"1234567 {}\n",
        b"zzzzzzzz {}\n",
        encode_record({})[:-1],
        b"\xff" * 9 + b" {}\n",
    ],
)
def test_what_is_no_record(line):
    assert decode_line(line) is None


def test_json_that_is_nested_without_end_is_no_record():
    body = b'{"t":' + b"[" * 60_000
    assert decode_line(b"%08x %s\n" % (zlib.crc32(body), body)) is None


def test_json_that_is_no_object_is_no_record():
    assert decode_line(b"f4dbdf21 0\n") is None  # CRC-32 of "0"
    assert decode_line(encode_record({"a": 1})) == {"a": 1}


def test_a_file_has_one_writer(tmp_path):
    writer = LogWriter(tmp_path / "log")
    with pytest.raises(FileExistsError):
        LogWriter(tmp_path / "log")
    writer.close()


def test_closing_twice_is_fine_and_nothing_is_written_afterwards(tmp_path):
    writer = LogWriter(tmp_path / "log")
    writer.close()
    writer.close()
    with pytest.raises(OSError, match="descriptor"):
        writer.append({"n": 1})


def test_threads_do_not_mix_their_lines(tmp_path):
    writer = LogWriter(tmp_path / "log")

    def append(thread: int) -> None:
        for number in range(200):
            writer.append({"thread": thread, "n": number, "text": "x" * thread * 50})

    threads = [threading.Thread(target=append, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    read = list(read_log(tmp_path / "log"))
    assert len(read) == 1200
    for thread in range(6):
        assert [r["n"] for r in read if r["thread"] == thread] == list(range(200))


FULL_DISK = """
import errno, resource, sys
from pathlib import Path
from validator.recordlog.log import LogWriter
path, limit = Path(sys.argv[1]), int(sys.argv[2])
writer = LogWriter(path)
writer.append({"n": 0})
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
try:
    writer.append({"n": 1, "text": "x" * 100})
except OSError as error:
    assert error.errno == errno.EFBIG, error
else:
    sys.exit("the record was written")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
writer.append({"n": 2})
writer.close()
"""


@pytest.mark.skipif(
    sys.platform == "win32", reason="limits the size of files with setrlimit, which Windows lacks"
)
@pytest.mark.parametrize("limit", [0, 30, 60, 100])
def test_a_record_that_a_full_disk_cut_is_told_and_costs_no_later_record(tmp_path, limit):
    path = tmp_path / "log"
    subprocess.run([sys.executable, "-c", FULL_DISK, str(path), str(limit)], check=True)
    assert list(read_log(path)) == [{"n": 0}, {"n": 2}]


APPEND_FOREVER = """
import sys
from pathlib import Path
from validator.recordlog.log import LogWriter
writer = LogWriter(Path(sys.argv[1]))
n = 0
while True:
    writer.append({"n": n})
    print(n, flush=True)
    n += 1
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills with SIGKILL, which Windows lacks")
def test_what_was_appended_survives_a_kill(tmp_path):
    path = tmp_path / "log"
    process = subprocess.Popen([sys.executable, "-c", APPEND_FOREVER, str(path)], stdout=subprocess.PIPE)
    told = [int(process.stdout.readline()) for _ in range(300)]
    os.kill(process.pid, signal.SIGKILL)
    told += [int(line) for line in process.stdout.read().split()]
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    numbers = [record["n"] for record in read_log(path)]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= len(told)


def test_the_error_of_the_system_is_the_one_that_is_told(tmp_path, monkeypatch):
    writer = LogWriter(tmp_path / "log")

    def refuse(*_):
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        with pytest.raises(OSError) as caught:
            writer.append({"n": 1})
    assert caught.value.errno == errno.EDQUOT
    writer.append({"n": 2})
    writer.close()
    assert list(read_log(tmp_path / "log")) == [{"n": 2}]
