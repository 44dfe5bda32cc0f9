"""Reads the associations of a package where it lies: its info documents, small JSON texts, from the bucket."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from validator.checks.pool import in_threads
from validator.errors import UnreadableFile
from validator.models.progress import Progress
from validator.readers.json_text import read_json
from validator.s3.reading import WHOLE, open_object
from validator.s3.versions import NO_VERSION
from validator.workflows.package_associations import NodeId, NodeLinks, info_objects, node_of, read_links
from validator.workflows.package_content import PlacedObject
from validator.workflows.package_versions import find_versions

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def stored_links(
    client: "S3Client", bucket: str, objects: Sequence[PlacedObject], jobs: int, progress: Progress
) -> dict[NodeId, NodeLinks]:
    """Associations of every node, read from the versions that the receipts prove.

    Parameters
    ----------
    client, bucket
        Where the package lies.
    objects
        Its objects.
    jobs
        Documents read at once.
    progress
        Where the step is shown.

    Raises
    ------
    UnreadableFile
        If a document is damaged or cannot be read: what belongs to what is not known then.
    RemoteError, CredentialsError
        If the store refuses.
    """
    infos = info_objects(objects)
    records = {item.record.key: item.record for item in infos}
    versions = find_versions(client, bucket, records, {}, jobs, progress).chosen

    def read(item: PlacedObject) -> NodeLinks:
        node, key = node_of(item), item.record.key
        assert node is not None
        if key not in versions:  # that it is not there is told with all that is missing
            return NodeLinks(node)
        version = versions[key].version_id
        which = None if version == NO_VERSION else version
        try:
            with open_object(client, bucket, key, item.record.size, first=WHOLE, version_id=which) as stream:
                return read_links(node, read_json(stream).value)
        except UnreadableFile as error:
            raise UnreadableFile(
                f"{item.logical_key} cannot be read as JSON, so what belongs to its node is not known: {error.what}",
                "Mend it with the help of cpgate check, upload it again, and take that receipt.",
                error.where,
            ) from error
        except OSError as error:
            raise UnreadableFile(
                f"s3://{bucket}/{key} cannot be read: {error.strerror}", "Run the same command again."
            ) from error

    links: dict[NodeId, NodeLinks] = {}
    with progress.step("reading associations", len(infos)) as step:
        for found in in_threads(read, infos, jobs):
            step.advance()
            links[found.id] = found
    return links
