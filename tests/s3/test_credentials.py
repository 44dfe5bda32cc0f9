"""Keys as they are at each moment."""

import time

import pytest
from servers import CREDENTIALS

from validator.errors import CredentialsError
from validator.s3 import credentials
from validator.s3.client import S3Settings, make_client
from validator.s3.credentials import credentials_of, current_credentials
from validator.s3.failures import KeysExpired


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setattr("validator.s3.credentials.LOOK_SECONDS", 0.0)


def ini(name: str, profile: str = "default") -> str:
    return f"[{profile}]\naws_access_key_id={name}\naws_secret_access_key=secret-of-{name}\n"


def test_a_file_is_read_again_when_it_changes(tmp_path):
    path = tmp_path / "keys"
    path.write_text(ini("first"))
    client = make_client(S3Settings("http://127.0.0.1:9", credentials_file=str(path)))
    assert current_credentials(client).access_key == "first"
    path.write_text("[default]\naws_access_key_id=half")  # somebody saves while writing
    assert current_credentials(client).access_key == "first"
    (tmp_path / "new").write_text(ini("second"))
    (tmp_path / "new").replace(path)
    assert current_credentials(client).access_key == "second"
    path.unlink()
    assert current_credentials(client).secret_key == "secret-of-second"
    path.write_text(ini("third"))
    assert current_credentials(client).access_key == "third"
    assert credentials_of(client).renewable


def test_keys_of_a_profile_are_read_again_too(tmp_path, monkeypatch):
    path = tmp_path / "credentials"
    path.write_text(ini("first", "lab"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    client = make_client(S3Settings("http://127.0.0.1:9", profile="lab"))
    assert current_credentials(client).access_key == "first"
    path.write_text(ini("second", "lab"))
    assert current_credentials(client).access_key == "second"
    assert credentials_of(client).files[0] == path


def test_a_file_goes_before_the_environment_and_has_profiles_of_its_own(tmp_path):
    path = tmp_path / "keys"
    path.write_text(ini("mine", "staging"))
    settings = S3Settings("http://127.0.0.1:9", profile="staging", credentials_file=str(path))
    assert current_credentials(make_client(settings)).access_key == "mine"


def test_keys_of_the_environment_stay_what_they_are():
    found = credentials_of(make_client(S3Settings("http://127.0.0.1:9")))
    assert found.method == "env"
    assert not found.renewable
    found.renew()
    assert found.get_frozen_credentials().access_key == "testing"


def test_nobody_has_none():
    client = make_client(S3Settings("http://127.0.0.1:9", anonymous=True))
    assert current_credentials(client) is None


def test_a_program_that_hands_out_keys_is_asked_again(tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    script = tmp_path / "keys.sh"
    script.write_text(
        "echo x >> $0.count; N=$(wc -l < $0.count | tr -d ' ')\n"
        'echo \'{"Version":1,"AccessKeyId":"asked-\'$N\'","SecretAccessKey":"s","SessionToken":"t",'
        f'"Expiration":"{time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 300))}"}}\'\n'
    )
    (tmp_path / "config").write_text(f"[default]\ncredential_process = sh {script}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    client = make_client(S3Settings("http://127.0.0.1:9"))
    first = current_credentials(client).access_key
    assert current_credentials(client).access_key != first  # botocore renews what ends within ten minutes


def test_a_program_that_hands_out_ended_keys(tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    said = '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"s","SessionToken":"t","Expiration":"2020-01-01T00:00:00Z"}'
    (tmp_path / "said").write_text(said)
    (tmp_path / "config").write_text(f"[default]\ncredential_process = cat {tmp_path / 'said'}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    client = make_client(S3Settings("http://127.0.0.1:9"))
    with pytest.raises(KeysExpired, match="have expired already"):
        current_credentials(client)


def test_a_file_that_is_not_there_is_told_at_once(tmp_path):
    with pytest.raises(CredentialsError, match="cannot be read"):
        make_client(S3Settings(credentials_file=str(tmp_path / "nothing")))


def test_the_region_of_a_store_is_not_that_of_the_services_that_hand_out_keys(monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("AWS_REGION", raising=False)
    regions, real = [], credentials._load

    def load(settings, fresh=None):
        regions.append(fresh.get_config_variable("region"))
        return real(settings, fresh)

    monkeypatch.setattr(credentials, "_load", load)
    client = make_client(S3Settings("http://127.0.0.1:9", region="garage"))
    assert regions == [None]
    assert client.meta.region_name == "garage"
    assert current_credentials(client).access_key == CREDENTIALS["AWS_ACCESS_KEY_ID"]
