"""quilt3 reports its use to its makers unless it is told not to: behind a proxy that lets nothing out it is seen to ask."""

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest
from scripted_store import tunnel_proxy
from servers import CREDENTIALS
from uploaded import Uploaded

pytestmark = [
    pytest.mark.full,  # it is imported anew, each time in a process of its own
    pytest.mark.skipif(find_spec("quilt3") is None, reason="the extra quilt is not installed"),
]

BY_ITSELF = "import sys, quilt3; quilt3.Package.browse(sys.argv[1], registry=sys.argv[2])"


@pytest.fixture
def uploaded(tmp_path, store):
    return Uploaded(tmp_path, store)


@pytest.fixture
def asked(uploaded, tmp_path):
    """Run a program; gives the addresses that it wanted to reach beyond this machine."""

    def run(*command: str, **more: str) -> list[str]:
        home = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_DATA_HOME": str(tmp_path / "share")}
        with tunnel_proxy("nobody", "knows this login") as (proxy, addresses):
            outside = "http://" + proxy.rpartition("@")[2]
            environment = os.environ | CREDENTIALS | home | more
            environment |= {"HTTPS_PROXY": outside, "HTTP_PROXY": outside, "NO_PROXY": "127.0.0.1"}
            environment |= {"AWS_ENDPOINT_URL": uploaded.store.endpoint}
            done = subprocess.run(
                [sys.executable, *command],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
        assert done.returncode == 0, done.stderr
        return addresses

    return run


def test_nothing_is_reported(asked, uploaded):
    registry = f"s3://{uploaded.store.bucket}"
    publish = ["-m", "validator", "package", "lab/heart", "--registry", registry, "-m", "Now"]
    publish += ["--receipt", str(uploaded.receipt)]
    assert asked(*publish) == []
    assert asked(*publish, QUILT_DISABLE_USAGE_METRICS="no") == [], "whatever the surroundings say"
    told = asked("-c", BY_ITSELF, "lab/heart", registry, QUILT_DISABLE_USAGE_METRICS="")
    assert any("CONNECT telemetry." in line for line in told), "quilt3 by itself would report, and be seen"
