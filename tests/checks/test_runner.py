import errno
import signal
import subprocess
import sys
import time
from array import array
from contextlib import suppress

import pytest

from validator.checks import runner, selection
from validator.checks.dataset import Dataset
from validator.checks.pool import in_threads
from validator.checks.registry import DatasetCheck, FileCheck
from validator.checks.runner import Tally, run_checks
from validator.checks.selection import make_selection
from validator.checks.tool import CHECK_CRASHED, FILE_UNREADABLE
from validator.errors import Interrupted, UsageError
from validator.index.building import index_of
from validator.models.finding import Level
from validator.models.listing import Folder
from validator.models.rule import Rule
from validator.rulebook.layout import load_layout
from validator.rulebook.policy import Policy

BATCH = "cpg0099-example/broad/images/2024_03_05_Run1/images/BR01/Images/"


def make_rule(number, slug, family="layout", level=Level.ERROR):
    return Rule(number, slug, "All is well", "Because", "Mend it", family, level)


LAYOUT = make_rule("CPG198", "layout-example")
IMAGES = make_rule("CPG398", "image-example", "images", Level.WARNING)


@pytest.fixture
def dataset():
    names = [f"r01c01f{i:02d}p01-ch1sk1fk1fl1.tiff" for i in range(100)]
    folder = Folder(BATCH, "/data/BR01", names, array("q", [1] * 100), array("q", [0] * 100))
    layout = load_layout()
    return Dataset(
        root="/data",
        names=("cpg0099-example/broad",),
        complete=True,
        layout=layout,
        policy=Policy("test", "1", {}),
        scope="arrayed",
        folders=index_of([folder], layout),
    )


@pytest.fixture
def checks(monkeypatch):
    """A registry of its own, to which a test adds checks."""
    entered = []
    rules = {rule.id: rule for rule in (LAYOUT, IMAGES, CHECK_CRASHED, FILE_UNREADABLE)}
    monkeypatch.setattr(runner, "all_checks", lambda: tuple(entered))
    monkeypatch.setattr(runner, "all_rules", lambda: rules)
    monkeypatch.setattr(selection, "all_rules", lambda: rules)
    return entered


def by_file(function, kinds=("images.raw",)):
    return FileCheck(function.__name__, "images", (IMAGES,), frozenset(kinds), function)


def by_dataset(function):
    return DatasetCheck(function.__name__, "layout", (LAYOUT,), function)


def every_file(file, _dataset):
    yield IMAGES.finding(file.entry.key, "looked at")


def whole(found):
    yield LAYOUT.finding(f"{found.names[0]}/", "looked at all")


def test_findings_come_in_one_order_whatever_the_number_of_threads(dataset, checks):
    checks += [by_file(every_file), by_dataset(whole)]
    runs = [[f.key for f in run_checks(dataset, jobs=jobs)] for jobs in (1, 2, 8)]
    assert runs[0] == runs[1] == runs[2]
    assert runs[0][0] == "cpg0099-example/broad/", "layout comes before images"
    assert runs[0][1:] == [BATCH + name for name in next(iter(dataset.folders)).folder.names]


def test_the_policy_sets_the_level_and_off_means_not_run(dataset, checks):
    asked = []

    def expensive(file, _dataset):
        asked.append(file)
        return []

    checks += [by_dataset(whole), by_file(expensive)]
    dataset.policy = Policy("test", "1", {"CPG198": Level.INFO, "CPG398": Level.OFF})
    tally = Tally()
    found = list(run_checks(dataset, jobs=1, tally=tally))
    assert [(f.rule, f.level) for f in found] == [("CPG198", Level.INFO)]
    assert asked == []
    assert tally.checked == {"layout": 100}


def test_only_select_and_ignore_narrow_the_run(dataset, checks):
    checks += [by_dataset(whole), by_file(every_file)]

    def rules_of(**options):
        return {f.rule for f in run_checks(dataset, jobs=1, **options)}

    assert rules_of() == {"CPG198", "CPG398"}
    assert rules_of(only=["images"]) == {"CPG398"}
    assert rules_of(select=["layout-example"]) == {"CPG198"}
    assert rules_of(select=["cpg3*"]) == {"CPG398"}
    assert rules_of(ignore=["image-*"]) == {"CPG198"}


def test_a_crash_is_a_finding_that_names_the_check_and_the_file_and_the_run_goes_on(dataset, checks):
    def fragile(file, _dataset):
        yield IMAGES.finding(file.entry.key, "before")
        if file.entry.key.endswith("f07p01-ch1sk1fk1fl1.tiff"):
            raise ZeroDivisionError

    checks += [by_file(fragile), by_dataset(whole)]
    tally = Tally()
    found = list(run_checks(dataset, jobs=2, tally=tally))
    crash = found[-1]
    assert crash.rule == "CPG901"
    assert crash.key == BATCH + "r01c01f07p01-ch1sk1fk1fl1.tiff"
    assert "fragile" in crash.message
    assert "ZeroDivision" not in crash.message
    assert len(found) == 102, "every file was looked at"
    assert tally.crashed == 1
    assert "ZeroDivisionError" in tally.crash_details[0]


