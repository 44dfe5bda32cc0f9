"""The demo: a plate from its first check to a verified receipt, with a kill in the middle of the upload."""

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Protocol

from validator.errors import CpgateError, UsageError
from validator.manifests.receipt import Receipt
from validator.reporters.numbers import counted, duration, size
from validator.workflows.demo_commands import Commands, demo_environment, kill_group
from validator.workflows.demo_defects import DEFECTS
from validator.workflows.demo_server import EmbeddedServer, embedded_server

BUCKET = "staging-demo"
DATASET = "cpg0099-demo/lab"
MARK = ".made-by-cpgate-demo"
OURS = (
    "first", "mended", "state", "first-report.jsonl", "cpgate-report.jsonl", "no-aws-config", "server.log",
    "cpg0099-demo_lab_*.jsonl",
)  # fmt: skip
HALF = 0.5
POLL_SECONDS = 0.02
SETTLE_SECONDS = 0.5  # what was on its way to the server arrives


class DemoFailed(CpgateError):
    """A step of the demo did not do what it should."""


class Narrator(Protocol):
    """Tells the story; the command line prints it."""

    def title(self, step: int, text: str) -> None:
        """A step begins."""

    def command(self, arguments: Sequence[str]) -> None:
        """A command is run."""

    def remark(self, text: str) -> None:
        """What came of it."""

    def cut(self) -> None:
        """A command was killed and could not end its last line."""


