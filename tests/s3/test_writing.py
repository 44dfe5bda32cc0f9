import pytest

from validator.errors import UsageError
from validator.s3.settings import S3Settings
from validator.s3.writing import Writing


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
