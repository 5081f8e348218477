"""What Kafka's performance tools print is understood."""

import pytest
from benchmarks.plan import SHORT

from benchmarks import perf_tools

_CELL = SHORT.cells[0]

_PRODUCED = """Warmup first 30000 records. Steady state results will print after the complete test summary.
In steady state.
100000 records sent, 5347.879566 records/sec (5.22 MB/sec), 4123.84 ms avg latency, 8302.00 ms max latency, 3299 ms 50th, 7850 ms 95th, 8221 ms 99th, 8298 ms 99.9th.
70000 steady state records sent, 48309.178744 records/sec (47.18 MB/sec), 3.51 ms avg latency, 83.00 ms max latency, 2 ms 50th, 7 ms 95th, 12 ms 99th, 83 ms 99.9th.
"""
_CONSUMED = (
    "2026-01-01 10:00:00:000, 2026-01-01 10:00:07:000, 97.6563, 13.95, 100000, 14285.7, 4138, 2862, 34.12, 34940.6\n"
)


def test_the_steady_state_of_a_producer_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rate and percentiles come from the summary without the records that warmed up."""
    monkeypatch.setattr(perf_tools, "_run", lambda *words: _PRODUCED)

    produced = perf_tools.produce("127.0.0.1:1", _CELL, 100_000, 30_000)

    assert round(produced.mb_per_s, 2) == round(48309.178744 * 1024 / 1e6, 2)
    assert (produced.p50_ms, produced.p99_ms) == (2, 12)


def test_joining_a_group_does_not_count_as_consuming(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rate is that of fetching, the last column."""
    monkeypatch.setattr(perf_tools, "_run", lambda *words: _CONSUMED)

    assert round(perf_tools.consume("127.0.0.1:1", _CELL, 100_000), 2) == round(34940.6 * 1024 / 1e6, 2)


@pytest.mark.parametrize("output", ["", "an error\n", _CONSUMED.replace("100000,", "99999,")])
def test_a_consumer_that_did_not_read_everything_is_an_error(monkeypatch: pytest.MonkeyPatch, output: str) -> None:
    """A rate over fewer records than were sent would be a wrong number."""
    monkeypatch.setattr(perf_tools, "_run", lambda *words: output)

    with pytest.raises(perf_tools.ToolFailed):
        perf_tools.consume("127.0.0.1:1", _CELL, 100_000)
