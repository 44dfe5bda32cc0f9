import hashlib
import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from validator.digests import kernel_loading
from validator.digests.kernel_loading import (
    KernelSoon,
    NotCompiled,
    compile_kernel,
    is_right_and_fast,
    load_kernel,
)
from validator.digests.strands import STRANDS, md5s

numba = pytest.mark.skipif(
    importlib.util.find_spec("numba") is None,
    reason="numba is not installed (pip install 'cpgate[fast]')",
)
LOAD = """
import sys
from validator.digests.kernel_loading import NotCompiled, load_kernel
try:
    kernel = load_kernel()
except NotCompiled:
    print("not compiled", "validator.digests.md5_kernel" in sys.modules)
else:
    print("loaded", kernel is not None)
"""


@numba
def test_the_kernel_is_compiled_by_a_process_of_its_own_and_then_found(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))

    def load() -> str:
        return subprocess.check_output([sys.executable, "-c", LOAD], text=True, timeout=120).strip()

    assert load() == "not compiled False"
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
    compile_kernel()
    assert any(path.is_file() for path in tmp_path.rglob("*"))
    assert load() in {"loaded True", "loaded False"}  # False where this machine's registers are too narrow


@numba
def test_a_kernel_that_is_loaded_is_right():
    try:
        kernel = load_kernel()
    except NotCompiled:
        compile_kernel()
        kernel = load_kernel()
    runs = [os.urandom(1000)] * STRANDS
    assert md5s(kernel, runs) == [hashlib.md5(run).hexdigest() for run in runs]


def test_a_kernel_that_is_wrong_is_not_used():
    def wrong(_sources, _first, _count, state):
        state[:] = np.uint32(0)

    assert not is_right_and_fast(wrong)


@numba
def test_a_kernel_that_is_slow_is_not_used():
    from validator.digests.md5_kernel import advance

    def slow(*given):
        hashlib.md5(bytes(16 << 20))
        advance(*given)

    assert not is_right_and_fast(slow)


def test_without_numba_there_is_no_kernel(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setitem(sys.modules, "numba.core", None)
    assert load_kernel() is None


def test_words_are_taken_as_they_lie_in_memory(monkeypatch):
    monkeypatch.setattr(kernel_loading.sys, "byteorder", "big")
    assert load_kernel() is None


def kernel(*_):
    raise NotImplementedError


def later(tries: int):
    """Loads the kernel when it was asked so many times before."""
    asked = []

    def load():
        asked.append(1)
        if len(asked) <= tries:
            raise NotCompiled
        return kernel

    return load


def test_it_is_compiled_once_where_that_was_asked_for():
    made, waited = [], []
    soon = KernelSoon(compile_it=True, load=later(2), make=lambda: made.append(1), wait=waited.append)
    soon.thread.join()
    assert (soon.kernel, len(made), len(waited)) == (kernel, 1, 1)


def test_others_wait_for_it():
    made, waited = [], []
    soon = KernelSoon(compile_it=False, load=later(3), make=lambda: made.append(1), wait=waited.append)
    soon.thread.join()
    assert (soon.kernel, made, len(waited)) == (kernel, [], 3)


def test_waiting_has_an_end():
    soon = KernelSoon(compile_it=False, load=later(1000), wait=lambda _: None)
    soon.thread.join()
    assert soon.kernel is None
