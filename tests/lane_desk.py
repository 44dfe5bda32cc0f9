"""One thread with many requests under way, the files that it sends, and what it answers."""

import os
import threading
from functools import cache
from pathlib import Path

from validator.s3.client import S3Settings, make_client
from validator.s3.throttle import Throttle
from validator.s3.wire.connections import open_data_path
from validator.upload.journal import Journal
from validator.upload.lanes import LaneThread
from validator.upload.loading import Loader
from validator.upload.pace import Pace
from validator.upload.perform import Performer
from validator.upload.tasks import Do, Task

_client_for = cache(make_client)  # making one takes as long as many requests


class Desk:
    """The thread begins with its first task: before, anything here may be changed."""

    def __init__(self, endpoint: str, bucket: str, folder: Path, soon=None, attempts: int = 2):
        self.endpoint, self.folder = endpoint, folder
        (folder / "state").mkdir(parents=True)
        settings = S3Settings(endpoint, attempts=attempts)
        client = _client_for(settings, 2)
        self.connections = open_data_path(client, settings, bucket, Throttle())
        self.journal = Journal(folder / "state", 1, "w001")
        self.loader = Loader(soon, lambda: self.connections.sends_files)
        self.performer = Performer(client, bucket, self.journal, self.connections, loader=self.loader)
        self.pace = Pace()
        self.answers = {}
        self.rounds = []
        self.given_back = []
        self.data, self.tasks = {}, {}
        self._answered = threading.Condition()
        self._thread = None

    @property
    def thread(self) -> LaneThread:
        if self._thread is None:
            self._thread = LaneThread(self.performer, self.connections, self._take, self.pace)
        return self._thread

    def _take(self, answers):
        with self._answered:
            assert not self.answers.keys() & {answer.id for answer in answers}, "told twice"
            self.answers |= {answer.id: answer for answer in answers}
            self.rounds.append(len(answers))
            self._answered.notify_all()

    def wait_for(self, *numbers: int):
        """Wait until these tasks are answered; the answers."""
        with self._answered:
            assert self._answered.wait_for(lambda: set(numbers) <= self.answers.keys(), 30)
            return [self.answers[number] for number in numbers]

    def task(self, number: int, size: int) -> Task:
        path = self.folder / f"{number}.tiff"
        self.data[f"a/{number}.tiff"] = data = os.urandom(size)
        path.write_bytes(data)
        key, changed = f"a/{number}.tiff", path.stat().st_mtime_ns
        self.tasks[number] = Task(number, Do.PUT, key, str(path), size, changed)
        return self.tasks[number]

    def finish(self):
        self.thread.finish()
        self.journal.close()
