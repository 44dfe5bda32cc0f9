"""The journal says the same whatever its files are, wherever it was cut, and after it was put together."""

import shutil
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from remembered import Remembered, remember

from validator.digests.files import FileState
from validator.digests.parts import ObjectDigest, PartDigest, digest_bytes, join_parts
from validator.recordlog.log import LogWriter, encode_record, read_log
from validator.upload.compaction import COMPACT_NAME, compact
from validator.upload.journal import DoneRecord, Journal, UploadRecord, done_line, done_values
from validator.upload.journal_reading import JournalState, read_journal

KEYS = ["a/b/1.tiff", "a/b/2.tiff", "a/b/ü\udc80.sqlite"]
STATES = [FileState(20, 1), FileState(20, 2), FileState(30, 3)]
_folders = count()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("journals")


def new_folder(scratch: Path) -> Path:
    folder = scratch / str(next(_folders))
    folder.mkdir()
    return folder


def part(number: int) -> PartDigest:
    return digest_bytes(b"%d" % number)


def digest(state: FileState, part_size: int | None = None) -> ObjectDigest:
    etag = f"{state.mtime_ns:032x}" + ("" if part_size is None else "-3")
    return ObjectDigest(state.size, etag, part_size, 1 if part_size is None else 3, "AAAAAAAAAAA=")


def done(key: str, state: FileState, part_size: int | None = None) -> DoneRecord:
    return DoneRecord(key, state, digest(state, part_size), "2026-11-20T14:05:33.000+00:00")


def test_nothing_was_done(tmp_path):
    assert read_journal(tmp_path) == JournalState()


def test_a_file_whose_first_record_was_lost_has_used_its_number(tmp_path):
    Journal(tmp_path, 6, "w001").close()
    (tmp_path / "000007-w001-12.journal").write_bytes(b"")
    (tmp_path / "x-y.journal").write_bytes(b"")
    assert read_journal(tmp_path).last_run == 7


def test_what_is_written_is_read(tmp_path):
    journal = Journal(tmp_path, 7, "w001")
    upload = UploadRecord("id-1", KEYS[0], 8, STATES[0], {})
    journal.intent(KEYS[0])
    journal.begin(upload)
    journal.part("id-1", 2, part(2))
    journal.intent(KEYS[1])
    journal.done(done(KEYS[1], STATES[1]))
    journal.digest(KEYS[2], STATES[2], digest(STATES[2], 8))
    journal.close()
    state = remember(tmp_path)
    assert state.last_run == 7
    assert state.uploads == {"id-1": UploadRecord("id-1", KEYS[0], 8, STATES[0], {2: part(2)})}
    assert state.intents == {KEYS[1]}
    assert state.done == {KEYS[1]: done(KEYS[1], STATES[1])}
    assert state.digests == {
        KEYS[1]: (STATES[1], digest(STATES[1])),
        KEYS[2]: (STATES[2], digest(STATES[2], 8)),
    }
    assert state.state.by_key() == {KEYS[0]: [state.uploads["id-1"]]}
    assert read_journal(tmp_path).uploads == state.uploads, "whether or not the rest is told"


def test_several_objects_are_written_down_at_once(tmp_path):
    """Each has a line of its own: wherever the file was cut, those before are read."""
    plain, whole = done(KEYS[0], STATES[0]), done(KEYS[2], STATES[2], 8)
    versioned = replace(done(KEYS[1], STATES[1]), version_id="v1")
    sealed = replace(plain, key="c", digest=replace(plain.digest, stored_as="ab" * 16, sha256="x="))
    records = [plain, versioned, whole, sealed]
    journal = Journal(tmp_path, 1, "w001")
    journal.done()
    journal.done(*records)
    journal.done(*records[:1])
    journal.close()
    [path] = tmp_path.iterdir()
    expected = list(map(done_values, [*records, plain]))
    assert [record for record in read_log(path) if record["t"] == "done"] == expected
    data = path.read_bytes()
    for cut in range(len(data) + 1):
        path.write_bytes(data[:cut])
        found = list(read_log(path))[1:]
        assert found == expected[: len(found)]
        assert len(found) == max(0, data[:cut].count(b"\n") - 1)
        path.write_bytes(data[:cut] + b"\n" + done_line(versioned))
        assert list(read_log(path))[-1] == expected[1]


def test_every_process_has_a_file_of_its_own(tmp_path):
    journals = [Journal(tmp_path, 1, f"w{number:03d}") for number in (1, 2, 3)]
    for journal in journals:
        journal.close()
    assert len(list(tmp_path.iterdir())) == 3
    with pytest.raises(FileExistsError):
        Journal(tmp_path, 1, "w001")


def test_an_upload_that_ended_is_forgotten(tmp_path):
    journal = Journal(tmp_path, 1, "w001")
    for upload_id in ("one", "two"):
        journal.begin(UploadRecord(upload_id, KEYS[0], 8, STATES[0]))
        journal.part(upload_id, 1, part(1))
    journal.end("one")
    journal.close()
    assert list(read_journal(tmp_path).uploads) == ["two"]


