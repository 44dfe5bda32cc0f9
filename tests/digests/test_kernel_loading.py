import hashlib
import importlib.util
import os
import sys

import pytest

from validator.digests import kernel_loading
from validator.digests.kernel_loading import KernelSoon, is_right_and_fast, load_kernel
from validator.digests.strands import STRANDS, md5s

fast = pytest.mark.skipif(
    importlib.util.find_spec("llvmlite") is None,
    reason="llvmlite is not installed (pip install 'cpgate[fast]')",
)


@fast
def test_what_was_translated_for_this_machine_is_right():
    from validator.digests.md5_kernel import translate

    engine, address = translate()
    assert engine
    assert address
    kernel = load_kernel()
    runs = [os.urandom(1000)] * STRANDS
    assert md5s(kernel, runs) == [hashlib.md5(run).hexdigest() for run in runs]


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
