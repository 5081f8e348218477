"""Clients are opened for every kind of store, and say nothing secret when they cannot be."""

import pytest
from obstore.store import AzureStore, GCSStore, MemoryStore, S3Store

from broker.storage.objects.backend import open_backend
from broker.storage.objects.location import BadLocation, read_location

KEY = "c2VjcmV0LXNlY3JldC1zZWNyZXQ="


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("s3://bucket/p?endpoint=http://127.0.0.1:1&region=eu&checksum=none&virtual_hosted_style=true", S3Store),
        ("s3://bucket/p?checksum=crc64nvme", S3Store),
        ("az://container/p?account=name&endpoint=http://127.0.0.1:1/name", AzureStore),
        ("memory://a/p", MemoryStore),
    ],
)
def test_clients_are_opened(url: str, kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent yet; credentials come from the environment."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AZURE_STORAGE_ACCOUNT_KEY"):
        monkeypatch.setenv(name, KEY)
    assert isinstance(open_backend(read_location(url)).client, kind)


def test_a_service_account_is_found_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Google's own tools find it."""
    monkeypatch.setenv(
        "GOOGLE_SERVICE_ACCOUNT_KEY",
        '{"disable_oauth": true, "client_email": "", "private_key": "", "private_key_id": ""}',
    )
    assert isinstance(open_backend(read_location("gs://bucket/p")).client, GCSStore)


def test_bad_credentials_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only that they cannot be used."""
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "hunter2 is no base64!")
    with pytest.raises(BadLocation) as refused:
        open_backend(read_location("az://container/p?account=name"))
    assert "hunter2" not in str(refused.value)


def test_objects_lie_below_the_prefix() -> None:
    """And are found again by their keys."""
    backend = open_backend(read_location("memory://b/some/prefix"))
    path = backend.path(77)
    assert path.startswith("some/prefix/")
    assert backend.path_of(backend.key_of(path)) == path
    bare = open_backend(read_location("memory://b"))
    assert bare.key_of(bare.path(77)) == bare.path(77)


def test_memory_is_shared_by_name() -> None:
    """A store that is opened again has what was in it."""
    assert open_backend(read_location("memory://same")).client is open_backend(read_location("memory://same/x")).client