def test_kinds_of_another_version_are_passed_over(tmp_path):
    log = LogWriter(tmp_path / "000001-w001-1.journal")
    for record in ({"t": "run", "run": 1}, {"t": "wish", "text": "x"}, {"t": "intent", "key": "k"}):
        log.append(record)
    log.close()
    assert read_journal(tmp_path) == JournalState(intents={"k"}, last_run=1, files=1)


def test_other_files_of_the_folder_are_no_journals(tmp_path):
    for name in ("lock", "report.jsonl", "w001.log", COMPACT_NAME):
        (tmp_path / name).write_bytes(encode_record({"t": "intent", "key": "k"}))
    assert read_journal(tmp_path) == JournalState()


HISTORY = st.lists(
    st.tuples(
        st.sampled_from(KEYS),
        st.sampled_from(STATES),
        st.sets(st.integers(1, 4)),  # parts that arrived
        st.booleans(),  # whether it ended
        st.integers(0, 3),  # the process that began it
        st.lists(st.integers(0, 3), min_size=5, max_size=5),  # the processes that sent parts and ended it
    ),
    max_size=6,
)


def write_history(folder: Path, history) -> None:
    journals = [Journal(folder, 1 + number // 2, f"w{number:03d}") for number in range(4)]
    for number, (key, state, parts, ended, process, others) in enumerate(history):
        upload_id = f"id-{number}"
        journals[process].intent(key)
        journals[process].begin(UploadRecord(upload_id, key, 8, state))
        for index, part_number in enumerate(sorted(parts)):
            journals[others[index]].part(upload_id, part_number, part(part_number))
        if ended:
            journals[others[4]].end(upload_id)
    for journal in journals:
        journal.close()


def expected_uploads(history) -> dict[str, UploadRecord]:
    return {
        f"id-{number}": UploadRecord(f"id-{number}", key, 8, state, {n: part(n) for n in parts})
        for number, (key, state, parts, ended, _, _) in enumerate(history)
        if not ended
    }


@settings(max_examples=40)
@given(HISTORY)
def test_it_does_not_matter_which_process_wrote_what(scratch, history):
    folder = new_folder(scratch)
    write_history(folder, history)
    state = read_journal(folder)
    assert state.uploads == expected_uploads(history)
    assert state.last_run == 2


@settings(max_examples=40)
@given(HISTORY, st.randoms())
def test_nor_how_the_files_are_named(scratch, history, luck):
    folder = new_folder(scratch)
    write_history(folder, history)
    paths = sorted(folder.glob("*.journal"))
    names = [path.name for path in paths]
    luck.shuffle(names)
    shuffled = new_folder(scratch)
    for path, name in zip(paths, names, strict=True):
        shutil.copy(path, shuffled / name)
    assert read_journal(shuffled).uploads == expected_uploads(history)


@settings(max_examples=40)
@given(HISTORY.filter(bool), st.data())
def test_a_cut_file_never_invents_anything(scratch, history, data):
    folder = new_folder(scratch)
    write_history(folder, history)
    before = read_journal(folder)
    path = data.draw(st.sampled_from(sorted(folder.glob("*.journal"))))
    content = path.read_bytes()
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    after = read_journal(folder)
    known = {f"id-{number}": entry for number, entry in enumerate(history)}
    for upload_id, upload in after.uploads.items():
        key, state, parts, _, _, _ = known[upload_id]
        assert (upload.key, upload.state) == (key, state)
        assert set(upload.parts) <= parts
        assert all(upload.parts[n] == part(n) for n in upload.parts)
    assert after.last_run <= before.last_run


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["intent", "begin", "part", "end", "done", "digest"]),
        st.sampled_from(KEYS),
        st.sampled_from(STATES),
        st.sampled_from([None, 8, 16]),
        st.integers(1, 3),
    ),
    max_size=25,
)


def write_events(folder: Path, events) -> None:
    """One process after the other, as runs are."""
    for run in (1, 2, 3):
        journal = Journal(folder, run, "w001")
        for kind, key, state, part_size, number in events[run - 1 :: 3]:
            upload_id = f"{key}-{number}"
            match kind:
                case "intent":
                    journal.intent(key)
                case "begin":
                    journal.begin(UploadRecord(upload_id, key, 8, state))
                case "part":
                    journal.part(upload_id, number, part(number))
                case "end":
                    journal.end(upload_id)
                case "done":
                    journal.done(done(key, state, part_size))
                case "digest":
                    journal.digest(key, state, digest(state, part_size))
        journal.close()


def assert_settled(state: Remembered, before: Remembered, settled: set[str]) -> None:
    assert (state.done, state.digests, state.last_run) == (before.done, before.digests, before.last_run)
    assert state.uploads == {i: u for i, u in before.uploads.items() if u.key not in settled}


