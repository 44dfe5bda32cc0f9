"""Which failures of a request are tried again, and after how long.

As botocore's standard mode does it (SDK reference guide, *Retry behavior*): a waiting time that doubles and is
drawn at random below that, and a budget for the whole process, so that a store in trouble is not asked by
everybody again and again.
"""

import random
from threading import Lock

LONGEST_WAIT = 20.0
BUDGET = 500
COST = 5
PAID_BACK = 1

STATUSES = frozenset({408, 429, 500, 502, 503, 504})
DAMAGED = frozenset({"BadDigest", "XAmzContentSHA256Mismatch"})
"""Bytes were damaged on their way; here they are still good."""
CODES = (
    frozenset(
        {
            "BandwidthLimitExceeded",
            "ConditionalRequestConflict",
            "InternalError",
            "OperationAborted",
            "PriorRequestNotComplete",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestTimeout",
            "ServiceUnavailable",
            "SlowDown",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
        }
    )
    | DAMAGED
)
"""The 409s say that another write of the key is under way: after a lost answer, one's own (S3 user guide, *Conditional
writes*: send the PutObject again)."""


class RetryBudget:
    """Tries that the requests of one process may use together; answers that succeed pay some back."""

    def __init__(self, tokens: int = BUDGET) -> None:
        self._most = self._tokens = tokens
        self._untold = 0
        self._lock = Lock()

    def take(self) -> bool:
        """Pay for another try; whether there was enough left."""
        with self._lock:
            if self._tokens < COST:
                return False
            self._tokens -= COST
            self._untold += 1
            return True

    def news(self) -> int:
        """How many more tries there were since somebody asked."""
        with self._lock:
            count, self._untold = self._untold, 0
            return count

    def give_back(self) -> None:
        """A request succeeded."""
        if self._tokens < self._most:
            with self._lock:
                self._tokens = min(self._most, self._tokens + PAID_BACK)


def is_passing(status: int, code: str) -> bool:
    """Whether an answer says that the same request may succeed later."""
    return status in STATUSES or code in CODES


def waiting_time(tries: int) -> float:
    """Seconds to wait after so many tries; drawn at random so that many clients do not come back at once."""
    return random.uniform(0, min(LONGEST_WAIT, 0.5 * 2.0**tries))  # noqa: S311  no secret depends on it