def test_the_same_crash_on_every_file_is_one_finding(dataset, checks):
    def broken(_file, _dataset):
        raise RecursionError

    checks.append(by_file(broken))
    tally = Tally()
    found = list(run_checks(dataset, jobs=2, tally=tally))
    assert [(f.rule, f.count, len(f.examples)) for f in found] == [("CPG901", 100, 10)]
    assert tally.crashed == 100


def test_a_panic_that_is_no_ordinary_exception_is_a_crash_too(dataset, checks):
    class PanicError(BaseException):
        pass

    def panics(_dataset):
        raise PanicError
        yield

    checks.append(by_dataset(panics))
    found = list(run_checks(dataset, jobs=1))
    assert [f.rule for f in found] == ["CPG901"]
    assert found[0].key == "cpg0099-example/broad/"


def test_crashes_are_reported_even_when_they_are_ignored(dataset, checks):
    def broken(_file, _dataset):
        raise RecursionError

    checks.append(by_file(broken))
    dataset.policy = Policy("test", "1", {"CPG901": Level.OFF})
    found = list(run_checks(dataset, jobs=1, ignore=["CPG901"]))
    assert [(f.rule, f.level) for f in found] == [("CPG901", Level.ERROR)]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "no permission"),
        (errno.EIO, "input/output error"),
        (errno.ENOENT, "vanished"),
        (errno.ESTALE, "disconnected"),
        (errno.ENOSPC, "the system says"),
    ],
)
def test_what_the_system_refuses_is_said_in_plain_words_once_for_each_folder(dataset, checks, number, words):
    def refused(file, _dataset):
        raise OSError(number, "Some reason", file.entry.path)

    def refused_too(file, _dataset):
        raise OSError(number, "Some reason", file.entry.path)

    checks += [by_file(refused), by_file(refused_too)]
    tally = Tally()
    found = list(run_checks(dataset, jobs=2, tally=tally))
    assert [(f.rule, f.key, f.count) for f in found] == [("CPG902", BATCH, 100)]
    assert words in found[0].message
    assert tally.crashed == 0


def test_one_unreadable_file_is_named(dataset, checks):
    def refused(file, _dataset):
        if "f07" in file.entry.key:
            raise PermissionError(errno.EACCES, "Permission denied", file.entry.path)
        return []

    checks.append(by_file(refused))
    (found,) = run_checks(dataset, jobs=2)
    assert found.key == BATCH + "r01c01f07p01-ch1sk1fk1fl1.tiff"
    assert found.message == "This file cannot be read: you have no permission to read it"


def test_a_file_that_a_dataset_check_cannot_read_is_named_by_its_key(dataset, checks):
    def reads(_dataset):
        raise FileNotFoundError(errno.ENOENT, "No such file", "/data/BR01/x.tiff")
        yield

    checks.append(by_dataset(reads))
    (found,) = run_checks(dataset, jobs=1)
    assert (found.rule, found.key) == ("CPG902", BATCH + "x.tiff")


def test_an_interruption_is_no_crash(dataset, checks):
    def interrupted(_dataset):
        raise Interrupted("Stopped.", signal_number=15)
        yield

    checks.append(by_dataset(interrupted))
    with pytest.raises(Interrupted):
        list(run_checks(dataset, jobs=1))


HANGING = """
import os, signal, sys, threading
from validator.checks.pool import in_threads

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started the tests with it ignored

def hangs(_item):
    os.write(1, b"reading\\n")  # a thread that holds the lock of print would end Python in its own way
    threading.Event().wait(60)

try:
    list(in_threads(hangs, range(10), 2))
except KeyboardInterrupt:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a busy machine: the next one may come while Python ends
    sys.exit(7)
"""


def test_ctrl_c_does_not_wait_for_a_read_that_hangs():
    """In a process of its own: a signal to the one that runs the tests may end anywhere."""
    process = subprocess.Popen([sys.executable, "-c", HANGING], stdout=subprocess.PIPE, text=True)
    with process.stdout:
        assert process.stdout.readline().startswith("reading")  # two threads may write at once
        began = time.monotonic()
        while process.poll() is None and time.monotonic() - began < 20:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(1)
    assert process.returncode == 7
    assert time.monotonic() - began < 15


def test_only_a_few_files_are_taken_ahead_of_the_results():
    taken = []

    def items():
        for i in range(1000):
            taken.append(i)
            yield i

    results = in_threads(lambda i: i, items(), 2)
    assert next(results) == 0
    assert len(taken) <= 9
    results.close()


def test_an_error_in_a_thread_arrives_in_the_order_of_the_items():
    def fails(i):
        if i == 3:
            raise KeyError(i)
        return i

    results = in_threads(fails, range(10), 3)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(KeyError):
        next(results)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("image-exampel", "image-example"), ("CPG39", "CPG398"), ("layout-exmple", "layout-example")],
)
def test_a_rule_that_does_not_exist_is_answered_with_the_nearest(checks, name, nearest):
    assert checks == []
    with pytest.raises(UsageError) as caught:
        make_selection(select=[name])
    assert name in caught.value.what
    assert nearest in caught.value.mend


def test_an_unknown_family_is_answered_with_all_families():
    with pytest.raises(UsageError, match="colours") as caught:
        make_selection(only=["colours"])
    assert "layout, tables" in caught.value.mend
