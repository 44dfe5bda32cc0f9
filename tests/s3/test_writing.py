import pytest

from validator.errors import UsageError
from validator.s3.settings import S3Settings
from validator.s3.writing import ChecksumChoice, Writing


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("a/b.TIFF", "image/tiff"),
        ("a/load_data.csv", "text/csv"),
        ("a/b.csv.gz", "application/gzip"),
        ("a/SCHEMA.json", "application/json"),
        ("a.b/none", "application/octet-stream"),
        ("a/x.unheard", "application/octet-stream"),
    ],
)
def test_content_by_the_end_of_the_name(key, expected):
    assert Writing().object_arguments(key) == {"ContentType": expected}


def test_settings_survive_the_way_to_another_process():
    import json

    settings = S3Settings(
        "http://store", addressing="virtual", dual_stack=True, writing=Writing("none", metadata=(("a", "b"),))
    )
    assert S3Settings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


@pytest.mark.parametrize(
    "metadata", [(("", "x"),), (("a b", "x"),), (("a", "ü"),), (("a", "x\ny"),), (("a", "x" * 3000),)]
)
def test_metadata_that_no_object_could_carry(metadata):
    with pytest.raises(UsageError):
        Writing(metadata=metadata)


def test_a_key_of_kms_goes_with_its_encryption():
    writing = Writing(encryption="aws:kms", kms_key_id="alias/lab")
    arguments = writing.object_arguments("a.csv")
    assert (arguments["ServerSideEncryption"], arguments["SSEKMSKeyId"]) == ("aws:kms", "alias/lab")
    assert Writing.from_dict(writing.to_dict()) == writing
    with pytest.raises(UsageError, match="not that it is to be used"):
        Writing(encryption="AES256", kms_key_id="alias/lab")


@pytest.mark.parametrize(
    ("wanted", "algorithm", "after"),
    [
        ("auto", "crc64nvme", ""),
        ("sha256", "sha256", ""),
        ("crc64nvme", "crc64nvme", "crc64nvme"),
        ("none", "", ""),
    ],
)
def test_what_is_sent_and_what_after_a_refusal(wanted, algorithm, after):
    choice = ChecksumChoice(wanted)
    assert choice.algorithm == algorithm
    assert not choice.does_without("BadDigest"), "that is about these bytes"
    assert choice.does_without("NotImplemented") is (wanted in {"auto", "sha256"})
    assert choice.algorithm == after
