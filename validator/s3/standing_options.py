"""Options that belong to every request of an upload, also to those about listings, receipts and checkpoints."""

from typing import TYPE_CHECKING, Any

from validator.s3.writing import Writing

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OF_RECEIPTS = ("ACL", "ServerSideEncryption", "SSEKMSKeyId")
"""What a bucket may demand of every object that is written, and what its owner needs to read it."""


def add_standing_options(client: "S3Client", writing: Writing) -> None:
    """Let a client add them by itself, where they are not said."""
    of_all = writing.request_arguments()
    of_writes = {name: value for name, value in writing.object_arguments("").items() if name in OF_RECEIPTS}
    if not of_all and not of_writes:
        return

    def complete(params: dict[str, Any], model: Any, **_: object) -> None:
        known = model.input_shape.members
        wanted = of_all | (of_writes if model.name == "PutObject" else {})
        for name, value in wanted.items():
            if name in known:
                params.setdefault(name, value)

    client.meta.events.register("provide-client-params.s3", complete)
