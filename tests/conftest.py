"""What many tests use."""

import os
import signal
import threading
from pathlib import Path

import pytest
from dataset_builder import Case, build
from format_libraries import format_python  # noqa: F401  a fixture for every test
from hypothesis import settings
from kernel_fixtures import kernel, soon  # noqa: F401  fixtures for every test
from s3_fixtures import quilt_folders, s3_server, store  # noqa: F401  fixtures for every test

settings.register_profile("cpgate", deadline=None)  # a busy machine is no defect of a test
settings.load_profile("cpgate")

# What tests run in processes of their own is not measured: that costs a third of the time.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)

# pytest-xdist tells its processes how wide the terminal is; what commands print would be wrapped there, and not elsewhere.
os.environ.pop("COLUMNS", None)

# A shell that starts the tests in the background lets them ignore Ctrl-C, and every program that they start would, too.
if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    and threading.current_thread() is threading.main_thread()
):
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def build_dataset(tmp_path):
    """Call it with the fields of a case to get the folder of a dataset."""

    def make(**fields):
        return build(tmp_path, Case.read(fields))

    return make


@pytest.fixture
def corpus():
    """Folder of real cases; the test is skipped where it is not at hand."""
    folder = os.environ.get("CPGATE_CORPUS")
    if not folder:
        pytest.skip("CPGATE_CORPUS does not say where the corpus of real cases lies")
    return Path(folder)
