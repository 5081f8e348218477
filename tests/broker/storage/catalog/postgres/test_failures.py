import asyncpg
import pytest

from broker.storage.catalog.postgres.failures import in_words, is_lost, unavailable


def server_error(sqlstate: str) -> asyncpg.PostgresError:
    return asyncpg.PostgresError.new({"C": sqlstate, "M": "said the server"})


@pytest.mark.parametrize(
    ("sqlstate", "lost", "passing"),
    [
        ("08006", True, True),
        ("57P01", True, True),
        ("57P03", True, True),
        ("25006", True, True),
        ("25P03", True, True),
        ("57014", False, True),
        ("40001", False, True),
        ("40P01", False, True),
        ("55P03", False, True),
        ("53100", False, True),
        ("53300", False, True),
        ("58030", False, True),
        ("23505", False, False),
        ("42601", False, False),
        ("42P01", False, False),
        ("22003", False, False),
    ],
)
def test_what_the_server_says(sqlstate: str, lost: bool, passing: bool) -> None:
    """Lost connections, and what may be tried again; the rest is our own fault."""
    error = server_error(sqlstate)

    assert is_lost(error) is lost
    assert (unavailable(error) is not None) is passing


@pytest.mark.parametrize(
    "error", [OSError(5, "x"), TimeoutError(), ConnectionResetError(), asyncpg.InterfaceError("x"), asyncpg.InternalClientError("x"), EOFError()]
)
def test_what_the_driver_says(error: Exception) -> None:
    """Nobody knows what state it is in."""
    assert is_lost(error)
    assert unavailable(error) is not None


def test_anything_else_is_a_bug() -> None:
    """It is not made to look like the database's."""
    assert not is_lost(KeyError("x"))
    assert unavailable(KeyError("x")) is None


def test_errors_are_told_in_one_line() -> None:
    """Also those that have no text."""
    assert in_words(server_error("57014")) == "said the server"
    assert in_words(OSError("a\n  b")) == "a b"
    assert in_words(TimeoutError()) == "TimeoutError"
