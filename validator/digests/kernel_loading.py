"""Get the kernel that digests side by side ready: found, and tried out.

It needs llvmlite (``pip install 'cpgate[fast]'``). Without it, and where it is not faster than hashlib, everything goes
through hashlib, with the same result.
"""

import ctypes
import hashlib
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread

from validator import __version__
from validator.digests.kept_code import KeptCode
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

    Takes a fifth of a second the first time, and a twentieth from then on: what was right and fast is kept.
    """
    if sys.byteorder != "little":
        return None  # the words of a block are taken as they lie in memory
    try:
        from validator.digests.md5_kernel import translate  # noqa: PLC0415  llvmlite is dear, and not everywhere

        kept = kept_code()
        if (known := _kept_kernel(kept)) is not None:
            return known
        code = translate()
        kernel = _kernel_of(code)
    except (ImportError, OSError, RuntimeError):
        return None  # not installed, or LLVM does not know this machine
    if not is_right_and_fast(kernel):
        return None
    kept.write(code)
    return kernel


def _kept_kernel(kept: KeptCode) -> Kernel | None:
    code = kept.read()
    if code is None:
        return None
    try:
        kernel = _kernel_of(code)
    except RuntimeError:
        return None
    return kernel if is_right(kernel) else None


def kept_code() -> KeptCode:
    """Where the kernel's code is kept for this processor; needs llvmlite."""
    from validator.digests import machine_code, md5_kernel  # noqa: PLC0415  llvmlite is dear, and not everywhere

    try:
        source = b"".join(Path(str(module.__file__)).read_bytes() for module in (md5_kernel, machine_code))
    except OSError:  # in an archive
        source = __version__.encode()
    made_by = machine_code.translator(), hashlib.sha256(source).hexdigest()
    return KeptCode(*made_by, platform.machine(), *machine_code.processor())


def _kernel_of(code: bytes) -> Kernel:
    from validator.digests.machine_code import load_machine_code  # noqa: PLC0415  it needs llvmlite
    from validator.digests.md5_kernel import NAME  # noqa: PLC0415  likewise

    engine, address = load_machine_code(code, NAME)
    if not address:
        raise RuntimeError(NAME)
    function = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)(
        address
    )

    def kernel(sources: Sequence[int], first: int, count: int, state: Words) -> None:
        function(_SOURCES(*sources), first, count, state)  # other threads run meanwhile

    kernel.engine = engine  # type: ignore[attr-defined]  # the machine code goes with it
    return kernel


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


def is_right(kernel: Kernel) -> bool:
    """Whether a kernel gives the MD5s that hashlib gives, of runs of several lengths."""
    data = os.urandom(PROBE_BYTES)
    uneven = [data[: 1000 + strand * 37] for strand in range(STRANDS)]
    return md5_side_by_side(kernel, uneven) == _one_by_one(uneven)


def is_right_and_fast(kernel: Kernel) -> bool:
    """Whether a kernel gives the MD5s that hashlib gives, in clearly less time."""
    if not is_right(kernel):
        return False
    even = [os.urandom(PROBE_BYTES)] * STRANDS
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
