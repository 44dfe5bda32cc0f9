"""A folder becomes keys; what cannot become one is told and never followed."""

import errno
import os
import socket
import stat
import sys
import threading
import time
import unicodedata
from pathlib import Path

import pytest

from validator.errors import NothingChecked, UsageError
from validator.models.listing import Folder, Trouble
from validator.sources import looking
from validator.sources.local import LocalSource

LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="names of bytes and special files as Linux has them"
)


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "cpg0099-example/broad"
    write(folder / "workspace/qc/a.txt")
    return folder


def write(path: Path, text: str = "x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def scan(path, **options):
    source = LocalSource(path, **options)
    found = list(source.scan())
    folders = [item for item in found if isinstance(item, Folder)]
    troubles = [item for item in found if isinstance(item, Trouble)]
    return folders, troubles


def keys(folders):
    return [folder.key + name for folder in folders for name in folder.names]


def test_entries_say_where_they_lie(home):
    write(home / "images/b/x.tiff", "12345")
    os.utime(home / "images/b/x.tiff", ns=(1, 1_700_000_000_123_456_789))
    folders, troubles = scan(home)
    assert troubles == []
    (entry,) = folders[0].entries()
    assert entry.key == "cpg0099-example/broad/images/b/x.tiff"
    assert Path(entry.path).read_text() == "12345"
    assert (entry.size, entry.mtime_ns) == (5, 1_700_000_000_123_456_789)
    with LocalSource(home).open(entry) as stream:
        assert stream.read() == b"12345"


def test_folders_come_in_the_order_of_their_keys(home):
    for name in ("a/x", "a-1/x", "a1/x", "a/b/x", "a/b-1/x", "A/x", "é/x"):
        write(home / "workspace/qc" / name)
    folders, _ = scan(home)
    found = [folder.key for folder in folders]
    assert found == sorted(found)
    assert len(found) == 8


def test_empty_folders_are_no_folders(home):
    (home / "workspace/analysis/empty").mkdir(parents=True)
    assert keys(scan(home)[0]) == ["cpg0099-example/broad/workspace/qc/a.txt"]


@LINUX
def test_names_become_nfc_and_are_still_opened(home):
    decomposed = unicodedata.normalize("NFD", "Düsseldorf")
    write(home / "workspace/qc" / decomposed / f"{decomposed}.txt", "content")
    folders, troubles = scan(home)
    assert troubles == []
    entry = next(entry for folder in folders for entry in folder.entries() if "sseldorf" in entry.key)
    assert entry.key.endswith("qc/Düsseldorf/Düsseldorf.txt")
    assert Path(entry.path).read_text() == "content"


@LINUX
def test_two_names_of_one_key(home):
    for form in ("NFC", "NFD"):
        write(home / "workspace/qc" / unicodedata.normalize(form, "ü.txt"))
    folders, troubles = scan(home)
    assert [trouble.kind for trouble in troubles] == ["same-key"]
    assert len(keys(folders)) == 2


@LINUX
def test_names_that_are_not_utf8(home):
    write(home / "workspace/qc" / os.fsdecode(b"caf\xe9") / "a.txt")
    _, (trouble,) = scan(home)
    assert trouble.kind == "not-utf8"
    assert trouble.key == r"cpg0099-example/broad/workspace/qc/caf\xe9"


def link(path: Path, target):
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.symlink_to(target)
    except OSError:
        pytest.skip("this system lets only administrators make symbolic links")


def test_links_inside_are_followed(home):
    link(home / "workspace/qc/b.txt", "a.txt")
    link(home / "workspace/qc2", "qc")
    folders, troubles = scan(home)
    assert troubles == []
    assert [key.removeprefix("cpg0099-example/broad/workspace/") for key in keys(folders)] == [
        "qc/a.txt", "qc/b.txt", "qc2/a.txt", "qc2/b.txt",
    ]  # fmt: skip


def test_links_out_are_not_followed(home, tmp_path):
    write(tmp_path / "private/secret.txt")
    link(home / "workspace/file", tmp_path / "private/secret.txt")
    link(home / "workspace/folder", tmp_path / "private")
    link(home / "workspace/sibling", tmp_path / "cpg0099-example/broad-private")
    (tmp_path / "cpg0099-example/broad-private").mkdir()
    folders, troubles = scan(home)
    assert keys(folders) == ["cpg0099-example/broad/workspace/qc/a.txt"]
    assert [trouble.kind for trouble in troubles] == ["symlink-outside"] * 3
    assert "private" in troubles[0].detail


def test_a_part_of_a_dataset_may_link_to_the_rest_of_it(home):
    write(home / "images/b/images/P1/x.tiff")
    link(home / "workspace/qc/x.tiff", "../../images/b/images/P1/x.tiff")
    folders, troubles = scan(home / "workspace/qc")
    assert troubles == []
    assert keys(folders) == [
        "cpg0099-example/broad/workspace/qc/a.txt",
        "cpg0099-example/broad/workspace/qc/x.tiff",
    ]


def test_broken_links(home):
    link(home / "workspace/qc/gone", "nothing/here")
    _, (trouble,) = scan(home)
    assert trouble.kind == "broken-symlink"
    assert trouble.detail == f"it points to {Path('nothing/here')}"


@pytest.mark.parametrize("target", ["loop", "..", ".", "../../workspace"])
def test_loops_end(home, target):
    link(home / "workspace/qc/loop", target)
    folders, (trouble,) = scan(home)
    assert trouble.kind == "symlink-loop"
    assert keys(folders) == ["cpg0099-example/broad/workspace/qc/a.txt"]


def test_folders_that_link_to_each_other(home):
    write(home / "workspace/one/a.txt")
    write(home / "workspace/two/b.txt")
    link(home / "workspace/one/two", "../two")
    link(home / "workspace/two/one", "../one")
    _, troubles = scan(home)
    assert [trouble.kind for trouble in troubles] == ["symlink-loop"] * 2


@LINUX
def test_special_files(home, monkeypatch):
    os.mkfifo(home / "workspace/qc/pipe")
    server = socket.socket(socket.AF_UNIX)
    monkeypatch.chdir(home / "workspace/qc")  # paths of sockets must be short
    server.bind("socket")
    server.close()
    _, troubles = scan(home)
    assert {(trouble.key.rpartition("/")[2], trouble.kind, trouble.detail) for trouble in troubles} == {
        ("pipe", "special-file", "a named pipe"),
        ("socket", "special-file", "a socket"),
    }


def refuse(monkeypatch, name, error):
    """Let the system refuse to list a folder; root may read everything, so permissions do not show it."""
    real = os.scandir

    def scandir(path):
        if Path(path).name == name:
            raise error
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied"), "you have no permission"),
        (FileNotFoundError(2, "No such file"), "it vanished while it was listed"),
        (OSError(5, "Input/output error"), "input/output error"),
    ],
)
def test_folder_that_cannot_be_listed(home, monkeypatch, error, words):
    write(home / "workspace/private/b.txt")
    refuse(monkeypatch, "private", error)
    folders, (trouble,) = scan(home)
    assert (trouble.kind, trouble.key, trouble.detail) == (
        "unreadable",
        "cpg0099-example/broad/workspace/private/",
        words,
    )
    assert keys(folders) == ["cpg0099-example/broad/workspace/qc/a.txt"]


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="root and Windows read what others cannot"
)
def test_folder_without_the_right_to_read_it(home):
    write(home / "workspace/private/b.txt")
    (home / "workspace/private").chmod(0)
    try:
        _, (trouble,) = scan(home)
    finally:
        (home / "workspace/private").chmod(stat.S_IRWXU)
    assert trouble.kind == "unreadable"


