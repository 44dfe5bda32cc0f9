"""What an upload does when its keys have expired: wait for others, and say so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from time import monotonic, sleep
from typing import TYPE_CHECKING

from validator.errors import CpgateError, CredentialsError
from validator.s3.client import make_client
from validator.s3.failures import KeysExpired, NoRight
from validator.s3.objects import list_objects
from validator.s3.settings import S3Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

POLL_SECONDS = 2.0
SLOW_POLL_SECONDS = 10.0
SLOW_AFTER_SECONDS = 60.0
ROUNDS_WITHOUT_PROGRESS = 30
ROUND_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class KeysAwaited:
    """The upload stands still until there are other keys.

    Attributes
    ----------
    what
        Why, a sentence.
    files
        Where new keys are looked for, if they come from files.
    seconds
        How long it will wait; infinite where a person is there to end it.
    """

    what: str
    files: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class KeysCame:
    """The upload goes on, after so many seconds."""

    seconds: float


KeyNews = KeysAwaited | KeysCame


@contextmanager
def patient(client: "S3Client", wait: "KeyWait") -> Iterator[None]:
    """Let the requests of a client wait for other keys as long as the block runs."""
    from validator.s3.patience import make_patient  # noqa: PLC0415  boto3 takes 0.3 s

    undo = make_patient(client, wait)
    try:
        yield
    finally:
        undo()


class KeyWait:
    """Waits for keys that the store accepts.

    Parameters
    ----------
    settings
        Where keys come from; they are read anew for each look.
    bucket, prefix
        What they must be good for.
    seconds
        How long to wait in all for other keys.
    tell
        Is told when the waiting begins and ends.
    """

    def __init__(
        self, settings: S3Settings, bucket: str, prefix: str, seconds: float, tell: Callable[[KeyNews], None]
    ) -> None:
        self._settings = settings
        self._bucket = bucket
        self._prefix = prefix
        self._seconds = seconds
        self._tell = tell
        self._rounds = 0
        self._ended = float("-inf")
        self._one_at_a_time = Lock()
        self._given_up: tuple[float, CredentialsError] | None = None
        self.should_stop: Callable[[], bool] = lambda: False

    def __call__(self, error: CpgateError) -> None:
        """Return when a request with the keys of this moment goes through, or somebody wants to stop.

        Of several threads one waits, and what comes of it holds for all.

        Raises
        ------
        CredentialsError
            If no other keys came in time, none can come, or the new ones lack the right to this prefix.
        """
        if self.should_stop():
            raise error
        began = monotonic()
        with self._one_at_a_time:
            if self._ended > began:
                return
            if self._given_up is not None and self._given_up[0] > began:
                raise self._given_up[1]
            try:
                self._wait(error)
            except CredentialsError as end:
                self._given_up = monotonic(), end
                raise

    def _wait(self, error: CpgateError) -> None:
        began = monotonic()
        self._note_round(began, error)
        if self._is_good():
            self._ended = monotonic()
            return
        if self._seconds <= 0:
            raise error
        self._tell(KeysAwaited(error.what, self._files(error), self._seconds))
        while not self.should_stop():
            waited = monotonic() - began
            if waited > self._seconds:
                within = f"{self._seconds:.0f} s" if self._seconds < 120 else f"{self._seconds / 60:,.0f} min"
                raise CredentialsError(
                    f"{error.what}; no other keys came within {within}", error.mend
                ) from error
            sleep(POLL_SECONDS if waited < SLOW_AFTER_SECONDS else SLOW_POLL_SECONDS)
            if self._is_good():
                self._tell(KeysCame(monotonic() - began))
                break
        self._ended = monotonic()

    def _note_round(self, now: float, error: CpgateError) -> None:
        """Keys that pass here and fail in the transfer again and again are no reason to go on for ever."""
        self._rounds = self._rounds + 1 if now - self._ended < ROUND_SECONDS else 0
        if self._rounds > ROUNDS_WITHOUT_PROGRESS:
            raise error
        if self._rounds:
            sleep(1.0)  # the others look at a file with keys once a second

    def _is_good(self) -> bool:
        try:
            client = make_client(self._settings)
            next(list_objects(client, self._bucket, self._prefix, page_size=1), None)
        except NoRight:
            raise
        except CpgateError:  # half a file, a network that is away, too: the next look may find better
            return False
        return True

    def _files(self, error: CpgateError) -> tuple[str, ...]:
        """Where new keys are looked for.

        Raises
        ------
        CredentialsError
            If none can come: those of the environment stay what they are as long as a command runs.
        """
        from validator.s3.credentials import credentials_of  # noqa: PLC0415  boto3 takes 0.3 s

        try:
            found = credentials_of(make_client(self._settings))
        except CredentialsError:  # there is no file with keys at this moment
            return (self._settings.credentials_file or "~/.aws/credentials",)
        if found is None or not found.renewable:
            raise KeysExpired(
                error.what,
                "keys of the environment cannot change while a command runs: set new ones and run it again, it goes on "
                "where it stopped; with --credentials-file it waits for new keys by itself",
            ) from error
        return tuple(str(path) for path in found.files)