@dataclass
class Demo:
    """One run of the demo.

    Attributes
    ----------
    folder
        Where everything is made.
    narrator
        Tells what happens.
    """

    folder: Path
    narrator: Narrator
    step: int = 0

    def run(self) -> None:
        """Tell the whole story.

        Raises
        ------
        UsageError
            If the folder is not empty and not the demo's own, or the server is not installed.
        DemoFailed
            If a step did not do what it should; the message names it.
        """
        begun = time.monotonic()
        prepare_folder(self.folder)
        commands = Commands(self.folder, demo_environment(self.folder))
        with embedded_server(self.folder / "server.log") as server:
            server.make_bucket(BUCKET)
            store = ["--endpoint-url", server.endpoint]
            upload = ["upload", f"mended/{DATASET}", f"s3://{BUCKET}", *store]
            upload += ["--state", "state", "--jobs", "4"]
            self._make(commands)
            self._check_first(commands)
            self._check_mended(commands)
            self._upload_and_kill(commands, server, upload)
            receipt = self._resume(commands, server, upload)
            with self._stage("The receipt against the bucket: a listing, no downloads"):
                self._run(commands, ["verify", receipt, *store], 0)
            with self._stage("The receipt against the disk: every file is read again, no network"):
                self._run(commands, ["verify", receipt, "--local", f"mended/{DATASET}"], 0)
        with self._stage("Done; the server is stopped"):
            self.narrator.remark(f"report    {self.folder / 'cpgate-report.jsonl'}")
            self.narrator.remark(f"receipt   {self.folder / receipt}")
            self.narrator.remark(
                f"the plate {self.folder / 'first'} (with defects), {self.folder / 'mended'}"
            )
            self.narrator.remark(f"all of it took {duration(time.monotonic() - begun)}")

    def _make(self, commands: Commands) -> None:
        with self._stage(
            f"A plate as a lab brings it: 96 wells, 5 channels, {len(DEFECTS)} usual defects; and the same mended"
        ):
            self._run(commands, ["demo", "first", "--make-only", "--defects"], 0)
            self._run(commands, ["demo", "mended", "--make-only", "--no-defects"], 0)

    def _check_first(self, commands: Commands) -> None:
        with self._stage("Check the plate: what is wrong, where, how to mend it"):
            self._run(commands, ["check", f"first/{DATASET}", "--report", "first-report.jsonl"], 1)
            found = found_rules(self.folder / "first-report.jsonl")
            missed = [defect for defect in DEFECTS if defect.rule not in found]
            if missed:
                self._fail("the check did not find " + "; ".join(defect.what for defect in missed))
            self.narrator.remark(f"{len(DEFECTS)} defects were put in, all were found (exit code 1)")

    def _check_mended(self, commands: Commands) -> None:
        with self._stage("Check it again after mending"):
            self._run(commands, ["check", f"mended/{DATASET}"], 0)
            self.narrator.remark("nothing is wrong any more (exit code 0)")

    def _upload_and_kill(self, commands: Commands, server: EmbeddedServer, upload: Sequence[str]) -> None:
        total = sum(path.stat().st_size for path in (self.folder / "mended").rglob("*") if path.is_file())
        with self._stage(
            "Upload it, and pull the plug in the middle of its largest file: SIGKILL to every process"
        ):
            self.narrator.command(upload)
            with commands.started(upload) as process:
                while process.poll() is None and not in_the_middle(server, total):
                    time.sleep(POLL_SECONDS)
                ended = process.poll() is not None
                kill_group(process)
            server.go_on()
            self.narrator.cut()
            time.sleep(SETTLE_SECONDS)
            if ended:
                self._fail(
                    f"the upload ended by itself (exit code {process.returncode}) before it was killed"
                )
            sizes = server.sizes(BUCKET)
            unfinished = server.unfinished(BUCKET)
            parts_there = sum(parts for parts, _ in unfinished)
            there = sum(sizes.values()) + sum(amount for _, amount in unfinished)
            self.narrator.remark(
                f"killed: {counted(len(sizes), 'file')} and {counted(parts_there, 'part')} of a large one "
                f"({size(there)} of {size(total)}) are in the bucket"
            )

    def _resume(self, commands: Commands, server: EmbeddedServer, upload: Sequence[str]) -> str:
        with self._stage("The same command goes on where it stopped, and writes the receipt"):
            self._run(commands, upload, 0)
            receipts = sorted(self.folder.glob("cpg0099-demo_lab_*.jsonl"))
            if len(receipts) != 1:
                self._fail(f"the upload ended well but wrote {len(receipts)} receipts")
            if server.unfinished(BUCKET):
                self._fail("the upload left parts of a file behind in the bucket")
            if not any(entry.state == "resumed" for entry in Receipt(receipts[0]).objects()):
                self._fail("the parts of the large file were not used")
            return receipts[0].name

    def _run(self, commands: Commands, arguments: Sequence[str], expected: int) -> None:
        self.narrator.command(arguments)
        code = commands.run(arguments)
        if code != expected:
            self._fail(f"cpgate {arguments[0]} ended with exit code {code}, expected was {expected}")

    @contextmanager
    def _stage(self, title: str) -> Iterator[None]:
        self.step += 1
        self.narrator.title(self.step, title)
        yield

    def _fail(self, why: str) -> NoReturn:
        raise DemoFailed(
            f"step {self.step} of the demo did not do what it should: {why}",
            f"please report it; everything that was made is still in {self.folder}",
        )


def prepare_folder(folder: Path) -> None:
    """Make the demo's folder; one that an earlier demo made is emptied of what it made.

    Raises
    ------
    UsageError
        If the folder holds anything that no demo made.
    """
    if folder.exists():
        if not folder.is_dir() or (any(folder.iterdir()) and not (folder / MARK).is_file()):
            raise UsageError(
                f"{folder} is there already and was not made by the demo",
                "name a folder that does not exist yet: cpgate demo FOLDER",
            )
        for pattern in OURS:
            for path in folder.glob(pattern):
                _remove(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).touch()
    except OSError as error:
        raise UsageError(
            f"the folder {folder} cannot be made: {error.strerror or error}",
            "name another one: cpgate demo FOLDER",
        ) from error


def in_the_middle(server: EmbeddedServer, total: int) -> bool:
    """Whether half of the bytes are there, and some parts of a large file."""
    parts = server.unfinished(BUCKET)
    there = sum(server.sizes(BUCKET).values()) + sum(amount for _, amount in parts)
    return any(count for count, _ in parts) and there >= total * HALF


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def found_rules(report: Path) -> set[str]:
    """Names of the rules that have findings in a report."""
    records = (json.loads(line) for line in report.read_text(encoding="utf-8").splitlines())
    return {record["slug"] for record in records if record["record"] == "finding"}
