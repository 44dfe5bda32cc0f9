"""A client that waits for other keys instead of failing when its own have expired."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from validator.errors import CpgateError
from validator.s3.credentials import credentials_of, renew_credentials
from validator.s3.failures import KeysExpired, failure_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WaitForKeys = Callable[[CpgateError], None]
"""Returns when there are keys that the store accepts; raises when it gives up."""


def make_patient(client: "S3Client", wait: WaitForKeys) -> Callable[[], None]:
    """Let a client's requests wait for other keys, and then be tried again, when its keys have expired.

    Parameters
    ----------
    client
        Each of its requests waits by itself.
    wait
        Is told why; what it raises ends the request.

    Returns
    -------
    Callable
        Makes the client as impatient as it was.
    """
    found = credentials_of(client)
    if found is None:
        return lambda: None
    found.when_expired = wait

    def try_again(response: tuple[Any, dict[str, Any]] | None, event_name: str, **_: object) -> float | None:
        """Answer botocore's question whether to try again, after so many seconds."""
        error = response and response[1].get("Error")
        if not error or (error.get("Code") == "400" and event_name.endswith(".HeadObject")):
            return None  # what a HEAD is refused for is found out by asking otherwise, see `ask_head`
        failure = failure_of(str(error.get("Code", "")), "", 0, "the bucket", "reach")
        if not isinstance(failure, KeysExpired):
            return None
        renew_credentials(client)
        wait(failure)
        return 0.0

    events: Any = client.meta.events  # its type knows no handlers that answer
    events.register_first("needs-retry.s3", try_again)

    def undo() -> None:
        found.when_expired = None
        events.unregister("needs-retry.s3", try_again)

    return undo
