"""What digests side by side, for tests that need it."""

import pytest

from validator.digests.kernel_loading import KernelSoon, load_kernel


@pytest.fixture(scope="session")
def kernel():
    """The kernel of this machine."""
    pytest.importorskip("llvmlite", reason="llvmlite is not installed (pip install 'cpgate[fast]')")
    kernel = load_kernel()
    if kernel is None:
        pytest.skip("hashlib is as fast on this machine")
    return kernel


@pytest.fixture(scope="session")
def soon(kernel):
    """The kernel as a worker gets it."""
    soon = KernelSoon(lambda: kernel)
    soon.thread.join()
    return soon
