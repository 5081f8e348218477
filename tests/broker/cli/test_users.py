"""``penstock users``, as a person runs it."""

from pathlib import Path

from tests.broker.cli.conftest import Run


def test_from_the_first_password_to_the_last(penstock: Run, tmp_path: Path) -> None:
    """Set, listed, changed, removed by mechanism and altogether; the password is nowhere to be seen."""
    secret = tmp_path / "password"
    secret.write_text("very secret\n")
    done = penstock("users", "set", "u-alice", "--password-file", str(secret), "--mechanism", "scram-sha-256", "--mechanism", "SCRAM-SHA-512")
    assert (done.code, done.err) == (0, "set user u-alice (SCRAM-SHA-256, SCRAM-SHA-512)\n")
    changed = penstock("users", "set", "u-alice", "--password-file", str(secret), "--iterations", "4096")
    assert changed.code == 0
    listed = penstock("users", "list", "--json")
    assert [row for row in listed.json if row["user"] == "u-alice"] == [
        {"user": "u-alice", "mechanism": "SCRAM-SHA-256", "iterations": 8192},
        {"user": "u-alice", "mechanism": "SCRAM-SHA-512", "iterations": 4096},
    ]
    assert "u-alice" in penstock("users", "list").out
    assert penstock("users", "remove", "u-alice", "--mechanism", "SCRAM-SHA-256", "-y").code == 0
    unconfirmed = penstock("users", "remove", "u-alice")
    assert (unconfirmed.code, "--yes" in unconfirmed.err) == (2, True)
    assert penstock("users", "remove", "u-alice", "--yes").code == 0
    gone = penstock("users", "remove", "u-alice", "--yes")
    assert (gone.code, gone.err) == (1, "penstock: there is no user u-alice\n")
    for result in (done, changed, listed):
        assert "very secret" not in result.out + result.err


def test_without_a_terminal_a_password_comes_from_a_file(penstock: Run) -> None:
    """Not from the command line, where others see it, nor from what happens to be on standard input."""
    done = penstock("users", "set", "u-bob", stdin=b"secret\nsecret\n")

    assert (done.code, "--password-file" in done.err) == (2, True)


def test_mistakes_are_found_before_a_password_is_asked_for(penstock: Run) -> None:
    """In the command's words."""
    done = penstock("users", "set", "u-bob", "--mechanism", "PLAIN")

    assert (done.code, "no mechanism PLAIN" in done.err) == (2, True)
