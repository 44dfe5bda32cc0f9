"""A long listing, read in columns, is judged as one that is read line by line."""

import gc
import gzip
import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from validator.cli.main import run
from validator.errors import CpgateError, NothingChecked, UsageError
from validator.sources import listing_blocks, listing_file
from validator.workflows import large_listing, listing_hands
from validator.workflows.check import CheckRequest, check
from validator.workflows.sources import Origin

PLATES = ("BR00000001", "BR00000002", "BR00000003")
HOME = "cpg0099-example/broad"
ODDITIES = (
    "images/2024_03_05_Run1/images/BR00000001__2024-03-05T10_12_41-Measurement1/Images/.DS_Store",
    "images/2024_03_05_Run1/images/BR00000002__2024-03-05T10_12_41-Measurement1/Images/@eaDir/x.tif",
    "images/2024_03_05_Run1/ilum/BR00000001/BR00000001_IllumDNA.npy",
    "images/2024_03_05_Run1/illum/BR00000001/BR00000002_IllumDNA.npy",
    "workspace/analysis/2024_03_05_Run1/BR00000001/analysis/BR00000001-A01-1/what.xyz",
    "workspace/analysis/2024_03_05_Run1/BR00000001/analysis/BR00000001-A01-1/cells.csv",
    "workspace/analysis/2024_03_05_Run1/BR00000001/analysis/BR00000001-A01 1/Cells.csv",
    "workspace/analysis/2024_03_05_Run1/BR00000001/analysis/br00000001-A01-1/Cells.csv",
    "workspace/analysis/2024_03_05_Run1/BR00000009/analysis/BR00000009-A01-1/Cells.csv",
    "workspace/pipelines/2024_03_05_Run1/µm analysis/a.cppipe",
    "workspace/pipelines/2024_03_05_Run1/café.cppipe",
    "workspace/software/app.zarr/0.0/a b",
    "workspace/software/a/B@.py",
    "workspace/software/a/b`.py",
    "workspace/software/a/b@.PY",
    "workspace/" + "n" * 900 + "/" + "f" * 120,
    "cpgate.toml",
    "README.md",
    "_cpgate/receipts/r.jsonl",
    "workspace//Cells.csv",
)


def plain_keys():
    for plate in PLATES:
        full = f"{plate}__2024-03-05T10_12_41-Measurement1"
        for well in ("A01", "A02", "B01"):
            row, column = "AB".index(well[0]) + 1, int(well[1:])
            for site in range(1, 4):
                for channel in range(1, 4):
                    name = f"r{row:02d}c{column:02d}f{site:02d}p01-ch{channel}sk1fk1fl1.tiff"
                    yield f"images/2024_03_05_Run1/images/{full}/Images/{name}"
                group = f"workspace/analysis/2024_03_05_Run1/{plate}/analysis/{plate}-{well}-{site}"
                yield from (f"{group}/{name}.csv" for name in ("Cells", "Image", "Nuclei"))
                yield f"{group}/outlines/{well}_s{site}--cell_outlines.png"
        yield f"images/2024_03_05_Run1/illum/{plate}/{plate}_IllumDNA.npy"
        yield f"workspace/load_data_csv/2024_03_05_Run1/{plate}/load_data.csv"
        yield f"workspace/backend/2024_03_05_Run1/{plate}/{plate}.sqlite"
        yield f"workspace/profiles/2024_03_05_Run1/{plate}/{plate}.csv.gz"
    yield "workspace/metadata/platemaps/2024_03_05_Run1/barcode_platemap.csv"
    yield "workspace/metadata/platemaps/2024_03_05_Run1/platemap/map.txt"


KEYS = tuple(plain_keys())
SIZES = (0, 7, 12_345_678_901, 9, 9, 9, 9)


@pytest.fixture
def in_columns(monkeypatch):
    """Everything is long enough to be read in columns, a few lines at a time."""
    monkeypatch.setattr(listing_file, "LARGE", 1)
    monkeypatch.setattr(listing_blocks, "BLOCK", 4_000)
    monkeypatch.setattr(large_listing, "FILES_AT_ONCE", 40)


def judged(place, *, monkeypatch, large, **options):
    with monkeypatch.context() as patch:
        patch.setattr(listing_file, "LARGE", 1 if large else 10**12)
        origin = Origin(str(place), **options)
        result = check(CheckRequest(Path(), origin=origin, report=Path(place).parent / f"{large}.jsonl"))
    listing = result.header.listing.model_dump(exclude={"seconds", "index"})
    return (
        [finding.model_dump_json() for finding in result.findings],
        listing,
        result.header.counts,
        result.header.datasets,
    )