def test_root_that_cannot_be_read(home, monkeypatch):
    refuse(monkeypatch, "broad", PermissionError(13, "Permission denied"))
    with pytest.raises(UsageError, match="cannot be read: you have no permission"):
        LocalSource(home)


def test_missing_path(tmp_path):
    with pytest.raises(UsageError, match="There is no folder"):
        LocalSource(tmp_path / "nothing")


def test_file_instead_of_a_folder(home):
    with pytest.raises(UsageError, match="is a file, not a folder"):
        LocalSource(home / "workspace/qc/a.txt")


def test_empty_folder(tmp_path):
    (tmp_path / "cpg0099-example/broad").mkdir(parents=True)
    with pytest.raises(NothingChecked, match="is empty"):
        LocalSource(tmp_path / "cpg0099-example/broad")


def test_folders_without_a_file(tmp_path):
    (tmp_path / "cpg0099-example/broad/images/b").mkdir(parents=True)
    with pytest.raises(NothingChecked, match="no file"):
        list(LocalSource(tmp_path / "cpg0099-example/broad").scan())


def test_root_is_shown_as_it_was_given(home, monkeypatch):
    monkeypatch.chdir(home.parent)
    source = LocalSource("broad")
    assert (source.root, source.prefix, source.complete) == ("broad", "cpg0099-example/broad/", True)
    monkeypatch.chdir(home)
    assert LocalSource(".").prefix == "cpg0099-example/broad/"
    assert LocalSource("workspace/../workspace/qc/").prefix == "cpg0099-example/broad/workspace/qc/"


