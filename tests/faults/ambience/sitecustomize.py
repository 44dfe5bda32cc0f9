"""What a test changes in every process of an upload, before its first line: the clock, and how patient it is.

Python imports a module of this name by itself where PYTHONPATH leads to it; workers inherit it.

CPGATE_TEST_CLOCK
    Seconds by which the machine's clock is wrong.
CPGATE_TEST_PATIENCE
    Seconds of silence after which a connection counts as dead.
CPGATE_TEST_LONGEST_WAIT
    Seconds to wait at most before a request is tried again.
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

if _longest := os.environ.get("CPGATE_TEST_LONGEST_WAIT"):
    import botocore.retries.standard

    import validator.s3.wire.retrying

    validator.s3.wire.retrying.LONGEST_WAIT = float(_longest)
    _init = botocore.retries.standard.ExponentialBackoff.__init__
    _init.__defaults__ = (float(_longest), *_init.__defaults__[1:])