@pytest.mark.usefixtures("in_columns")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    odd=st.lists(st.sampled_from(ODDITIES), max_size=6, unique=True),
    left_out=st.integers(0, 40),
    seed=st.integers(0, 10**6),
    home=st.sampled_from([HOME, f"staging/lab 7/{HOME}"]),
)
def test_the_same_findings_in_columns_and_line_by_line(tmp_path, monkeypatch, odd, left_out, seed, home):
    shuffle = random.Random(seed)
    keys = [*shuffle.sample(KEYS, len(KEYS) - left_out), *odd]
    keys += shuffle.sample(keys, 2)  # listed twice
    shuffle.shuffle(keys)
    lines = [f"2024-03-05 10:12:41 {SIZES[len(key) % 7]:>10} {home}/{key}" for key in keys]
    lines.insert(3, "2024-13-05 10:12:00         10 cpg0099-example/broad/images/bad-month.tif")
    lines.insert(5, "                           PRE images/")
    listing = tmp_path / "listing.txt"
    listing.write_text("\n".join(lines) + "\n")
    assert judged(listing, monkeypatch=monkeypatch, large=True) == judged(
        listing, monkeypatch=monkeypatch, large=False
    )


@pytest.mark.usefixtures("in_columns")
def test_whatever_is_listed_twice_counts_once(tmp_path, monkeypatch):
    twice = [ODDITIES[0], ODDITIES[1], "README.md", "_cpgate/receipts/r.jsonl", KEYS[0]]
    lines = [f"2024-03-05 10:12:41 {7:>10} {HOME}/{key}" for key in [*twice, *KEYS, *twice]]
    listing = tmp_path / "listing.txt"
    listing.write_text("\n".join(lines) + "\n")
    large = judged(listing, monkeypatch=monkeypatch, large=True)
    assert large == judged(listing, monkeypatch=monkeypatch, large=False)
    assert large[1]["files"] == len(KEYS) + 1
    found = [json.loads(finding) for finding in large[0]]
    listed_twice = sum(finding["count"] for finding in found if finding["slug"] == "listed-twice")
    assert listed_twice == len(twice) - 1, "receipts are no data"
    assert [finding["count"] for finding in found if finding["slug"] == "junk-file"] == [1, 1]


@pytest.mark.usefixtures("in_columns")
@pytest.mark.parametrize("form", ["plain", "gzip", "windows", "addresses", "latin-1", "no end of line"])
def test_keys_however_they_are_written(tmp_path, monkeypatch, form):
    keys = [f"{HOME}/{key}" for key in (*KEYS, *ODDITIES)]
    data = "\n".join(keys).encode() + b"\n"
    if form == "windows":
        data = data.replace(b"\n", b"\r\n")
    elif form == "addresses":
        data = "".join(f"s3://a-bucket/{key}\n" for key in keys).encode()
    elif form == "latin-1":
        data = "".join(f"{key}\n" for key in keys).encode("latin-1")
    elif form == "no end of line":
        data = data.rstrip()
    listing = tmp_path / "keys.txt"
    listing.write_bytes(gzip.compress(data) if form == "gzip" else data)
    slow = judged(listing, monkeypatch=monkeypatch, large=False)
    assert judged(listing, monkeypatch=monkeypatch, large=True) == slow
    assert slow[1]["files"] > len(KEYS)


@pytest.mark.usefixtures("in_columns")
def test_on_standard_input(tmp_path, monkeypatch):
    text = "".join(f"{HOME}/{key}\n" for key in KEYS)
    stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO(text.encode())))
    monkeypatch.setattr("sys.stdin", stream)
    monkeypatch.setattr(listing_file, "LARGE", 1000)
    result = check(CheckRequest(Path(), origin=Origin("-"), report=tmp_path / "r.jsonl"))
    assert result.header.listing.files == len(KEYS)
    assert result.header.listing.index > 0


@pytest.mark.usefixtures("in_columns")
def test_a_part_and_a_dataset_may_be_said(tmp_path, monkeypatch):
    listing = tmp_path / "keys.txt"
    listing.write_text("".join(f"lab/heart/{key}\nlab/other/{key}\n" for key in KEYS))
    options = {"prefix": "lab/heart"}
    for large in (True, False):
        monkeypatch.setattr(listing_file, "LARGE", 1 if large else 10**12)
        request = CheckRequest(
            Path(), dataset=HOME, origin=Origin(str(listing), **options), report=tmp_path / f"{large}.jsonl"
        )
        result = check(request)
        assert result.header.datasets == [HOME]
        assert result.header.listing.files == len(KEYS)
    with pytest.raises(NothingChecked, match="begins with lab/liver/"):
        check(CheckRequest(Path(), dataset=HOME, origin=Origin(str(listing), prefix="lab/liver")))
    with pytest.raises(UsageError, match="do not begin with a project"):
        check(CheckRequest(Path(), origin=Origin(str(listing))))


