"""What an upload plans, and what became of it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from validator.errors import ExitCode
from validator.manifests.receipt import ReceiptSummary
from validator.models.configuration import IgnoredFiles
from validator.upload.destination import Destination
from validator.upload.key_wait import KeyNews
from validator.upload.ledger import Ledger
from validator.upload.plan import Action, PlanItem
from validator.upload.sending import Outcome, Retried, State
from validator.upload.sweeping import Sweep
from validator.workflows.admission import Admission
from validator.workflows.upload_unsent import Unsent

if TYPE_CHECKING:
    from validator.workflows.upload_provenance import WrittenProvenance


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan, before anything is sent.

    Attributes
    ----------
    ledger
        What is planned for each selected file.
    destination
        Where they go.
    ignored
        Files that the configuration leaves out, by the patterns that do.
    junk
        How many files of operating systems and editors stay here.
    unsent
        What is selected and cannot be sent: links that lead nowhere, folders that cannot be read.
    """

    ledger: Ledger
    destination: Destination
    ignored: Sequence[IgnoredFiles] = ()
    junk: int = 0
    unsent: Sequence[Unsent] = ()

    @property
    def failing(self) -> int:
        """How many things cannot be sent without which the upload is incomplete."""
        return sum(thing.fails for thing in self.unsent)

    def items(self, *actions: Action) -> Iterator[PlanItem]:
        """The plan of every file, or of those with one of these actions, in the order of the keys."""
        return (item for _, item in self.ledger.items(*actions))

    def files(self, *actions: Action) -> int:
        """How many files have one of these actions."""
        return sum(self.ledger.planned[action] for action in actions)

    def size(self, *actions: Action) -> int:
        """Bytes of these files."""
        return sum(self.ledger.planned_bytes[action] for action in actions)

    @property
    def bytes_there(self) -> int:
        """Bytes of files to resume that the bucket already holds."""
        uploads = self.ledger.uploads.values()
        return sum(part.size for upload in uploads for part in upload.parts.values())


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person should know and that changes nothing, one sentence; ``now`` while something is under way."""

    text: str
    now: bool = False


News = Admission | Planned | Outcome | Retried | KeyNews | Notice
"""What an upload tells while it runs: the check, the plan, each file that was sent, what had to be done again,
when it waits for keys, and who else was heard of."""
Tell = Callable[[News], None]


@dataclass(frozen=True, slots=True)
class UploadResult:
    """What became of an upload.

    Attributes
    ----------
    admission
        What the check said.
    planned
        The plan; ``None`` when the upload was refused.
    ledger
        What became of each selected file; ``None`` after a dry run or a refusal.
    bytes_sent
        Bytes of files that went over the network in this run.
    bytes_copied
        Bytes that the store has copied by itself, from another bucket.
    by_checksum
        Objects in the bucket whose ETag says nothing, so that a checksum decided.
    sweep
        What the search for unfinished uploads found.
    receipt
        The receipt on disk.
    provenance
        Manifests that name the derived products; empty without a recipe.
    receipts_of_batches
        One for each batch, beside it; empty unless asked for.
    receipt_key
        Its key in the bucket, or empty.
    seconds
        Duration of the transfer.
    receipt_held
        Whether an earlier run wrote the receipt, and it still says it all.
    """

    admission: Admission
    planned: Planned | None = None
    ledger: Ledger | None = None
    bytes_sent: int = 0
    sweep: Sweep | None = None
    receipt: ReceiptSummary | None = None
    receipt_key: str = ""
    seconds: float = 0.0
    receipt_held: bool = False
    receipts_of_batches: Sequence[ReceiptSummary] = ()
    bytes_copied: int = 0
    by_checksum: int = 0
    provenance: "Sequence[WrittenProvenance]" = ()

    @property
    def states(self) -> Counter[State]:
        """How many files have each state."""
        return self.ledger.states if self.ledger else Counter()

    def outcomes(self, *states: State) -> Iterator[Outcome]:
        """What became of every file, or of those in one of these states, in the order of the keys."""
        return self.ledger.outcomes(*states) if self.ledger else iter(())

    @property
    def failed(self) -> int:
        """How many files failed, with those that could not even be listed."""
        return self.states[State.FAILED] + (self.planned.failing if self.planned else 0)

    @property
    def exit_code(self) -> ExitCode:
        """0; 1 refused or conflicts; 4 files failed, or a check crashed."""
        if self.planned is None:
            return ExitCode.FAILURE if self.admission.report.end.crashed else ExitCode.FINDINGS
        if self.failed:
            return ExitCode.FAILURE
        conflicts = self.states[State.CONFLICT] or self.planned.files(Action.CONFLICT)
        return ExitCode.FINDINGS if conflicts else ExitCode.CLEAN
