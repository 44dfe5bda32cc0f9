"""Runs commands of the demo as they would be typed, away from the user's own keys, proxies and state."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


def demo_environment(folder: Path) -> dict[str, str]:
    """Return the environment of the demo's commands.

    Credentials are the demo's own, ``~/.aws`` is not looked at, no proxy stands before 127.0.0.1.
    """
    nothing = folder / "no-aws-config"
    nothing.touch()
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_") and not name.lower().endswith("_proxy")
    }
    return kept | {
        "AWS_ACCESS_KEY_ID": "demo",
        "AWS_SECRET_ACCESS_KEY": "demo",
        "AWS_CONFIG_FILE": str(nothing.resolve()),
        "AWS_SHARED_CREDENTIALS_FILE": str(nothing.resolve()),
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


class Commands:
    """Runs ``cpgate`` commands in a folder; their output goes where the demo's own goes.

    Parameters
    ----------
    folder
        The current folder of the commands, so that paths are short.
    environment
        Their environment.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = dict(environment)

    def run(self, arguments: Sequence[str]) -> int:
        """Run a command to its end; returns its exit code."""
        with self.started(arguments) as process:
            return process.wait()

    @contextmanager
    def started(self, arguments: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
        """Start a command in a process group of its own; nothing of it is left at the end."""
        process = subprocess.Popen(  # noqa: S603  our own command
            [sys.executable, "-m", "validator", *arguments],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started, as a power cut would: no signal handler runs."""
    if sys.platform == "win32":
        subprocess.run(  # noqa: S603  a fixed command
            ["taskkill", "/F", "/T", "/PID", str(process.pid)],  # noqa: S607  from the system's own path
            check=False,
            capture_output=True,
        )
    else:
        with suppress(ProcessLookupError, PermissionError):  # it may have ended already
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
