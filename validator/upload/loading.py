"""Bytes on their way from a file into a request: in memory if they are few, else read while they are sent."""

from functools import partial

from validator.digests.files import FileState, digest_range, read_range, require_state
from validator.digests.parts import PartDigest, digest_bytes
from validator.s3.limits import MIB
from validator.s3.wire.bodies import Body, FileBody, MemoryBody

IN_MEMORY = 8 * MIB
"""Bytes; what is larger is read twice, for its digests and for the network, a piece at a time."""


def load(
    path: str, state: FileState, offset: int, length: int, *, sha256: bool = False
) -> tuple[Body, PartDigest]:
    """Read and digest a run of bytes of a file that must be in the expected state.

    Raises
    ------
    FileChanged
        If it is in another state; from the body, too, while it is sent.
    OSError
        If the system refuses.
    """
    if length <= IN_MEMORY:
        data = read_range(path, state, offset, length)
        return MemoryBody(data), digest_bytes(data, sha256=sha256)
    part = digest_range(path, state, offset, length, sha256=sha256)
    return FileBody(path, offset, length, partial(require_state, path, state)), part
