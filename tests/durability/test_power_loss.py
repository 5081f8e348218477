"""What a loss of power may take of the catalog, under load: its latest commits, as far as nothing flushed them.

The segments stay as they are (they are flushed before anything is acknowledged); the catalog is put back to what it was some
thousands of records ago. The tests of every write boundary are in ``tests/broker/storage/test_crash.py``.
"""

import os
import sqlite3
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.durability.ledger import Ledger
from tests.durability.load import QUICK, LogReader, ProducerLoad
from tests.support.penstock import Penstock

ROUNDS = int(os.environ.get("PENSTOCK_KILL_ROUNDS", "4"))
TOPIC = "orders"
PARTITIONS = 3
PROGRESS_S = 60.0


def copy_of_catalog(data_dir: Path, target: Path) -> None:
    """The catalog with everything that is committed now."""
    target.unlink(missing_ok=True)
    source, copy = sqlite3.connect(data_dir / "catalog.db"), sqlite3.connect(target)
    source.backup(copy)
    source.close()
    copy.close()


def put_back(data_dir: Path, copy: Path) -> None:
    """Nothing that was committed after the copy is left."""
    (data_dir / "catalog.db").write_bytes(copy.read_bytes())
    for side_file in ("catalog.db-wal", "catalog.db-shm"):
        (data_dir / side_file).unlink(missing_ok=True)


def ends(bootstrap: str) -> dict[int, int]:
    consumer = Consumer({**QUICK, "bootstrap.servers": bootstrap, "group.id": "none"})
    try:
        return {
            partition: consumer.get_watermark_offsets(TopicPartition(TOPIC, partition), timeout=20)[1] for partition in range(PARTITIONS)
        }
    finally:
        consumer.close()


@pytest.mark.durability
@pytest.mark.timeout(180 + 30 * ROUNDS)
def test_a_catalog_that_lost_its_latest_commits_comes_to_the_same_log(tmp_path: Path) -> None:
    """Every acknowledged record is there once, in order, under the offset it was acknowledged with and readers saw it at."""
    # Small segments: what is recovered goes through several of them.
    broker = Penstock(tmp_path / "data", env={"PENSTOCK_SEGMENT_FILE_BYTES": "1048576"})
    ledger = Ledger()
    producers: list[ProducerLoad] = []
    try:
        broker.start()
        new = NewTopic(TOPIC, PARTITIONS, 1, config={"message.timestamp.type": "LogAppendTime"})
        admin = AdminClient({**QUICK, "bootstrap.servers": broker.bootstrap})  # held until it has its answer
        admin.create_topics([new])[TOPIC].result(20)
        for number, codec in enumerate(("none", "lz4", "zstd")):
            load = ProducerLoad(broker.bootstrap, TOPIC, PARTITIONS, number, ledger, **{"compression.type": codec})
            producers.append(load.start())
        reader = LogReader(broker.bootstrap, TOPIC, PARTITIONS, ledger, log_append_time=True).start()
        for number in range(ROUNDS):
            # Producers have their ids and keep them; nothing but records is committed from here on, so nothing is flushed.
            ledger.wait_for_more(1000, PROGRESS_S)
            copy_of_catalog(broker.data_dir, tmp_path / "copy.db")
            ledger.wait_for_more(5000 * (1 + number % 4), PROGRESS_S)
            broker.kill()
            put_back(broker.data_dir, tmp_path / "copy.db")
            broker.start()
            assert "committed again what the catalog had lost" in broker.log_tail(), "something was lost, and found again"
            assert not ledger.violations, ledger.violations
        for load in producers:
            load.stop()
        for load in producers:
            load.join()
        reader.read_up_to(ends(broker.bootstrap), 120)
        assert not reader.problems, reader.problems
        violations = ledger.settle()
        assert not violations, violations
        broker.terminate()
    except BaseException:
        print(broker.log_tail())
        raise
    finally:
        for load in producers:
            load.stop()
        broker.kill()
        print(f"{ROUNDS} rounds; {ledger.acknowledged} records acknowledged, {ledger.seen} in the log")
