"""``penstock apply``, as a person runs it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker.cli.conftest import Run, run_command
from tests.broker.cli.guarded import guarded_broker

WANTED = """
[[topics]]
name = "orders"
partitions = 2
config = { "retention.ms" = 86400000 }

[[users]]
name = "alice"
password_file = "alice.password"

[[acls]]
principal = "User:alice"
allow = ["read", "write"]
resource = "topic:orders"

[[quotas]]
user = "alice"
producer_byte_rate = 1000000
"""
GONE = """
[[topics]]
name = "orders"
absent = true

[[users]]
name = "alice"
absent = true

[[acls]]
principal = "User:alice"
allow = ["read", "write"]
resource = "topic:orders"
absent = true

[[quotas]]
user = "alice"
absent = true
"""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with guarded_broker(tmp_path_factory.mktemp("apply")) as broker:
        yield lambda *arguments, stdin=b"": run_command(*arguments, bootstrap=broker.bootstrap, stdin=stdin)


def test_from_nothing_to_all_and_back(guarded: Run, tmp_path: Path) -> None:
    """The diff comes first; the second time there is none; what is to be gone goes."""
    file, gone = tmp_path / "wanted.toml", tmp_path / "gone.toml"
    file.write_text(WANTED)
    gone.write_text(GONE)
    (tmp_path / "alice.password").write_text("very secret\n")
    new = [
        "+ topic orders, 2 partitions, retention.ms = 86400000",
        "+ user alice (SCRAM-SHA-512, 8192 iterations)",
        "+ acl allow User:alice read on topic:orders",
        "+ acl allow User:alice write on topic:orders",
        "+ quota of user alice: producer_byte_rate = 1000000",
    ]
    shown = guarded("apply", "-f", str(file), "--dry-run")
    assert (shown.code, shown.out.splitlines()) == (0, new)
    unconfirmed = guarded("apply", "-f", str(file))
    assert (unconfirmed.code, unconfirmed.out.splitlines()[: len(new)]) == (2, new)
    assert "--yes" in unconfirmed.err
    assert guarded("users", "list", "--json").json == []

    done = guarded("apply", "-f", str(file), "--yes")
    assert (done.code, done.out.splitlines(), done.err) == (0, new, f"applied {file}\n")
    again = guarded("apply", "-f", str(file), "--yes")
    assert (again.code, again.out, again.err) == (0, "", "nothing to change\n")
    assert guarded("topics", "describe", "orders", "--json").json[0]["config"] == {"retention.ms": "86400000"}

    file.write_text(WANTED.replace("partitions = 2", "partitions = 3").replace("86400000", "5"))
    changed = guarded("apply", "-f", str(file), "-y", "--set-passwords")
    assert changed.out.splitlines() == [
        "~ topic orders: 2 -> 3 partitions",
        "~ topic orders: retention.ms = 86400000 -> 5",
        "~ user alice (SCRAM-SHA-512): password set anew",
    ]
    assert changed.code == 0

    went = guarded("apply", "-f", str(gone), "-y")
    assert (went.code, [line[0] for line in went.out.splitlines()]) == (0, ["-"] * 5)
    assert guarded("apply", "-f", str(gone), "-y").err == "nothing to change\n"
    for result in (shown, done, changed):
        assert "very secret" not in result.out + result.err


def test_a_password_that_cannot_be_read_stops_everything(guarded: Run, tmp_path: Path) -> None:
    """Before anything is changed."""
    file = tmp_path / "wanted.toml"
    file.write_text(WANTED)

    done = guarded("apply", "-f", str(file), "--yes")

    assert (done.code, done.out, "alice.password" in done.err) == (2, "", True)


def test_what_a_broker_refuses_is_said_and_the_rest_done(guarded: Run, tmp_path: Path) -> None:
    """Applied again, a file does what is missing."""
    file = tmp_path / "wanted.toml"
    file.write_text(
        "[[quotas]]\nuser = 'carol'\nproducer_byte_rate = 5\n"
        "[[quotas]]\nuser = 'dave'\ncolour = 5\n"
        "[[topics]]\nname = 'no good'\n"
    )

    done = guarded("apply", "-f", str(file), "--yes")

    assert done.code == 1
    assert "quotas of user dave were not changed" in done.err
    assert "topic no good was not created" in done.err
    assert guarded("quotas", "list", "--user", "carol", "--json").json[0]["quotas"] == {"producer_byte_rate": 5}
