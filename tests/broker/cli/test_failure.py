"""Failures of commands."""

import subprocess
import sys

from broker.cli.failure import CommandFailed
from tests.broker.cli.conftest import Run, run_command
from tests.support.penstock import Penstock


def test_a_failure_has_words_and_an_exit_code() -> None:
    """The words are the whole message."""
    assert (str(CommandFailed("why", 3)), CommandFailed("why").exit_code) == ("why", 1)


def test_help_and_version_work_without_a_broker() -> None:
    """The commands are listed; the version is printed."""
    shown = run_command("--help")
    assert shown.code == 0
    for command in ("serve", "topics", "produce", "consume", "groups", "perf", "check-config"):
        assert command in shown.out
    assert run_command("--version").out.startswith("penstock ")
    assert run_command("nonsense").code == 2


def test_a_reader_that_leaves_is_no_failure(command_broker: Penstock, penstock: Run) -> None:
    """`consume | head` ends quietly with exit code 0."""
    penstock("produce", "many", stdin=b"x" * 99 + b"\n" + (b"y" * 99 + b"\n") * 20_000)
    command = [sys.executable, "-m", "broker", "consume", "many", "--from-beginning", "-b", command_broker.bootstrap]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"x" * 99 + b"\n"
        process.stdout.close()
        assert (process.wait(30), process.stderr.read()) == (0, b"")


def test_a_broker_that_is_not_there_is_said_soon_and_with_the_reason() -> None:
    """The address, what the connection failed of, and what to do next; within seconds."""
    result = run_command("topics", "list", "-b", "127.0.0.1:1")

    assert result.code == 3
    assert "Connection refused" in result.err
    assert "penstock serve" in result.err
