"""What a test changes in every process of an upload, before its first line: the clock, and how patient it is.

Python imports a module of this name by itself where PYTHONPATH leads to it; workers inherit it.

CPGATE_TEST_CLOCK
    Seconds by which the machine's clock is wrong.
CPGATE_TEST_PATIENCE
    Seconds of silence after which a connection counts as dead.
"""

import datetime as dt
import os
import time

if _ahead := float(os.environ.get("CPGATE_TEST_CLOCK", "0")):
    _true_time = time.time

    class _WrongDatetime(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(time.time(), tz)

        @classmethod
        def utcnow(cls):
            return cls.fromtimestamp(time.time(), dt.UTC).replace(tzinfo=None)

    def _wrong_time() -> float:
        return _true_time() + _ahead

    time.time = _wrong_time
    dt.datetime = _WrongDatetime

if _patience := os.environ.get("CPGATE_TEST_PATIENCE"):
    import validator.s3.client

    validator.s3.client.READ_SECONDS = float(_patience)
