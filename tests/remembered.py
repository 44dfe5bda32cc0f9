"""All that journals say, held in memory: what tests compare, and the uploader only passes on."""

from dataclasses import dataclass, field
from pathlib import Path

from validator.digests.files import FileState
from validator.digests.parts import ObjectDigest
from validator.upload.journal import DoneRecord
from validator.upload.journal_reading import JournalState, read_journal


@dataclass
class Remembered:
    """The state, and what was told beside it: objects that were verified, and digests of files, by key."""

    state: JournalState = field(default_factory=JournalState)
    done: dict[str, DoneRecord] = field(default_factory=dict)
    digests: dict[str, tuple[FileState, ObjectDigest]] = field(default_factory=dict)

    def know(self, record: DoneRecord) -> None:
        self.digests[record.key] = (record.state, record.digest)
        if record.uploaded_at:
            self.done[record.key] = record

    @property
    def uploads(self):
        return self.state.uploads

    @property
    def intents(self):
        return self.state.intents

    @property
    def last_run(self):
        return self.state.last_run

    def digests_of(self, key: str) -> set[ObjectDigest]:
        return {self.digests[key][1], *([self.done[key].digest] if key in self.done else [])}


def remember(folder: Path) -> Remembered:
    known = Remembered()
    known.state = read_journal(folder, known.know)
    return known
