"""Clients with quotas are as fast as they may be, whether they do as they are told or not."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer

from broker.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from tests.differential.raw_client import RawClient
from tests.differential.scripts_data import batch, produce
from tests.differential.scripts_quotas import alter
from tests.differential.topics import create
from tests.support.penstock import Penstock

pytestmark = pytest.mark.clients

RATE = 100_000.0
WINDOWS = 2
"""One window of a second that counts besides the open one: a burst is that long."""


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("quotas")
    own = folder / "server.properties"
    own.write_text(f"quota.window.num={WINDOWS}\n")
    with Penstock(folder / "data", "--properties", str(own)) as broker:
        yield broker.bootstrap


def bound(bootstrap: str, client_id: str, **quotas: float) -> None:
    client = RawClient(bootstrap)
    answer = alter(client, 1, ({"client-id": client_id}, quotas))
    assert answer.entries[0].error_code == 0
    client.close()


def test_a_producer_keeps_to_its_rate(bootstrap: str) -> None:
    """One that waits as it is told; another beside it is as fast as ever."""
    bound(bootstrap, "slow", producer_byte_rate=RATE)
    seconds = {}
    for name in ("slow", "fast"):
        producer = Producer({"bootstrap.servers": bootstrap, "client.id": name, "batch.num.messages": 10, "linger.ms": 5})
        began = time.monotonic()
        for _ in range(100):
            producer.produce("rates", bytes(5_000))
        assert producer.flush(60) == 0
        seconds[name] = time.monotonic() - began

    # 500,000 bytes, of which up to two windows' worth are free.
    assert seconds["slow"] >= 2.5
    assert seconds["fast"] < seconds["slow"] / 2


def test_who_does_not_wait_is_not_heard(bootstrap: str) -> None:
    """A client that goes on at once is answered no sooner than one that waits."""
    bound(bootstrap, "deaf", producer_byte_rate=RATE)
    client = RawClient(bootstrap, "deaf")
    topic_id = create(RawClient(bootstrap), "deaf")
    began = time.monotonic()
    told_ms = 0
    for _ in range(12):
        answer = produce(client, 9, "deaf", topic_id, {0: batch(1, value=bytes(40_000))})
        assert answer.responses[0].partition_responses[0].error_code == 0
        told_ms += answer.throttle_time_ms
    took = time.monotonic() - began
    client.close()

    # The last answer's time is not waited for.
    assert took >= 2.0
    assert took * 1000 >= told_ms - answer.throttle_time_ms


def test_a_consumer_keeps_to_its_rate(bootstrap: str) -> None:
    """It gets everything, in its time, and never more at once than a burst."""
    writer = RawClient(bootstrap)
    topic_id = create(writer, "read")
    for _ in range(50):
        produce(writer, 9, "read", topic_id, {0: batch(1, value=bytes(10_000))})
    bound(bootstrap, "reader", consumer_byte_rate=RATE)
    raw = RawClient(bootstrap, "reader")
    partition = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1 << 20)
    request = FetchRequest(max_wait_ms=0, min_bytes=1, max_bytes=1 << 20, topics=[FetchTopic(topic="read", partitions=[partition])])
    answer = raw.call(1, 11, request)
    assert 0 < len(bytes(answer.responses[0].partitions[0].records)) <= RATE * (WINDOWS - 1)
    raw.close()

    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "client.id": "reader", "group.id": "g", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe(["read"])
    began = time.monotonic()
    read = 0
    while read < 50:
        assert time.monotonic() - began < 60
        message = consumer.poll(1.0)
        if message is not None:
            assert message.error() is None
            read += 1
    took = time.monotonic() - began
    consumer.close()

    assert took >= 2.5
