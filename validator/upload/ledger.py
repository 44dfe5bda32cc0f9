"""What is known, planned and done of each file of an upload; most of it on disk, so that memory stays flat."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from pathlib import Path

from validator.digests.files import FileState
from validator.digests.parts import ObjectDigest
from validator.models.listing import Entry
from validator.s3.objects import RemoteObject
from validator.upload.files import SelectedFiles
from validator.upload.journal import DoneRecord, UploadRecord
from validator.upload.paged_rows import PagedRows, Row
from validator.upload.plan import Action, PlanItem, goes_whole
from validator.upload.sending import PRESENT, Outcome, State
from validator.upload.tasks import Failure

_ACTIONS = {action.value: action for action in Action}
_STATES = {state.value: state for state in State}
_ARRIVED = frozenset({State.UPLOADED, State.RESUMED})
_SENT = frozenset(state.value for state in _ARRIVED)
_PRESENT = frozenset(state.value for state in PRESENT)
_LISTING, _THERE, _DIGEST, _VERSION, _ACTION, _PART_SIZE, _, _STATE, _AT = range(9)
"""Where a row holds what is asked for often: as accounts, rows take four times as long."""
_said = lru_cache(1024)(datetime.isoformat)
"""Many objects were written in the same second."""
_digest_values = attrgetter(*(field.name for field in fields(ObjectDigest)))


@dataclass(slots=True)
class Account:
    """All that is known of one file.

    Attributes
    ----------
    listing
        Which listing saw the object: 0 none, 1 the one before the upload, 2 the one after it.
    there
        Bytes, ETag and time (ISO, UTC) of what lies at the key.
    digest, version_id
        Digests of the file in its present state, and the version of the object they were sent as.
    action, part_size, replaces
        The plan.
    state
        What became of it; empty as long as nothing did.
    uploaded_at
        When the store received the object (ISO, UTC).
    failure, reason, mend, kept
        Why it did not get there; see `Outcome`.
    """

    listing: int = 0
    there: tuple[int, str, str] | None = None
    digest: ObjectDigest | None = None
    version_id: str | None = None
    action: str = ""
    part_size: int | None = None
    replaces: bool = False
    state: str = ""
    uploaded_at: str = ""
    failure: str = ""
    reason: str = ""
    mend: str = ""
    kept: bool = False

    def to_row(self) -> Row:
        """As plain values; what is not known at the end of the row is left out."""
        digest = None if self.digest is None else _digest_values(self.digest)
        row = (
            *(self.listing, self.there, digest, self.version_id, self.action, self.part_size, self.replaces),
            *(self.state, self.uploaded_at),
        )
        return (*row, self.failure, self.reason, self.mend, self.kept) if self.failure or self.reason else row

    @classmethod
    def from_row(cls, row: Row) -> "Account":
        """From plain values."""
        account = cls(*row)
        if account.digest is not None:
            account.digest = ObjectDigest(*row[2])
        return account

    def remote(self, key: str) -> RemoteObject | None:
        """What lies at the key."""
        if self.there is None:
            return None
        size, etag, modified = self.there
        return RemoteObject(key, size, etag, datetime.fromisoformat(modified))


_NEW, _TO_SEND = Account().to_row(), Account(action=Action.SEND.value).to_row()


@dataclass(slots=True)
class Present:
    """A file whose bytes are in the bucket.

    Attributes
    ----------
    entry
        The file.
    state
        `State.UPLOADED`, `State.RESUMED` or `State.UNCHANGED`.
    digest, uploaded_at, version_id
        Of its object; see `Outcome`.
    """

    entry: Entry
    state: State
    digest: ObjectDigest
    uploaded_at: str = ""
    version_id: str | None = None


class Ledger:
    """One account for each file, by its position.

    Parameters
    ----------
    files
        The files.
    folder
        Where there is room for a temporary file (100 to 400 bytes a file).

    Attributes
    ----------
    files
        The files.
    planned, planned_bytes
        How many files, and bytes, have each action.
    states
        How many files have each state.
    uploads
        Unfinished multipart uploads that are resumed, by position.
    in_parts
        How many files go in parts, or did in an earlier plan.
    """

    def __init__(self, files: SelectedFiles, folder: Path) -> None:
        self.files = files
        self.planned: Counter[Action] = Counter()
        self.planned_bytes: Counter[Action] = Counter()
        self.states: Counter[State] = Counter()
        self.uploads: dict[int, UploadRecord] = {}
        self.in_parts = 0
        self._rows = PagedRows(len(files), _NEW, folder)

    def __len__(self) -> int:
        return len(self.files)

    def account(self, position: int) -> Account:
        """What is known of a file."""
        return Account.from_row(self._rows[position])

    def _put(self, position: int, account: Account) -> None:
        self._rows[position] = account.to_row()

    def see(self, remote: RemoteObject, listing: int) -> bool:
        """Put down what a listing says of an object; whether it lies at the key of a file of which it said nothing yet."""
        position = self.files.position(remote.key)
        if position is None:
            return False
        there = (remote.size, remote.etag, _said(remote.modified))
        rows = self._rows
        row = rows[position]
        rows[position] = (listing, there, *row[2:])
        return bool(row[_LISTING] != listing)

    def know(self, record: DoneRecord) -> bool:
        """Put down digests of a file if it still is in the state in which they were made; whether it is.

        They may be known for several part sizes: those count that fit the ETag of what lies there.
        """
        position = self.files.position(record.key)
        if position is None:
            return False
        entry, account = self.files.entry(position), self.account(position)
        if FileState(entry.size, entry.stamp) != record.state:
            return False
        there = account.there[1] if account.there else None
        known = account.digest
        fits = there is not None and known is not None and known.is_stored_as(there)
        if fits and there is not None and not record.digest.is_stored_as(there):
            return True
        if known == record.digest and not record.uploaded_at:
            return True  # it was only read again: when it was sent is known already
        account.digest, account.version_id = record.digest, record.version_id
        account.uploaded_at = record.uploaded_at
        self._put(position, account)
        return True

    def plan(self, position: int, item: PlanItem) -> None:
        """Put down what is to be done with a file; a decision that was open may be made later."""
        account, size = self.account(position), item.entry.size
        if account.action:
            before = Action(account.action)
            self.planned[before] -= 1
            self.planned_bytes[before] -= size
        self.planned[item.action] += 1
        self.planned_bytes[item.action] += size
        self.in_parts += item.part_size is not None
        self.uploads.pop(position, None)
        if item.upload is not None:
            self.uploads[position] = item.upload
        if item.digest is not None and item.digest != account.digest:
            account.digest, account.version_id, account.uploaded_at = item.digest, None, ""
        account.action, account.part_size = item.action.value, item.part_size
        account.replaces, account.reason = item.replaces, item.reason
        self._put(position, account)

    def plan_new(self, part_size: int, unfinished: Collection[str] = ()) -> Iterator[tuple[int, Entry]]:
        """Plan to send every file of which nothing is known, if it goes as a whole; position and entry of all others.

        Most files of a first upload are such: one account stands for all of them. They are counted in the sums at the end.

        Parameters
        ----------
        part_size
            See `validator.upload.plan.plan_file`.
        unfinished
            Keys of which multipart uploads were begun.
        """
        rows, count, size = self._rows, 0, 0
        for position, entry in enumerate(self.files):
            if rows[position] == _NEW and entry.key not in unfinished and goes_whole(entry, part_size):
                rows[position] = _TO_SEND
                count += 1
                size += entry.size
            else:
                yield position, entry
        self.planned[Action.SEND] += count
        self.planned_bytes[Action.SEND] += size

    def item(self, position: int) -> PlanItem:
        """The plan for one file."""
        return self._item(position, self.files.entry(position), self.account(position))

    def items(self, *actions: Action) -> Iterator[tuple[int, PlanItem]]:
        """Position and plan of every file, or of those with one of these actions, in the order of the keys.

        While they go by, plans of those that come later must stay as they are.
        """
        if actions and not any(self.planned[action] for action in actions):
            return
        wanted = frozenset(action.value for action in actions or Action)
        for position, (entry, row) in enumerate(zip(self.files, self._rows, strict=True)):
            if row == _TO_SEND and Action.SEND in wanted:
                yield position, PlanItem(entry, Action.SEND)
            elif row[_ACTION] in wanted:
                yield position, self._item(position, entry, Account.from_row(row))

    def open_files(self, listing: int) -> Iterator[tuple[int, PlanItem, Outcome | None, int]]:
        """Position and plan of every file, what became of it so far, and which listing saw its object last.

        Without those that were sent and that this listing holds with the size and the MD5s that were sent: nothing more is
        to be found out about them.
        """
        for position in range(len(self.files)):
            row = self._rows[position]
            if not row[_ACTION] or _is_borne_out(row, listing):
                continue
            account = Account.from_row(row)
            item = self._item(position, self.files.entry(position), account)
            yield position, item, _outcome(item, account) if account.state else None, account.listing

    def _item(self, position: int, entry: Entry, account: Account) -> PlanItem:
        return PlanItem(
            entry,
            _ACTIONS[account.action],
            account.part_size,
            account.remote(entry.key),
            account.replaces,
            account.reason,
            self.uploads.get(position),
            account.digest,
            account.version_id,
        )

    def settle(self, position: int, outcome: Outcome) -> None:
        """Put down what became of a file."""
        row = self._rows[position]
        if row[_STATE]:
            self.states[_STATES[row[_STATE]]] -= 1
        self.states[outcome.state] += 1
        if outcome.state in _ARRIVED and outcome.digest is not None:
            digest = _digest_values(outcome.digest)
            said = (
                digest,
                outcome.version_id,
                *row[_ACTION:_STATE],
                outcome.state.value,
                outcome.uploaded_at,
            )
            self._rows[position] = (*row[:_DIGEST], *said)
            return
        account = Account.from_row(row)
        account.state, account.uploaded_at = outcome.state.value, outcome.uploaded_at
        account.digest, account.version_id = outcome.digest, outcome.version_id
        account.failure = outcome.failure.value if outcome.failure else ""
        account.reason, account.mend, account.kept = outcome.reason, outcome.mend, outcome.kept
        self._put(position, account)

    def outcome(self, position: int) -> Outcome:
        """What became of one file."""
        return self._outcome(position, self.files.entry(position), self.account(position))

    def present(self) -> Iterator[Present]:
        """Every file whose bytes are in the bucket, in the order of the keys."""
        for entry, row in zip(self.files, self._rows, strict=True):
            if row[_STATE] in _PRESENT:
                digest = ObjectDigest(*row[_DIGEST])
                yield Present(entry, _STATES[row[_STATE]], digest, row[_AT], row[_VERSION])

    def outcomes(self, *states: State) -> Iterator[Outcome]:
        """What became of every file, or of those in one of these states, in the order of the keys."""
        if states and not any(self.states[state] for state in states):
            return
        wanted = frozenset(state.value for state in states or State)
        for position, entry in enumerate(self.files):
            row = self._rows[position]
            if row[_STATE] in wanted:
                yield self._outcome(position, entry, Account.from_row(row))

    def _outcome(self, position: int, entry: Entry, account: Account) -> Outcome:
        return _outcome(self._item(position, entry, account), account)

    def known(self) -> Iterator[DoneRecord]:
        """What is known of every file, for the journal: objects that were verified, and digests."""
        for position, entry in enumerate(self.files):
            account = self.account(position)
            if account.digest is not None and account.state != State.FAILED:
                state = FileState(entry.size, entry.stamp)
                at = account.uploaded_at if account.state != State.CONFLICT else ""
                yield DoneRecord(entry.key, state, account.digest, at, account.version_id)


def _is_borne_out(row: Row, listing: int) -> bool:
    """Whether the object was sent and a listing holds it, by an ETag made of MD5s."""
    there, digest = row[_THERE], row[_DIGEST]
    if (
        row[_LISTING] != listing
        or there is None
        or digest is None
        or row[_STATE] not in _SENT
        or not row[_AT]
    ):
        return False
    size, etag, *_, stored_as = digest
    return not stored_as and there[:2] == (size, etag)


def _outcome(item: PlanItem, account: Account) -> Outcome:
    return Outcome(
        item,
        _STATES[account.state],
        account.digest,
        account.uploaded_at,
        Failure(account.failure) if account.failure else None,
        account.reason,
        account.mend,
        account.kept,
        account.version_id,
    )
