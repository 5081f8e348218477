"""A broker more, and a broker less, while records flow: throughput follows, nobody notices otherwise, and no bytes are copied.

What a broker can do is bounded here by the store (an upload at a time, each of a third of a second), as two cores would bound all of them together.
"""

import os
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from prometheus_client.parser import text_string_to_metric_families

from tests.chaos.broker import Broker
from tests.chaos.hosts import prepare
from tests.chaos.workload import PARTITIONS, TOPIC
from tests.chaos.world import World
from tests.durability.ledger import Ledger
from tests.durability.load import QUICK, ProducerLoad
from tests.support.waiting import wait_until
from tests.toolchain import required

MEASURE_S = float(os.environ.get("PENSTOCK_SCALING_SECONDS", "6"))
EVEN_S = 30.0
BOUNDED = {
    "PENSTOCK_WRITE_UPLOAD_SLOTS": "1",
    "PENSTOCK_WRITE_FLUSH_BYTES": "65536",
    "PENSTOCK_WRITE_INLINE_BYTES": "0",
    "PENSTOCK_WRITE_PUTS_PER_SECOND": "0",
    "PENSTOCK_MERGE_AGE_MS": "3600000",
}


def count(broker: Broker, name: str, **labels: str) -> float:
    """A counter of a broker."""
    with urllib.request.urlopen(f"http://{broker.http}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def rate(of: Callable[[], float], seconds: float) -> float:
    """What a counter grows by in a second."""
    began, before = time.monotonic(), of()
    time.sleep(seconds)  # what is measured is a time
    return (of() - before) / (time.monotonic() - began)


@pytest.mark.durability
@pytest.mark.timeout(300)
def test_a_fourth_broker_takes_its_share(tmp_path: Path) -> None:
    """Within half a minute, without an error at any client; nothing is read from the store for it."""
    required(prepare)
    with World(tmp_path, brokers=3, settings=BOUNDED) as world:
        admin = AdminClient({**QUICK, "bootstrap.servers": world.bootstrap})
        admin.create_topics([NewTopic(TOPIC, 2 * PARTITIONS, 1)])[TOPIC].result(30)
        world.weather(delay_s=0.3)
        ledger = Ledger()
        producers = [
            ProducerLoad(world.bootstrap, TOPIC, 2 * PARTITIONS, number, ledger, **{"queue.buffering.max.messages": 2000})
            for number in range(4)
        ]
        for producer in producers:
            producer.start()
        try:
            ledger.wait_for_more(2000, 60)
            before = rate(lambda: ledger.acknowledged, MEASURE_S)
            added = world.new_broker()
            began = time.monotonic()
            added.start()
            written = {broker.number: count(broker, "penstock_write_bytes_total") for broker in world.brokers}
            shares: dict[int, float] = {}

            def even() -> bool:
                time.sleep(1)  # shares of a second
                now = {broker.number: count(broker, "penstock_write_bytes_total") for broker in world.brokers}
                grown = {number: now[number] - written[number] for number in now}
                written.update(now)
                shares.update({number: grown[number] / max(sum(grown.values()), 1) for number in grown})
                return min(shares.values()) > 0.15 and max(shares.values()) < 0.4

            wait_until(bool, even, EVEN_S)
            took = time.monotonic() - began
            after = rate(lambda: ledger.acknowledged, MEASURE_S)
            copied = sum(count(broker, "penstock_object_bytes_total", operation="get") for broker in world.brokers)
            for producer in producers:
                producer.check()
        finally:
            world.weather()
            for producer in producers:
                producer.stop()
        for producer in producers:
            producer.join()
        print(
            f"three brokers {before:.0f} records/s, four {after:.0f} ({after / before:.2f}); "
            f"even after {took:.1f} s: {', '.join(f'{share:.2f}' for share in shares.values())}; bytes copied {copied:.0f}"
        )
        assert ledger.given_up == 0
        assert copied == 0
        assert after > 1.1 * before
