"""HeadObject: where its refusal says nothing but 400, the refusal of a GET says why.

Answers to a HEAD have no text. Keys that have expired are refused so, and objects that are encrypted with a customer's
own key (SSE-C).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

PLACE = ("Bucket", "Key", "VersionId")


def ask_head(client: "S3Client", **arguments: Any) -> "HeadObjectOutputTypeDef":
    """Ask for an object's head, with boto3's arguments; what boto3 raises may be what it says of a GET."""
    try:
        return client.head_object(**arguments)
    except client.exceptions.ClientError as error:
        if error.response.get("Error", {}).get("Code") != "400":
            raise
        place = {name: arguments[name] for name in PLACE if name in arguments}
        client.get_object(**place)["Body"].close()
        return client.head_object(**arguments)  # it went through: there are other keys by now
