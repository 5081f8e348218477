import pytest

from broker.storage.catalog.postgres.address import database_address


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u@localhost/db",
        "postgres://u@127.0.0.1:5433/db",
        "postgresql://u@[::1]:5432/db",
        "postgresql:///db?host=/run/postgresql",
        "postgresql://u@db.example.com/db?sslmode=require",
        "postgresql://u@db.example.com/db?sslmode=disable",
    ],
)
def test_what_the_url_says_stays(url: str) -> None:
    """On this machine, and where somebody decided."""
    given = database_address(url).url

    assert given == url


@pytest.mark.parametrize("host", ["db.example.com", "10.0.0.7:5432", "localhost:1,db.example.com:2", "[2001:db8::1]:5432"])
def test_elsewhere_the_server_must_prove_who_it_is(host: str) -> None:
    """Unless the URL says otherwise."""
    assert database_address(f"postgresql://u:p@{host}/db").url.endswith("?sslmode=verify-full")
    given = database_address(f"postgresql://u@{host}/db?sslrootcert=/ca.pem").url
    assert given.endswith("?sslrootcert=/ca.pem&sslmode=verify-full")


def test_secrets_are_not_shown() -> None:
    """Neither the password nor options, which may hold one."""
    address = database_address("postgresql://user:s3cret@db.example.com:5432/db?password=s3cret")

    assert address.shown == "postgresql://db.example.com:5432/db"


@pytest.mark.parametrize("url", ["", "sqlite:///x", "http://u:s3cret@x/", "postgresql://u:s3cret@[::1/db", "postgresql://x/db?s3cret", "postgresql://\0"])
def test_what_is_no_url_of_a_database_is_refused(url: str) -> None:
    """Without repeating what it holds."""
    with pytest.raises(ValueError) as refused:
        database_address(url)
    assert "s3cret" not in str(refused.value)
