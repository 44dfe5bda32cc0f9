"""Get the kernel that digests side by side ready: found, tried out, and compiled where it has not been yet.

It needs numba (``pip install 'cpgate[fast]'``), which compiles it once on a machine; that takes ten seconds of a processor
and much memory, so a process of low priority does it. Until then, and where the kernel is not faster than hashlib, everything
goes through hashlib, with the same result.
"""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from validator.digests.strands import STRANDS, Kernel, md5_side_by_side

PROBE_BYTES = 64 * 1024
AT_LEAST_FASTER = 1.5
WAIT_SECONDS = 5.0
WAITS = 24
"""How often it is looked whether another process has compiled it meanwhile."""
_COMPILE = "import os; os.nice(19) if hasattr(os, 'nice') else None; import validator.digests.md5_kernel"


class NotCompiled(Exception):
    """The kernel would have to be compiled first."""


def load_kernel() -> Kernel | None:
    """Return the kernel, once it has shown on this machine that it is right and fast; ``None`` where there is none.

    Takes half a second.

    Raises
    ------
    NotCompiled
        If it was not compiled yet, for this processor and this Python.
    """
    if sys.byteorder != "little":
        return None  # the words of a block are taken as they lie in memory
    try:
        kernel = _import_compiled()
    except (ImportError, RuntimeError, OSError):
        return None  # not installed, not made for this numpy, or no folder for what is compiled
    return kernel if is_right_and_fast(kernel) else None


def _import_compiled() -> Kernel:
    from numba.core import event  # noqa: PLC0415  numba is dear, and not everywhere

    class Refusal(event.Listener):
        """Numba asks whoever listens before it compiles, not before it loads what is compiled."""

        def on_start(self, event: object) -> None:  # noqa: ARG002  numba's signature
            raise NotCompiled

        def on_end(self, event: object) -> None:
            """Nothing was begun."""

    refusal = Refusal()
    event.register("numba:compile", refusal)
    try:
        from validator.digests.md5_kernel import advance  # noqa: PLC0415
    finally:
        event.unregister("numba:compile", refusal)
    kernel: Kernel = advance
    return kernel


def compile_kernel() -> None:
    """Compile the kernel in a process of low priority and wait for it."""
    path = os.pathsep.join([str(Path(__file__).resolve().parents[2]), *sys.path])
    subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-P", "-c", _COMPILE],
        env=os.environ | {"PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )


class KernelSoon:
    """A kernel that is got ready in a thread of its own, from now on.

    Parameters
    ----------
    compile_it
        Whether it is compiled if need be; else it is waited for that somebody else does.

    Attributes
    ----------
    kernel
        ``None`` as long as there is none.
    """

    def __init__(
        self,
        *,
        compile_it: bool,
        load: Callable[[], Kernel | None] = load_kernel,
        make: Callable[[], None] = compile_kernel,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self.kernel: Kernel | None = None
        self._load, self._wait = load, wait
        self._make = make if compile_it else None
        self.thread = Thread(target=self._get_ready, daemon=True)
        self.thread.start()

    def _get_ready(self) -> None:
        for _ in range(WAITS):
            try:
                self.kernel = self._load()
            except NotCompiled:
                pass
            else:
                return
            if self._make is not None:
                self._make()
                self._make = None
            else:
                self._wait(WAIT_SECONDS)


def is_right_and_fast(kernel: Kernel) -> bool:
    """Whether a kernel gives the MD5s that hashlib gives, in clearly less time."""
    data = os.urandom(PROBE_BYTES + STRANDS * 37)
    probes = [memoryview(data)[: PROBE_BYTES + strand * 37] for strand in range(STRANDS)]
    expected, slow = _timed(
        lambda: [hashlib.md5(probe, usedforsecurity=False).hexdigest() for probe in probes]
    )
    found, fast = _timed(lambda: md5_side_by_side(kernel, probes))
    return found == expected and fast * AT_LEAST_FASTER < slow


def _timed(work: Callable[[], list[str]]) -> tuple[list[str], float]:
    """What comes of it, and the shortest of three times: others use this machine, too."""
    times, found = [], []
    for _ in range(3):
        begun = time.perf_counter()
        found = work()
        times.append(time.perf_counter() - begun)
    return found, min(times)
