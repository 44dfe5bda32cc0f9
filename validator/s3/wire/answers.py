"""Reads an HTTP/1.1 answer from pieces, as they come from the network."""

import re
from dataclasses import dataclass, field

LONGEST_HEAD = 64 * 1024
LONGEST_BODY = 1024 * 1024
"""Bytes; answers to writes are short, what is longer is not S3."""
_STATUS = re.compile(r"HTTP/1\.[01] ([1-5][0-9][0-9])(?: [^\r\n]*)?")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")
_LENGTH = re.compile(r"[0-9]{1,15}")
WITHOUT_BODY = frozenset({204, 304})


class NotHttp(Exception):
    """What came is not an answer of HTTP."""


@dataclass(slots=True)
class WireAnswer:
    """An answer: status, headers (names in lower case), body."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class AnswerReader:
    """Collects the answer to one request.

    Feed it what was received until `complete`; an end of the stream is told with empty bytes.
    """

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._answer: WireAnswer | None = None
        self._missing = -1
        self._chunked = False
        self._trailer = False
        self.complete = False
        self.begun = False
        self.reusable = True

    @property
    def answer(self) -> WireAnswer:
        """The answer, once it is complete."""
        if self._answer is None:
            raise NotHttp
        return self._answer

    def feed(self, data: bytes) -> None:
        """Take what was received.

        Raises
        ------
        NotHttp
            If it cannot be an answer.
        ConnectionError
            If it ended too early.
        """
        if not data:
            self._end()
            return
        self.begun = True
        self._waiting += data
        while self._answer is None and self._read_head():
            pass
        if self._answer is not None and not self.complete:
            self._read_body(self._answer)
        if self.complete and self._waiting:
            self.reusable = False  # more than was asked for: nothing that follows could be trusted

    def _end(self) -> None:
        if self._answer is None or self.complete or self._chunked or self._missing >= 0:
            raise ConnectionError
        self.complete, self.reusable = True, False

    def _read_head(self) -> bool:
        """Read one head; True if another one follows (after 100 Continue)."""
        end = self._waiting.find(b"\r\n\r\n")
        if end < 0:
            if len(self._waiting) > LONGEST_HEAD or not b"HTTP/1.".startswith(bytes(self._waiting[:7])):
                raise NotHttp
            return False
        first, *lines = self._waiting[:end].decode("latin-1").split("\r\n")
        match = _STATUS.fullmatch(first)
        if match is None or end > LONGEST_HEAD:
            raise NotHttp
        del self._waiting[: end + 4]
        status = int(match[1])
        if status < 200:
            return bool(self._waiting)
        headers: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon:
                raise NotHttp
            headers[name.strip().lower()] = value.strip()
        self._answer = WireAnswer(status, headers)
        self._choose_end(status, headers, first)
        return False

    def _choose_end(self, status: int, headers: dict[str, str], first: str) -> None:
        said = headers.get("connection", "").lower()
        self.reusable = "close" not in said and (first.startswith("HTTP/1.1") or "keep-alive" in said)
        if status in WITHOUT_BODY:
            self._missing = 0
        elif "chunked" in headers.get("transfer-encoding", "").lower():
            self._chunked = True
        elif "content-length" in headers:
            if _LENGTH.fullmatch(headers["content-length"]) is None:
                raise NotHttp
            self._missing = int(headers["content-length"])
        self.complete = self._missing == 0

    def _read_body(self, answer: WireAnswer) -> None:
        if self._chunked:
            while not self.complete and self._read_chunk(answer):
                pass
        else:
            wanted = len(self._waiting) if self._missing < 0 else self._missing
            answer.body += bytes(self._waiting[:wanted])
            if self._missing >= 0:
                self._missing -= min(wanted, len(self._waiting))
                self.complete = self._missing == 0
            del self._waiting[:wanted]
        if len(answer.body) > LONGEST_BODY:
            raise NotHttp

    def _read_chunk(self, answer: WireAnswer) -> bool:
        end = self._waiting.find(b"\r\n")
        if end < 0:
            if len(self._waiting) > LONGEST_HEAD:
                raise NotHttp
            return False
        line = bytes(self._waiting[:end])
        if self._trailer:
            del self._waiting[: end + 2]
            self.complete = not line
            return True
        match = _SIZE.fullmatch(line)
        size = int(match[1], 16) if match else -1
        if not 0 <= size <= LONGEST_BODY:
            raise NotHttp
        if size == 0:
            del self._waiting[: end + 2]
            self._trailer = True
            return True
        if len(self._waiting) < end + 2 + size + 2:
            return False
        answer.body += bytes(self._waiting[end + 2 : end + 2 + size])
        del self._waiting[: end + 2 + size + 2]
        return True
