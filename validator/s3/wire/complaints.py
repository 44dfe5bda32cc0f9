"""What went wrong on the data path, as botocore would say it: one place translates both (`validator.s3.failures`)."""

from validator.s3.wire.answers import NotHttp, WireAnswer
from validator.s3.wire.exchange import Stalled


def client_error(operation: str, answer: WireAnswer, code: str, message: str) -> Exception:
    """An answer that says no."""
    from botocore.exceptions import ClientError  # noqa: PLC0415  0.1 s that other commands do not pay

    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {
                "HTTPStatusCode": answer.status,
                "RequestId": "",
                "HostId": "",
                "HTTPHeaders": answer.headers,
                "RetryAttempts": 0,
            },
        },
        operation,
    )


def not_s3() -> Exception:
    """An answer that a store would not give: a login page, say."""
    from botocore.parsers import ResponseParserError  # noqa: PLC0415  see above

    return ResponseParserError("the answer has no ETag")


def broken(error: Exception, endpoint: str) -> Exception:
    """A connection that ended before its answer."""
    from botocore import exceptions as known  # noqa: PLC0415  see above

    if isinstance(error, NotHttp):
        return not_s3()
    if isinstance(error, Stalled):
        return known.ReadTimeoutError(endpoint_url=endpoint, error=error)
    return known.ConnectionClosedError(endpoint_url=endpoint)


def botocore_errors(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """What botocore raises, and others, for ``except``: asked only when something was raised, so botocore is imported then."""
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415  see above

    return (BotoCoreError, *others)