@pytest.mark.parametrize(
    ("below", "prefix", "complete"),
    [
        ("", "", True),
        ("cpg0099-example", "cpg0099-example/", True),
        ("cpg0099-example/broad", "cpg0099-example/broad/", True),
        ("cpg0099-example/broad/workspace", "cpg0099-example/broad/workspace/", False),
        ("cpg0099-example/broad/workspace/qc", "cpg0099-example/broad/workspace/qc/", False),
    ],
)
def test_what_a_folder_stands_for(home, tmp_path, below, prefix, complete):
    del home
    source = LocalSource(tmp_path / below)
    assert (source.prefix, source.complete) == (prefix, complete)
    assert keys(list(source.scan())) == ["cpg0099-example/broad/workspace/qc/a.txt"]


def test_dataset_that_is_said(tmp_path):
    write(tmp_path / "mydata/workspace/qc/a.txt")
    with pytest.raises(UsageError) as caught:
        LocalSource(tmp_path / "mydata")
    assert "--dataset project/source" in caught.value.mend
    folders, _ = scan(tmp_path / "mydata", dataset="cpg0099-example/broad")
    assert keys(folders) == ["cpg0099-example/broad/workspace/qc/a.txt"]
    folders, _ = scan(tmp_path / "mydata/workspace", dataset="cpg0099-example/broad")
    assert keys(folders) == ["cpg0099-example/broad/workspace/qc/a.txt"]


def test_files_of_a_mount_appear_below_its_key(home, tmp_path):
    write(tmp_path / "disk2/b1/images/P1/x.tiff", "12345")
    folders, troubles = scan(home, mounts={"cpg0099-example/broad/images/": tmp_path / "disk2"})
    assert troubles == []
    assert [folder.key for folder in folders] == sorted(folder.key for folder in folders)
    entry = next(entry for folder in folders for entry in folder.entries() if entry.key.endswith(".tiff"))
    assert entry.key == "cpg0099-example/broad/images/b1/images/P1/x.tiff"
    assert Path(entry.path).read_text() == "12345"


def test_a_mount_hides_nothing_without_a_word(home, tmp_path):
    write(home / "images/b0/hidden.tiff")
    write(home / "workspace/profiles")
    write(tmp_path / "disk2/b1/x.tiff")
    (home / "workspace/empty").mkdir()
    mounts = dict.fromkeys(
        [
            "cpg0099-example/broad/images",
            "cpg0099-example/broad/workspace/profiles",
            "cpg0099-example/broad/workspace/empty",
        ],
        tmp_path / "disk2",
    )
    folders, troubles = scan(home, mounts=mounts)
    assert [(trouble.kind, trouble.key) for trouble in troubles] == [
        ("mount-hides", "cpg0099-example/broad/images/"),
        ("mount-hides", "cpg0099-example/broad/workspace/profiles"),
    ]
    assert "cpg0099-example/broad/images/b0/" not in [folder.key for folder in folders]


def test_links_may_lead_into_a_mounted_folder_and_only_there(home, tmp_path):
    write(tmp_path / "disk2/x.tiff")
    write(tmp_path / "disk3/y.tiff")
    link(home / "images", tmp_path / "disk2")
    link(home / "workspace/qc/x.tiff", tmp_path / "disk2/x.tiff")
    link(home / "workspace/qc/y.tiff", tmp_path / "disk3/y.tiff")
    folders, (trouble,) = scan(home, mounts={"cpg0099-example/broad/images/": tmp_path / "disk2"})
    assert (trouble.kind, trouble.key) == ("symlink-outside", "cpg0099-example/broad/workspace/qc/y.tiff")
    assert [key.removeprefix("cpg0099-example/broad/") for key in keys(folders)] == [
        "images/x.tiff", "workspace/qc/a.txt", "workspace/qc/x.tiff",
    ]  # fmt: skip


