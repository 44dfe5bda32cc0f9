import hashlib
import importlib.util
import os
import sys

import pytest

from validator.digests import kernel_loading
from validator.digests.kept_code import KeptCode
from validator.digests.kernel_loading import KernelSoon, is_right_and_fast, kept_code, load_kernel
from validator.digests.strands import STRANDS, md5s

fast = pytest.mark.skipif(
    importlib.util.find_spec("llvmlite") is None,
    reason="llvmlite is not installed (pip install 'cpgate[fast]')",
)


@pytest.fixture(autouse=True)
def kept(monkeypatch, tmp_path) -> KeptCode:
    """A cache of its own."""
    kept = KeptCode("for tests", folder=tmp_path / "cache")
    monkeypatch.setattr(kernel_loading, "kept_code", lambda: kept)
    return kept


def assert_right(kernel):
    runs = [os.urandom(1000)] * STRANDS
    assert md5s(kernel, runs) == [hashlib.md5(run).hexdigest() for run in runs]


@fast
def test_what_was_translated_for_this_machine_is_right():
    from validator.digests.machine_code import load_machine_code
    from validator.digests.md5_kernel import NAME, translate

    engine, address = load_machine_code(translate(), NAME)
    assert engine
    assert address
    assert_right(load_kernel())


@fast
def test_what_was_right_and_fast_is_not_translated_again(kept, monkeypatch):
    from validator.digests import md5_kernel

    if load_kernel() is None:
        pytest.skip("hashlib is as fast on this machine")
    code = kept.read()
    monkeypatch.setattr(md5_kernel, "translate", lambda: pytest.fail("it is there"))
    assert_right(load_kernel())
    assert kept.read() == code


@fast
def test_kept_code_that_is_wrong_is_translated_again(kept, monkeypatch):
    if load_kernel() is None:
        pytest.skip("hashlib is as fast on this machine")
    code = kept.read()
    kept.write(code)
    verdicts = iter([False, True])
    monkeypatch.setattr(kernel_loading, "is_right", lambda _: next(verdicts))
    assert_right(load_kernel())
    assert next(verdicts, None) is None
    assert kept.read() == code


@fast
def test_code_is_kept_by_what_made_it(monkeypatch):
    monkeypatch.undo()
    from validator.digests import machine_code

    before = kept_code()
    assert vars(kept_code()) == vars(before)
    monkeypatch.setattr(machine_code, "processor", lambda: ("another", ""))
    assert vars(kept_code()) != vars(before)


def test_a_kernel_that_is_wrong_is_not_used():
    def wrong(_sources, _first, _count, state):
        state[0] = 0

    assert not is_right_and_fast(wrong)


@fast
def test_a_kernel_that_is_slow_is_not_used():
    quick = load_kernel()
    if quick is None:
        pytest.skip("hashlib is as fast on this machine")

    def slow(*given):
        hashlib.md5(bytes(16 << 20))
        quick(*given)

    assert not is_right_and_fast(slow)


def test_without_llvmlite_there_is_no_kernel(monkeypatch):
    monkeypatch.delitem(sys.modules, "validator.digests.md5_kernel", raising=False)
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    assert load_kernel() is None


@fast
def test_a_machine_that_llvm_does_not_know(monkeypatch):
    from validator.digests import md5_kernel

    def translate():
        raise RuntimeError("No available targets are compatible with triple")

    monkeypatch.setattr(md5_kernel, "translate", translate)
    assert load_kernel() is None


def test_words_are_taken_as_they_lie_in_memory(monkeypatch):
    monkeypatch.setattr(kernel_loading.sys, "byteorder", "big")
    assert load_kernel() is None


def test_a_kernel_comes_later():
    def kernel(*_):
        raise NotImplementedError

    soon = KernelSoon(lambda: kernel)
    soon.thread.join()
    assert soon.kernel is kernel
