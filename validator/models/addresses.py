"""What users name as a source, told by the name alone: a bucket, a package, standard input."""

STANDARD_INPUT = "-"
"""A listing is read from standard input."""
PACKAGE_SCHEME = "quilt+s3://"


def is_bucket(text: str) -> bool:
    """Whether a text names a bucket: ``s3://bucket/prefix``."""
    return text.lower().startswith("s3://")


def is_package(text: str) -> bool:
    """Whether a text names a Quilt package: ``quilt+s3://...``."""
    return text.lower().startswith(PACKAGE_SCHEME)
