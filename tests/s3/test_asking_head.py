"""A HEAD that is refused without a word: what the refusal of a GET says counts."""

import io
from datetime import UTC, datetime

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from validator.errors import CredentialsError
from validator.s3.attributes import head_attributes
from validator.s3.client import S3Settings, make_client
from validator.s3.failures import CustomerKeyMissing, KeysExpired, NoRight
from validator.s3.objects import first_part_size, head_object
from validator.s3.originals import look_at
from validator.s3.versions import head_version

BY_S3 = (
    "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve "
    "the object."
)
BY_CEPH = (
    "Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption "
    "algorithm."
)
WHERE = {"Bucket": "bucket", "Key": "key"}
QUESTIONS = [head_object, head_attributes, first_part_size, look_at, head_version]


@pytest.fixture
def client(store):
    return make_client(S3Settings(store.endpoint, attempts=1))


@pytest.fixture
def stub(client):
    with Stubber(client) as stubber:
        stubber.add_client_error("head_object", "400", "Bad Request", http_status_code=400)
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize("ask", QUESTIONS)
@pytest.mark.parametrize("message", [BY_S3, BY_CEPH])
def test_a_customers_own_key_is_no_matter_of_ones_credentials(client, stub, ask, message):
    stub.add_client_error(
        "get_object", "InvalidRequest", message, http_status_code=400, expected_params=WHERE
    )
    with pytest.raises(CustomerKeyMissing, match="a customer's own key"):
        ask(client, "bucket", "key")


@pytest.mark.parametrize("ask", QUESTIONS)
@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("ExpiredToken", 400, KeysExpired),
        ("InvalidToken", 400, CredentialsError),
        ("AccessDenied", 403, NoRight),
    ],
)
def test_what_is_wrong_with_keys_is_told_as_such(client, stub, ask, code, status, kind):
    stub.add_client_error("get_object", code, http_status_code=status)
    with pytest.raises(kind):
        ask(client, "bucket", "key")


@pytest.mark.parametrize("again", [True, False])
def test_where_a_get_goes_through_it_was_the_keys(client, stub, again):
    """They were renewed in between, perhaps: the same request goes through with them."""
    body = io.BytesIO(b"cells")
    stub.add_response("get_object", {"Body": StreamingBody(body, 5)})
    if again:
        moment = datetime(2026, 11, 20, tzinfo=UTC)
        stub.add_response("head_object", {"ETag": '"a"', "ContentLength": 5, "LastModified": moment})
        assert head_object(client, "bucket", "key").size == 5
    else:
        stub.add_client_error("head_object", "400", "Bad Request", http_status_code=400)
        with pytest.raises(KeysExpired):
            head_object(client, "bucket", "key")
    assert body.closed
