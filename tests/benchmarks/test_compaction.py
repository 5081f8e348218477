"""The parts of the benchmark beside compaction."""

from pathlib import Path

from benchmarks.compaction import KEYS, TARGET, TOPIC, Outcome, Turn, counter, order, produce, table
from confluent_kafka.admin import AdminClient, NewTopic
from rich.console import Console

from tests.support.penstock import Penstock

METRICS = """# HELP penstock_compaction_bytes_read_total Bytes.
# TYPE penstock_compaction_bytes_read_total counter
penstock_compaction_bytes_read_total 2.5e+06
penstock_compaction_bytes_read_created 17.0
penstock_compaction_failures_total{reason="storage"} 3.0
"""


def test_turns_take_the_first_place_in_turn() -> None:
    """A machine that gets slower is unfair to neither."""
    assert order(3) == [False, True, True, False, False, True]
    assert order(2).count(True) == order(2).count(False)


def test_the_ratio_is_that_of_medians() -> None:
    """One turn that was disturbed decides nothing; what was compacted counts in its own turns only."""
    outcome = Outcome(
        [Turn(False, 100, 5), Turn(True, 90, 10), Turn(True, 10, 20), Turn(False, 110, 0), Turn(False, 90, 0), Turn(True, 85, 30)]
    )
    assert (outcome.median(False), outcome.median(True)) == (100, 85)
    assert outcome.ratio == 0.85
    assert outcome.compacted == 60


def test_counters_are_read_from_what_is_shown() -> None:
    """By their whole name."""
    assert counter(METRICS, "penstock_compaction_bytes_read_total") == 2.5e6
    assert counter(METRICS, "penstock_compaction_bytes_kept_total") == 0


def test_a_miss_is_called_one() -> None:
    """Beside the target."""
    console = Console(width=200, record=True)
    for rate, verdict in ((TARGET * 100 + 1, "pass"), (TARGET * 100 - 1, "MISS")):
        console.print(table(Outcome([Turn(False, 100, 0), Turn(True, rate, 1)])))
        assert verdict in console.export_text()


def test_the_producer_overwrites_keys_for_as_long_as_it_is_told(tmp_path: Path) -> None:
    """And says what was acknowledged in a second."""
    with Penstock(tmp_path / "data") as broker:
        admin = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
        admin.create_topics([NewTopic(TOPIC, 1, 1, config={"cleanup.policy": "compact"})])[TOPIC].result(20)
        assert produce(broker.bootstrap, TOPIC, 2) > 0
        assert produce(broker.bootstrap, TOPIC, 60, 1000) > 0
    assert KEYS > 1000