def test_a_mount_elsewhere_is_left_out(home, tmp_path):
    write(tmp_path / "disk2/x.tiff")
    folders, _ = scan(home / "workspace", mounts={"cpg0099-example/broad/images/": tmp_path / "disk2"})
    assert keys(folders) == ["cpg0099-example/broad/workspace/qc/a.txt"]


@pytest.mark.parametrize(
    ("key", "folder", "words"),
    [
        ("cpg0099-example/broad/images/", "missing", "which is not a folder"),
        ("cpg0099-example//images", ".", "is not a key of a folder"),
        ("../images", ".", "is not a key of a folder"),
        ("cpg0099-example/broad/", ".", "would stand for all"),
    ],
)
def test_mounts_that_cannot_be_used(home, tmp_path, key, folder, words):
    with pytest.raises(UsageError, match=words):
        LocalSource(home, mounts={key: tmp_path / folder})


class SlowEntry:
    """An entry of a disk that answers slowly, and not always."""

    def __init__(self, entry, errors):
        self._entry = entry
        self._errors = errors
        self.name, self.path, self.is_dir = entry.name, entry.path, entry.is_dir

    def stat(self, *, follow_symlinks=True):
        time.sleep(0.0005)
        if self.name in self._errors:
            raise OSError(self._errors[self.name], os.strerror(self._errors[self.name]))
        return self._entry.stat(follow_symlinks=follow_symlinks)


class SlowScan:
    def __init__(self, found, errors):
        self._found = found
        self._errors = errors

    def __iter__(self):
        return (SlowEntry(entry, self._errors) for entry in self._found)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._found.close()


def slow_down(monkeypatch, errors):
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: SlowScan(real(path), errors))


def test_a_slow_disk_gives_the_same(home, monkeypatch):
    for folder in range(30):
        for name in range(40):
            write(home / f"images/b{folder:02}/{name:02}.tiff", "x" * folder)
    for name in range(700):
        write(home / f"workspace/qc/many/{name:03}.csv")
    quick = scan(home)
    threads = set()
    real = looking._look_at

    def look_at(entries):
        threads.add(threading.current_thread().name)
        return real(entries)

    monkeypatch.setattr(looking, "_look_at", look_at)
    slow_down(monkeypatch, {"07.tiff": errno.ESTALE, "650.csv": errno.EIO})
    folders, troubles = scan(home)
    assert len(threads) > 2
    assert [folder.key for folder in folders] == [folder.key for folder in quick[0]]
    missing = set(keys(quick[0])) - set(keys(folders))
    assert {key.rpartition("/")[2] for key in missing} == {"07.tiff", "650.csv"}
    assert len(missing) == 31
    assert {trouble.detail for trouble in troubles} == {
        "the network share was disconnected or replaced while it was listed",
        "input/output error",
    }
    assert [trouble.kind for trouble in troubles] == ["unreadable"] * 31


def test_a_slow_disk_with_small_folders(home, monkeypatch):
    for folder in range(400):
        write(home / f"workspace/analysis/b/P/analysis/P-{folder:03}/Image.csv")
    quick = [folder.key for folder in scan(home)[0]]
    slow_down(monkeypatch, {})
    assert [folder.key for folder in scan(home)[0]] == quick


def test_a_clock_that_was_wrong(home, monkeypatch):
    real = os.scandir

    class Late(SlowEntry):
        def stat(self, *, follow_symlinks=True):
            state = self._entry.stat(follow_symlinks=follow_symlinks)
            return os.stat_result(state[:10], {"st_mtime_ns": 2**64, "st_atime_ns": 0, "st_ctime_ns": 0})

    class Scan(SlowScan):
        def __iter__(self):
            return (Late(entry, {}) for entry in self._found)

    monkeypatch.setattr(os, "scandir", lambda path: Scan(real(path), {}))
    folders, troubles = scan(home)
    assert troubles == []
    assert list(folders[0].mtimes_ns) == [2**63 - 1]
