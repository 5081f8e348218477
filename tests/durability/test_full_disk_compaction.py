"""A disk that gets full under compaction: that waits, nothing else is harmed, and with space it goes on by itself."""

import urllib.request
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from tests.durability.load import QUICK
from tests.durability.test_kill_compaction import PARTITIONS, PROPERTIES, TOPIC, Owner, check, read, rounds_of, wait_for
from tests.durability.volume import small_volume
from tests.support.penstock import Penstock

pytestmark = [pytest.mark.durability, pytest.mark.timeout(240)]


def refused_of(broker: Penstock) -> float:
    with urllib.request.urlopen(f"http://{broker.http}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    name = 'penstock_compaction_failures_total{reason="storage"}'
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


def test_compaction_waits_for_space(tmp_path: Path) -> None:
    """The newest value of every key is there before, while, and after the disk is full."""
    properties = tmp_path / "server.properties"
    properties.write_text("".join(f"{name}={text}\n" for name, text in PROPERTIES.items()))
    with small_volume(tmp_path / "volume", 24) as volume:
        broker = Penstock(
            volume.path / "data", "--properties", str(properties), env={"PENSTOCK_SEGMENT_FILE_BYTES": "1048576"}
        )
        broker.log_path = tmp_path / "broker.log"
        with broker:
            config = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0"}
            admin = AdminClient({**QUICK, "bootstrap.servers": broker.bootstrap})
            admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1, config=config)])[TOPIC].result(20)
            owner = Owner(broker.bootstrap, 0).start()
            try:
                wait_for(lambda: owner.count > 500 and rounds_of(broker) > 0, [owner], "compaction goes on")
                volume.fill()
                wait_for(lambda: refused_of(broker) > 0, [owner], "compaction is refused")
                promised = dict(owner.acknowledged)  # before it is read, for more is acknowledged meanwhile
                check(read(broker.bootstrap), [owner], promised)
                volume.free()
                more, rounds = owner.count + 500, rounds_of(broker)
                wait_for(lambda: owner.count > more and rounds_of(broker) > rounds, [owner], "both go on")
            finally:
                owner.stop()
            owner.join()
            assert not owner.problems
            wait_for(
                lambda: all(len(records) == 1 for records in read(broker.bootstrap).values()), [], "one record of each key is left"
            )
            broker.kill()
            broker.start()
            assert {key: records[-1] for key, records in read(broker.bootstrap).items()} == owner.acknowledged
