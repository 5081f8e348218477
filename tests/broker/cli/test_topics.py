"""``penstock topics``."""

from tests.broker.cli.conftest import Run, run_command


def test_a_topics_life(penstock: Run) -> None:
    """Created, listed, described, altered, deleted."""
    created = penstock("topics", "create", "life", "-p", "3", "-c", "retention.ms=1000", "--replication-factor", "2")
    assert (created.code, created.out, created.err) == (0, "", "created topic life\n")
    assert {"topic": "life", "partitions": 3, "replication_factor": 2} in penstock("topics", "list", "--json").json
    described = penstock("topics", "describe", "life", "--json").json[0]
    assert described["config"] == {"retention.ms": "1000"}
    assert [p["latest"] for p in described["partitions"]] == [0, 0, 0]
    altered = penstock("topics", "alter", "life", "-p", "4", "-c", "max.message.bytes=5000", "--delete-config", "retention.ms")
    assert altered.code == 0, altered.err
    described = penstock("topics", "describe", "life", "--json").json[0]
    assert described["config"] == {"max.message.bytes": "5000"}
    assert len(described["partitions"]) == 4
    assert "life" in penstock("topics", "describe", "life").out
    assert penstock("topics", "delete", "life", "--yes").code == 0

    assert "life" not in [topic["topic"] for topic in penstock("topics", "list", "--json").json]


def test_refusals_say_what_is_wrong(penstock: Run) -> None:
    """Exit code 1 and one line with Kafka's name of the error."""
    penstock("topics", "create", "there")
    again = penstock("topics", "create", "there")
    assert again.code == 1
    assert "TOPIC_ALREADY_EXISTS" in again.err
    assert penstock("topics", "create", "there", "--if-not-exists").code == 0
    wrong = penstock("topics", "create", "bad", "-c", "retention.ms=soon")
    assert wrong.code == 1
    assert "retention.ms" in wrong.err
    assert penstock("topics", "create", "bad", "-c", "nonsense").code == 2
    assert penstock("topics", "alter", "there").code == 2
    assert penstock("topics", "delete", "nowhere", "--yes").code == 1
    assert "Traceback" not in again.err + wrong.err


def test_no_broker_is_said_with_what_to_do() -> None:
    """Exit code 3, and how to start one."""
    result = run_command("topics", "list", bootstrap="127.0.0.1:1")

    assert result.code == 3
    assert "penstock serve" in result.err


def test_deleting_without_a_terminal_names_the_option(penstock: Run) -> None:
    """A script cannot be asked; it is told what to give."""
    penstock("topics", "create", "kept")
    nobody = penstock("topics", "delete", "kept")
    answered_no = penstock("topics", "delete", "kept", stdin=b"n\n")

    assert (nobody.code, answered_no.code) == (2, 2)
    assert "--yes" in nobody.err
    assert "--yes" in answered_no.err
    assert "kept" in penstock("topics", "list").out
    assert penstock("topics", "delete", "kept", stdin=b"y\n").code == 0
