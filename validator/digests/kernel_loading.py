"""Get the kernel that digests side by side ready: found, and tried out.

It needs llvmlite (``pip install 'cpgate[fast]'``). Without it, and where it is not faster than hashlib, everything goes
through hashlib, with the same result.
"""

import ctypes
import hashlib
import os
import sys
import time
from collections.abc import Callable, Sequence
from threading import Thread

from validator.digests.strands import STRANDS, Kernel, Words, md5_side_by_side

WORTH_BYTES = 128 * 1024**2
"""Bytes to read from which on a fifth of a second is well spent on the kernel."""
PROBE_BYTES = 128 * 1024
AT_LEAST_FASTER = 1.5
_clock = time.perf_counter if sys.platform == "win32" else time.thread_time
"""What Windows says of a thread is too coarse."""
_SOURCES = ctypes.c_void_p * STRANDS


def load_kernel() -> Kernel | None:
    """Return the kernel, once it has shown on this machine that it is right and fast; ``None`` where there is none.

    Takes a fifth of a second.
    """
    if sys.byteorder != "little":
        return None  # the words of a block are taken as they lie in memory
    try:
        from validator.digests.md5_kernel import translate  # noqa: PLC0415  llvmlite is dear, and not everywhere

        engine, address = translate()
    except (ImportError, OSError, RuntimeError):
        return None  # not installed, or LLVM does not know this machine
    function = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)(
        address
    )

    def kernel(sources: Sequence[int], first: int, count: int, state: Words) -> None:
        function(_SOURCES(*sources), first, count, state)  # other threads run meanwhile

    kernel.engine = engine  # type: ignore[attr-defined]  # the machine code goes with it
    return kernel if is_right_and_fast(kernel) else None


class KernelSoon:
    """A kernel that is got ready in a thread of its own, from now on.

    Attributes
    ----------
    kernel
        ``None`` as long as there is none.
    """

    def __init__(self, load: Callable[[], Kernel | None] = load_kernel) -> None:
        self.kernel: Kernel | None = None

        def get_ready() -> None:
            self.kernel = load()

        self.thread = Thread(target=get_ready, daemon=True)
        self.thread.start()


def is_right_and_fast(kernel: Kernel) -> bool:
    """Whether a kernel gives the MD5s that hashlib gives, in clearly less time."""
    data = os.urandom(PROBE_BYTES)
    uneven = [data[: 1000 + strand * 37] for strand in range(STRANDS)]
    if md5_side_by_side(kernel, uneven) != _one_by_one(uneven):
        return False
    even = [data] * STRANDS
    expected, slow = _timed(lambda: _one_by_one(even))
    found, fast = _timed(lambda: md5_side_by_side(kernel, even))
    return found == expected and fast * AT_LEAST_FASTER < slow


def _one_by_one(runs: Sequence[bytes]) -> list[str]:
    return [hashlib.md5(run, usedforsecurity=False).hexdigest() for run in runs]


def _timed(work: Callable[[], list[str]]) -> tuple[list[str], float]:
    """What comes of it, and the shortest of three times of the processor: others use this machine, too."""
    times, found = [], []
    for _ in range(3):
        begun = _clock()
        found = work()
        times.append(_clock() - begun)
    return found, min(times)
