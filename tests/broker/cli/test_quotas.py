"""``penstock quotas``, as a person runs it."""

import pytest

from broker.cli.failure import CommandFailed
from broker.cli.quotas import entity_of
from tests.broker.cli.conftest import Run


def test_from_the_first_quota_to_the_last(penstock: Run) -> None:
    """Set, listed in words and as JSON, removed one by one and all at once."""
    done = penstock("quotas", "set", "--user", "q-alice", "producer_byte_rate=1000", "request_percentage=12.5")
    assert (done.code, done.err) == (0, "set quotas of user q-alice\n")
    assert penstock("quotas", "set", "-u", "q-alice", "--default-client-id", "consumer_byte_rate=7").code == 0
    listed = penstock("quotas", "list", "--user", "q-alice", "--json")
    assert listed.json == [
        {"entity": {"client-id": None, "user": "q-alice"}, "quotas": {"consumer_byte_rate": 7}},
        {"entity": {"user": "q-alice"}, "quotas": {"producer_byte_rate": 1000, "request_percentage": 12.5}},
    ]
    table = penstock("quotas", "list", "--user", "q-alice").out
    assert "user q-alice, default client-id" in table
    assert "12.5" in table
    assert penstock("quotas", "remove", "--user", "q-alice", "producer_byte_rate").code == 0
    assert penstock("quotas", "remove", "-u", "q-alice", "--default-client-id").code == 0
    assert penstock("quotas", "list", "-u", "q-alice", "--json").json == [
        {"entity": {"user": "q-alice"}, "quotas": {"request_percentage": 12.5}}
    ]
    assert penstock("quotas", "remove", "-u", "q-alice").code == 0
    nothing = penstock("quotas", "list", "-u", "q-alice")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "no quotas like that\n")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["set", "producer_byte_rate=1"], 2, "whose quota"),
        (["set", "-u", "a", "producer_byte_rate"], 2, "NAME=VALUE"),
        (["set", "-u", "a", "producer_byte_rate=much"], 2, "is to be a number"),
        (["set", "-u", "a", "colour=1"], 1, "there is no quota 'colour' (INVALID_REQUEST)"),
        (["set", "--ip", "nowhere", "connection_creation_rate=1"], 1, "no IP address"),
        (["remove", "-u", "q-nobody"], 1, "user q-nobody has no quota"),
    ],
)
def test_what_cannot_be_done_is_said(penstock: Run, arguments: list[str], code: int, words: str) -> None:
    """In a line, with the exit code that all commands have for it."""
    done = penstock("quotas", *arguments)

    assert (done.code, done.out) == (code, "")
    assert words in done.err
    assert done.err.count("\n") == 1


def test_one_thing_is_not_named_twice() -> None:
    """A user and the default are two quotas."""
    assert entity_of("a", None, None, False, True, False) == (("client-id", None), ("user", "a"))
    with pytest.raises(CommandFailed, match="not for one quota"):
        entity_of("a", None, None, True, False, False)
