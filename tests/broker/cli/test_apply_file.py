"""What a file says, and where it is wrong."""

from pathlib import Path

import pytest

from broker.cli.acl_requests import acl_of
from broker.cli.apply_file import WantedTopic, WantedUser, read
from broker.cli.failure import USAGE, CommandFailed
from broker.cli.user_requests import Credential

WHOLE = """
[[topics]]
name = "orders"
partitions = 6
config = { "retention.ms" = 86400000, "cleanup.policy" = "compact", "preallocate" = true }

[[topics]]
name = "old"
absent = true

[[users]]
name = "alice"
password_file = "secrets/alice"
mechanism = "scram-sha-256"
iterations = 4096

[[users]]
name = "gone"
absent = true

[[acls]]
principal = "User:alice"
allow = ["read", "describe"]
resource = "topic:ord"
prefixed = true

[[acls]]
principal = "User:*"
deny = "all"
resource = "cluster"
host = "10.0.0.0/8"
absent = true

[[quotas]]
user = "alice"
default_client_id = true
producer_byte_rate = 1000
request_percentage = 12.5

[[quotas]]
ip = "10.0.0.1"
absent = true
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "wanted.toml"
    file.write_text(text)
    return file


def test_everything_that_can_be_wanted(tmp_path: Path) -> None:
    """Paths are beside the file."""
    wanted = read(written(tmp_path, WHOLE))

    config = {"retention.ms": "86400000", "cleanup.policy": "compact", "preallocate": "true"}
    assert wanted.topics == [WantedTopic("orders", 6, config, False), WantedTopic("old", None, {}, True)]
    assert wanted.users == [
        WantedUser(Credential("alice", "SCRAM-SHA-256", 4096), tmp_path / "secrets/alice", False),
        WantedUser(Credential("gone", "SCRAM-SHA-512", 8192), None, True),
    ]
    assert wanted.acls == {
        acl_of("User:alice", "read", "topic:ord", prefixed=True): True,
        acl_of("User:alice", "describe", "topic:ord", prefixed=True): True,
        acl_of("User:*", "all", "cluster", deny=True, host="10.0.0.0/8"): False,
    }
    assert wanted.quotas == {
        (("client-id", None), ("user", "alice")): {"producer_byte_rate": 1000.0, "request_percentage": 12.5},
        (("ip", "10.0.0.1"),): None,
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x =", "is not TOML"),
        ("colour = 1", "colour means nothing here"),
        ("[topics]\nname = 'a'", r"write \[\[topics\]\]"),
        ("topics = [1]", "topics 1: expected a table"),
        ("[[topics]]", "topics 1: name is missing"),
        ("[[topics]]\nname = 1", "name cannot be 1"),
        ("[[topics]]\nname = 'a'\npartitions = 0", "at least 1"),
        ("[[topics]]\nname = 'a'\npartitions = true", "partitions cannot be True"),
        ("[[topics]]\nname = 'a'\ncolour = 1", "colour means nothing here"),
        ("[[topics]]\nname = 'a'\nconfig = { a = [1] }", "a cannot be"),
        ("[[topics]]\nname = 'a'\n[[topics]]\nname = 'a'", "topics 2: topic a is there twice"),
        ("[[users]]\nname = 'a'", "password_file is missing"),
        ("[[users]]\nname = 'a'\npassword = 'secret'\npassword_file = 'f'", "password means nothing here"),
        ("[[users]]\nname = 'a'\nmechanism = 'PLAIN'\npassword_file = 'f'", "users 1: there is no mechanism"),
        ("[[users]]\nname = 'a'\nabsent = true\n[[users]]\nname = 'a'\nabsent = true", "is there twice"),
        ("[[acls]]\nprincipal = 'User:a'\nresource = 'topic:t'", "either allow or deny"),
        ("[[acls]]\nprincipal = 'User:a'\nresource = 'topic:t'\nallow = 'read'\ndeny = 'read'", "either allow or deny"),
        ("[[acls]]\nprincipal = 'a'\nresource = 'topic:t'\nallow = 'read'", "acls 1: a principal is"),
        ("[[acls]]\nprincipal = 'User:a'\nresource = 'topic:t'\nallow = [1]", "an operation cannot be 1"),
        (
            ("[[acls]]\nprincipal = 'User:a'\nresource = 'topic:t'\nallow = 'read'\n"
            "[[acls]]\nprincipal = 'User:a'\nresource = 'topic:t'\nallow = 'read'\nabsent = true"),
            "acls 2: the same rule",
        ),
        ("[[quotas]]\nproducer_byte_rate = 1", "whose quota"),
        ("[[quotas]]\nuser = 'a'", "give quotas, or absent"),
        ("[[quotas]]\nuser = 'a'\nabsent = true\nproducer_byte_rate = 1", "give quotas, or absent"),
        ("[[quotas]]\nuser = 'a'\nproducer_byte_rate = 'much'", "quotas 1: producer_byte_rate is to be a number"),
        ("[[quotas]]\nuser = 'a'\ndefault_user = true\nproducer_byte_rate = 1", "not for one quota"),
        ("[[quotas]]\nuser = 'a'\nx = 1\n[[quotas]]\nuser = 'a'\ny = 1", "quotas 2: the same quotas"),
    ],
)
def test_mistakes_are_found_with_their_place(tmp_path: Path, text: str, why: str) -> None:
    """Before anybody is asked anything."""
    with pytest.raises(CommandFailed, match=why) as caught:
        read(written(tmp_path, text))

    assert str(tmp_path / "wanted.toml") in str(caught.value)
    assert caught.value.exit_code == USAGE


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Is said to be so."""
    with pytest.raises(CommandFailed, match="No such file"):
        read(tmp_path / "missing.toml")
