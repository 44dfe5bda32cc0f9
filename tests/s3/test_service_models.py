"""Descriptions of services: what botocore reads, and where it looks."""

import gzip
import json
import os

import botocore.session
import pytest
from botocore.exceptions import DataNotFoundError, UnknownServiceError

from validator.s3.service_models import ServiceModels, open_botocore_session


@pytest.mark.parametrize("service", ["s3", "s3control", "sts", "sso", "sso-oidc", "signin"])
@pytest.mark.parametrize("kind", ["service-2", "endpoint-rule-set-1", "paginators-1"])
def test_they_are_those_of_botocore(service, kind):
    own = botocore.session.get_session().get_component("data_loader").load_service_model
    try:
        expected = own(service, kind)
    except (UnknownServiceError, DataNotFoundError):
        pytest.skip(f"this botocore has no {kind} of {service}")
    found = open_botocore_session().get_component("data_loader").load_service_model(service, kind)
    assert found == expected
    assert list(found) == list(expected)


def test_places_and_retries_are_those_of_botocore():
    own, mine = botocore.session.get_session(), open_botocore_session()
    for name in ("endpoints", "partitions", "_retry"):
        assert mine.get_data(name) == own.get_data(name)


def test_a_service_that_nobody_knows():
    with pytest.raises(UnknownServiceError):
        open_botocore_session().create_client("s4", region_name="us-east-1")


def test_folders_that_the_environment_names_go_first(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_DATA_PATH", f"{tmp_path / 'nowhere'}{os.pathsep}{tmp_path / 'models'}")
    folder = tmp_path / "models" / "cells" / "2024-01-01"
    folder.mkdir(parents=True)
    model = {"metadata": {"apiVersion": "2024-01-01"}, "operations": {}}
    (folder / "service-2.json.gz").write_bytes(gzip.compress(json.dumps(model).encode()))
    models = ServiceModels(botocore.session.get_session())
    assert models.load_service_model("cells", "service-2") == model
    assert models.search_paths[:2] == [str(tmp_path / "nowhere"), str(tmp_path / "models")]


def test_a_client_of_each_kind_can_be_made():
    session = open_botocore_session()
    for service in ("s3", "s3control", "sts", "sso", "sso-oidc"):
        session.create_client(
            service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