@pytest.mark.usefixtures("in_columns")
def test_nothing_is_left_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    listing = tmp_path / "keys.txt"
    listing.write_text("".join(f"{HOME}/{key}\n" for key in KEYS))
    result = check(CheckRequest(Path(), origin=Origin(str(listing)), report=tmp_path / "r.jsonl"))
    assert sorted(path.name.split("-")[1] for path in (tmp_path / "tmp").iterdir()) == ["index", "listing"]
    del result
    gc.collect()
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.usefixtures("in_columns")
def test_the_files_of_each_folder_are_as_they_were_listed(tmp_path, monkeypatch):
    keys = [*KEYS, *ODDITIES, *KEYS[5:9], *ODDITIES[:6]]
    random.Random(3).shuffle(keys)
    listing = tmp_path / "listing.txt"
    listing.write_text(
        "".join(
            f"2024-03-05 10:12:{number % 60:02} {number:>10} {HOME}/{key}\n"
            for number, key in enumerate(keys)
        )
    )
    found = []
    for large in (1, 10**12):
        monkeypatch.setattr(listing_file, "LARGE", large)
        origin = Origin(str(listing))
        dataset = check(CheckRequest(Path(), origin=origin, report=tmp_path / "r.jsonl")).dataset
        folders = [placed.folder for placed in dataset.folders]
        found.append({f.key: (f.names, list(f.sizes), list(f.mtimes_ns), f.disk_names) for f in folders})
    assert found[0] == found[1]
    assert sum(len(names) for names, *_ in found[0].values()) > len(KEYS)


def lines_of(keys, home=HOME):
    return "".join(f"2024-03-05 10:12:41 {SIZES[len(key) % 7]:>10} {home}/{key}\n" for key in keys)


def test_a_file_is_cut_where_a_stream_is(tmp_path):
    listing = tmp_path / "listing.txt"
    for text in (lines_of(KEYS), lines_of(KEYS).rstrip(), "\n" * 50 + "x" * 300 + "\n" + "y" * 300, "a\nb"):
        listing.write_text(text)
        for size in (1, 7, 100, 4_000, 10**6):
            cut = [stretch.read() for stretch in listing_blocks.stretches_of(listing, size)]
            assert b"".join(cut).decode() == text
            assert all(block.endswith(b"\n") for block in cut[:-1])
    listing.write_text("short")
    (stretch,) = listing_blocks.stretches_of(listing)
    listing.write_text("shor")
    with pytest.raises(OSError, match="shorter"):
        stretch.read()


@pytest.fixture
def in_processes(monkeypatch):
    """Everything is long enough for processes."""
    monkeypatch.setattr(large_listing, "MUCH", 1)


@pytest.mark.usefixtures("in_columns", "in_processes")
@pytest.mark.parametrize("form", ["plain", "gzip", "keys"])
def test_as_many_processes_as_there_are_find_the_same(tmp_path, monkeypatch, form):
    keys = [*KEYS, *ODDITIES, *KEYS[3:5]]
    random.Random(4).shuffle(keys)
    text = "".join(f"{HOME}/{key}\n" for key in keys) if form == "keys" else lines_of(keys)
    text += "that is no line\n"
    listing = tmp_path / "listing.txt"
    listing.write_bytes(gzip.compress(text.encode()) if form == "gzip" else text.encode())
    found, started = [], []
    start = listing_hands.start_process
    monkeypatch.setattr(listing_hands, "start_process", lambda *said: started.append(said) or start(*said))
    for processes, most in ((1, 2), (8, 2), (3, 3)):
        monkeypatch.setattr(listing_hands, "default_processes", lambda number=processes: number)
        monkeypatch.setattr(listing_hands, "MOST_PROCESSES", most)
        found.append(judged(listing, monkeypatch=monkeypatch, large=True))
    assert len(started) == 2 + 3, "many cores do not mean much memory"
    assert found[0] == found[1] == found[2] == judged(listing, monkeypatch=monkeypatch, large=False)


@pytest.mark.usefixtures("in_columns")
def test_a_listing_that_is_not_very_long_starts_no_process(tmp_path, monkeypatch):
    monkeypatch.setattr(listing_hands, "start_process", lambda *_: pytest.fail("it was started"))
    listing = tmp_path / "listing.txt"
    listing.write_text(lines_of(KEYS))
    assert judged(listing, monkeypatch=monkeypatch, large=True)[1]["files"] == len(KEYS)