@settings(max_examples=40)
@given(EVENTS, st.sets(st.sampled_from(KEYS)))
def test_put_together_it_says_the_same(scratch, events, settled):
    folder = new_folder(scratch)
    write_events(folder, events)
    before = remember(folder)
    compact(folder, before.last_run, settled=settled)
    assert [path.name for path in folder.iterdir()] == ["000003-zz-compact.journal"]
    after = remember(folder)
    assert_settled(after, before, settled)
    with_upload = {upload.key for upload in after.uploads.values()}
    assert after.intents - with_upload == before.intents - settled - with_upload
    compact(folder, after.last_run)
    assert_settled(remember(folder), after, set())
    assert len(list(folder.iterdir())) == 1


class Killed(BaseException):
    pass


@settings(max_examples=40)
@given(EVENTS, st.integers(0, 3))
def test_a_kill_while_it_is_put_together_loses_nothing(scratch, events, removals):
    """0: before the new file has its name; n: before the nth old file is removed."""
    folder = new_folder(scratch)
    write_events(folder, events)
    before = remember(folder)
    steps = count()

    def die(self, *arguments, **more):
        if next(steps) == removals:
            raise Killed
        return real[self.suffix](self, *arguments, **more)

    real = {".new": Path.replace, ".journal": Path.unlink}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", die)
        patch.setattr(Path, "unlink", die)
        with pytest.raises(Killed):
            compact(folder, before.last_run)
    assert (folder / "000003-zz-compact.journal").exists() == (removals > 0)
    after = remember(folder)
    assert (after.done, after.digests, after.last_run) == (before.done, before.digests, before.last_run)
    for upload_id, upload in before.uploads.items():
        assert after.uploads[upload_id] == upload
    compact(folder, after.last_run)
    assert sorted(path.name for path in folder.iterdir()) == ["000003-zz-compact.journal"]


def test_a_disk_that_is_too_full_for_it_keeps_what_is_there(tmp_path, monkeypatch):
    write_events(tmp_path, [("done", KEYS[0], STATES[0], None, 1)])
    before, names = remember(tmp_path), sorted(tmp_path.iterdir())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    compact(tmp_path, before.last_run)
    assert remember(tmp_path) == before
    assert sorted(tmp_path.iterdir()) == names


def test_a_file_that_was_read_again_for_another_part_size_is_known_for_both(tmp_path):
    """After --replace the digest of the old object may stand in a later file than the new object."""
    first, second = Journal(tmp_path, 1, "w001"), Journal(tmp_path, 1, "w002")
    first.done(done(KEYS[0], STATES[0], 8))
    second.digest(KEYS[0], STATES[0], digest(STATES[0], None))
    first.close()
    second.close()
    for _ in range(2):
        assert {d.part_size for d in remember(tmp_path).digests_of(KEYS[0])} == {8, None}
        compact(tmp_path, 1)


def test_runs_go_on_counting(tmp_path):
    for expected in (1, 2, 3):
        run = remember(tmp_path).last_run + 1
        assert run == expected
        Journal(tmp_path, run, "w001").close()
        compact(tmp_path, run)


def test_what_a_run_knows_takes_the_place_of_older_records(tmp_path):
    write_events(tmp_path, [("done", key, STATES[0], None, 1) for key in KEYS])
    newer = [done(KEYS[0], STATES[1], 8), DoneRecord(KEYS[1], STATES[2], digest(STATES[2]))]
    compact(tmp_path, 3, known=newer, replaced=lambda key: key in KEYS[:2])
    after = remember(tmp_path)
    assert after.done == {KEYS[0]: newer[0], KEYS[2]: done(KEYS[2], STATES[0])}
    assert after.digests[KEYS[1]] == (STATES[2], digest(STATES[2]))
    lines = [path.read_bytes().count(b"\n") for path in tmp_path.iterdir()]
    assert lines == [4], "a record for the run, and one for each file"


@given(
    key=st.text(max_size=30),
    digest=st.sampled_from(
        [
            join_parts([digest_bytes(b"")], None),
            ObjectDigest(30, "b" * 32 + "-2", 20, 2, "AAAAAAAAAAA="),
            ObjectDigest(20, "b" * 32, None, 1, "AAAAAAAAAAA=", "A" * 43 + "="),
            ObjectDigest(20, "b" * 32, None, 1, "AAAAAAAAAAA=", stored_as="c" * 32),
        ]
    ),
    mtime_ns=st.integers(-(2**63), 2**63 - 1),
    at=st.sampled_from(["", "2026-11-28T10:10:10.123+00:00"]),
    version=st.none() | st.text(max_size=8),
)
def test_the_line_of_an_object_is_that_of_its_values(key, digest, mtime_ns, at, version):
    record = DoneRecord(key, FileState(digest.size, mtime_ns), digest, at, version)
    assert done_line(record) == encode_record(done_values(record))
