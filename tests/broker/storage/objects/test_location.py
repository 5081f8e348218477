"""URLs of stores are read strictly, and shown without what may be secret."""

import pytest

from broker.storage.objects.location import BadLocation, read_location, redacted


def test_all_of_a_url_is_read() -> None:
    """Bucket, prefix and options."""
    found = read_location("s3://bucket/some/prefix/?endpoint=http://127.0.0.1:9000&region=eu-1")

    assert (found.scheme, found.bucket, found.prefix) == ("s3", "bucket", "some/prefix")
    assert found.options == {"endpoint": "http://127.0.0.1:9000", "region": "eu-1"}


@pytest.mark.parametrize(
    "url", ["s3://bucket", "gs://bucket/prefix", "az://container/prefix?account=name", "memory://name"]
)
def test_every_store_is_known(url: str) -> None:
    """With as little as it needs."""
    assert read_location(url).url == url


SECRET = "hunter2"


@pytest.mark.parametrize(
    "url",
    [
        "http://bucket",
        "file:///tmp/x",
        "s3:///prefix",
        "s3://bucket/p#fragment",
        f"s3://key:{SECRET}@bucket/prefix",
        f"s3://bucket?secret_access_key={SECRET}",
        f"s3://bucket?endpoint=http://me:{SECRET}@host",
        f"s3://bucket?endpoint=http://host?token={SECRET}",
        "s3://bucket?endpoint=host:9000",
        "s3://bucket?region=",
        "s3://bucket?checksum=md5",
        f"az://container?sas_token={SECRET}",
        "memory://x?region=y",
        "s3://[bad",
        f"az://{SECRET}@host/p?{SECRET}",
        "",
    ],
)
def test_what_cannot_be_used_is_refused_without_showing_secrets(url: str) -> None:
    """Credentials do not belong into a URL, and are not repeated when they stand there."""
    with pytest.raises(BadLocation) as refused:
        read_location(url)

    assert SECRET not in str(refused.value)


def test_a_redacted_url_can_still_be_recognised() -> None:
    """Scheme, bucket, prefix and harmless options stay."""
    shown = redacted(f"s3://key:{SECRET}@bucket/prefix?region=eu&token={SECRET}")

    assert shown == "s3://***@bucket/prefix?region=eu&***"