@pytest.mark.usefixtures("in_columns", "in_processes")
def test_a_process_that_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(listing_hands, "default_processes", lambda: 2)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    started = []
    start = listing_hands.start_process

    def killed(*said):
        started.append(start(*said))
        if len(started) == 2:
            started[-1].kill()
        return started[-1]

    monkeypatch.setattr(listing_hands, "start_process", killed)
    listing = tmp_path / "listing.txt"
    listing.write_text(lines_of(KEYS))
    with pytest.raises(CpgateError, match=r"ended unexpectedly \((signal 9|exit code 1)\)") as found:
        judged(listing, monkeypatch=monkeypatch, large=True)
    assert "memory" in found.value.mend
    assert all(process.poll() is not None for process in started)
    assert not list(tmp_path.glob("*.jsonl"))
    gc.collect()
    for thread in threading.enumerate():
        if thread.name == "remove blocks":
            thread.join(20)
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.usefixtures("in_columns", "in_processes")
def test_processes_are_started_ahead_of_a_long_file_and_used(tmp_path, monkeypatch):
    monkeypatch.setattr(listing_hands, "MUCH", 1000)
    monkeypatch.setattr(listing_hands, "default_processes", lambda: 2)
    started = []
    start = listing_hands.start_process

    def noted(*said):
        started.append(start(*said))
        return started[-1]

    monkeypatch.setattr(listing_hands, "start_process", noted)
    listing, report = tmp_path / "listing.txt", tmp_path / "report.jsonl"
    with listing_hands.Hands() as hands:
        listing.write_text("short")
        for place in (listing, tmp_path, tmp_path / "missing", "s3://bucket/prefix", "-", "\0"):
            hands.look_ahead(str(place))
        assert started == []
        listing.write_text(lines_of(KEYS))
        hands.look_ahead(str(listing))
        hands.expect_much()
        assert len(started) == 2
    assert all(process.poll() is not None for process in started)
    assert run(["check", str(listing), "--report", str(report), "--quiet"]) == 1
    assert len(started) == 4
    assert all(process.poll() is not None for process in started)


SCRIPT = """
import sys, time
from pathlib import Path
from validator.sources import listing_blocks, listing_file
from validator.workflows import large_listing, listing_hands, listing_work
from validator.workflows.check import CheckRequest, check
from validator.workflows.sources import Origin
listing_file.LARGE = large_listing.MUCH = 1
listing_blocks.BLOCK = 4_000
listing_hands.default_processes = lambda: 2
start = listing_hands.start_process
def told(*said):
    process = start(*said)
    print(process.pid, flush=True)
    return process
listing_hands.start_process = told
print("begin", flush=True)
from validator.cli.main import main
sys.argv = ["cpgate", "check", *sys.argv[1:]]
main()
"""
"""Without `if __name__ == "__main__"`: what it starts must not run it again."""


def run_script(tmp_path, *arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *arguments, "--report", str(tmp_path / "report.jsonl")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def alive(pid):
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def wait_until_gone(pids):
    end = time.monotonic() + 20
    while any(map(alive, pids)):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_script_needs_no_guard(tmp_path):
    listing = tmp_path / "listing.txt"
    listing.write_text(lines_of(KEYS))
    with run_script(tmp_path, str(listing)) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert out.count("begin") == 1
    assert json.loads((tmp_path / "report.jsonl").read_text().partition("\n")[0])["counts"]["files"] == len(
        KEYS
    )


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_all_processes(tmp_path, number):
    (tmp_path / "tmp").mkdir()
    environment = os.environ | {"TMPDIR": str(tmp_path / "tmp")}
    with run_script(tmp_path, "-", stdin=subprocess.PIPE, env=environment) as process:
        process.stdin.write(lines_of(KEYS) * 9)  # and more would follow
        process.stdin.flush()
        assert process.stdout.readline() == "begin\n"
        pids = [int(process.stdout.readline()) for _ in range(2)]
        process.send_signal(number)
        process.wait(timeout=30)
        error = process.stderr.read()
    assert process.returncode == (-number if number == signal.SIGKILL else 128 + number)
    wait_until_gone(pids)
    if number != signal.SIGKILL:
        assert "Traceback" not in error
        assert list((tmp_path / "tmp").iterdir()) == []
    assert not (tmp_path / "report.jsonl").exists()


@pytest.mark.skipif(os.name == "nt", reason="limits the size of files")
def test_a_full_disk_in_words(tmp_path):
    import resource

    (tmp_path / "tmp").mkdir()
    listing = tmp_path / "listing.txt"
    listing.write_text(lines_of(KEYS))
    with run_script(
        tmp_path,
        str(listing),
        env=os.environ | {"TMPDIR": str(tmp_path / "tmp")},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)),
    ) as process:
        _, error = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "The index of the files cannot be written to" in error
    assert "File too large" in error
    assert "TMPDIR" in error
    assert "Traceback" not in error
    assert list((tmp_path / "tmp").iterdir()) == []
