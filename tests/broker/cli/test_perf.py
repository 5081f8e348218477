"""``penstock perf``."""

from tests.broker.cli.conftest import Run


def test_throughput_and_latency_are_printed(penstock: Run) -> None:
    """As JSON for programs, as a table for people."""
    penstock("topics", "create", "perf")
    sent = penstock("perf", "produce", "perf", "-n", "5000", "-s", "200", "--json").json
    assert (sent["records"], sent["failed"]) == (5000, 0)
    assert sent["latency_p99_ms"] >= sent["latency_p50_ms"] > 0
    read = penstock("perf", "consume", "perf", "-n", "5000", "--json").json
    assert read["records"] == 5000
    measured = penstock("perf", "latency", "perf", "-n", "20")

    assert measured.code == 0
    assert "acknowledged p50 ms" in measured.out


def test_a_rate_is_held(penstock: Run) -> None:
    """Five thousand records of 100 bytes at 1 MB/s take half a second."""
    penstock("topics", "create", "rate")
    sent = penstock("perf", "produce", "rate", "-n", "5000", "--rate", "1", "--json").json

    assert sent["seconds"] >= 0.45


def test_too_few_records_are_a_failure(penstock: Run) -> None:
    """The exit code tells a script."""
    penstock("topics", "create", "few")
    assert penstock("perf", "consume", "few", "-n", "10", "--timeout", "0.5").code == 1
