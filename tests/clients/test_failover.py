"""A broker of three is killed, leaves, or stands still, while clients write and read: how long they wait, and that nothing is lost or doubled.

Each client is looked at when a broker leaves (all within a second) and when one is killed (all within five, usually well below one: other brokers lead what
a broker led as soon as nobody answers at its address). `PENSTOCK_FAILOVER=long` asks all clients of the matrix; otherwise those that most others are
made of.
"""

import itertools
import os
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from tests.clients.catalog import BY_NAME, ClientSpec
from tests.clients.driver import Driver
from tests.clients.test_matrix import new_name
from tests.support.cluster import Cluster, ClusterBroker
from tests.support.waiting import wait_until
from tests.toolchain import required

PARTITIONS = 12
LEAVING_S = 1.0
KILLED_S = 5.0
LOAD_S = 3.0
LONG = os.environ.get("PENSTOCK_FAILOVER") == "long"
PATIENT = {"franz-go": 8.0}
"""Asks for metadata at most once in five seconds (MetadataMinAge), whatever it is told, of any broker: it has just asked here."""

CLIENTS = [BY_NAME[name] for name in (tuple(BY_NAME) if LONG else ("confluent-kafka", "java-4", "franz-go"))]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three brokers."""
    with Cluster(tmp_path_factory.mktemp("failover") / "cluster", 3) as running:
        yield running


@pytest.fixture
def topic(cluster: Cluster) -> str:
    """A new topic that all brokers have a share of."""
    for broker in cluster:
        back_again(cluster, broker)
    name = new_name("failover")
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
    admin.create_topics([NewTopic(name, PARTITIONS, 1)])[name].result()
    return name


def back_again(cluster: Cluster, broker: ClusterBroker) -> None:
    """Start it, and wait until all brokers are known to clients of each of them."""
    if not broker.running:
        broker.start()
    for each in cluster:
        admin = AdminClient({"bootstrap.servers": each.bootstrap})
        wait_until(lambda count: count == 3, lambda admin=admin: len(admin.list_topics(timeout=20).brokers))  # type: ignore[misc]


@pytest.mark.parametrize("spec", CLIENTS, ids=lambda spec: spec.name)
def test_producers_go_on_when_a_broker_goes(cluster: Cluster, topic: str, spec: ClientSpec, tmp_path: Path) -> None:
    """In good order within a second, killed within five; every batch is acknowledged once."""
    driver = Driver(spec.name, required(spec.runner), tmp_path / f"{spec.name}.log")
    victim = cluster[1]
    try:
        longest = {}
        for how, end in (("leaves", victim.terminate), ("is killed", victim.kill)):
            stream = {"stream": how}
            # Without idempotence kafkajs may write twice what it does not know the fate of, here as with Apache Kafka.
            idempotent = spec.name != "kafkajs"
            driver.call("stream_open", **stream, topic=topic, partitions=PARTITIONS, idempotent=idempotent, bootstrap=cluster.bootstrap)
            sent, pauses = 0, []
            ending = threading.Thread(target=end)
            until = time.monotonic() + LOAD_S
            while time.monotonic() < until or ending.is_alive():
                if sent == 20 * PARTITIONS:
                    ending.start()
                began = time.monotonic()
                driver.call("stream_send", **stream, first=sent, count=PARTITIONS)
                answer = driver.call("stream_flush", **stream)
                if ending.ident is not None:  # not before: librdkafka's idempotent producers start in steps of half a second
                    pauses.append(time.monotonic() - began)
                sent += PARTITIONS
            ending.join()
            driver.call("stream_close", **stream)
            assert pauses
            longest[how] = max(pauses)
            assert answer["acknowledged"] == sent
            assert not answer["failed"]
            back_again(cluster, victim)
    finally:
        driver.close()
    print(f"{spec.name}: " + ", ".join(f"{how}: {pause:.2f} s" for how, pause in longest.items()))

    assert longest["leaves"] <= PATIENT.get(spec.name, LEAVING_S)
    assert longest["is killed"] <= PATIENT.get(spec.name, KILLED_S)


class Load:
    """A producer that waits for nothing, and a group that reads all of it, each in a thread of its own."""

    def __init__(self, cluster: Cluster, topic: str) -> None:
        self.acknowledged: dict[int, list[tuple[float, int]]] = defaultdict(list)
        self.read: dict[int, list[tuple[float, int]]] = defaultdict(list)
        self.failures: list[object] = []
        self._settings = {"bootstrap.servers": cluster.bootstrap}
        self._topic = topic
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._produce), threading.Thread(target=self._consume)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        wait_until(lambda seen: seen == PARTITIONS, lambda: len(self.read))
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def longest_pause(self, what: dict[int, list[tuple[float, int]]], since: float) -> float:
        """Of any partition."""
        times = [[at for at, _ in seen if at >= since - 0.5] for seen in what.values()]
        return max(later - earlier for seen in times for earlier, later in itertools.pairwise(seen))

    def _produce(self) -> None:
        producer = Producer({**self._settings, "enable.idempotence": True, "linger.ms": 2})
        number = 0
        while not self._stopping.is_set():
            for partition in range(PARTITIONS):
                producer.produce(self._topic, b"%d" % number, partition=partition, on_delivery=self._settled)
            number += 1
            producer.poll(0.02)
        if producer.flush(30):
            self.failures.append("some were never settled")

    def _settled(self, error: object, message: Message) -> None:
        if error is not None:
            self.failures.append(error)
        else:
            self.acknowledged[message.partition()].append((time.monotonic(), int(message.value())))

    def _consume(self) -> None:
        consumer = Consumer({**self._settings, "group.id": new_name("g"), "auto.offset.reset": "earliest"})
        consumer.subscribe([self._topic])
        deadline = None
        while deadline is None or (time.monotonic() < deadline and self._is_behind()):
            if deadline is None and self._stopping.is_set():
                deadline = time.monotonic() + 30
            for message in consumer.consume(500, timeout=0.1):
                if message.error() is None:
                    self.read[message.partition()].append((time.monotonic(), int(message.value())))
        consumer.close()

    def _is_behind(self) -> bool:
        # The other thread may still be settling; it is looked at once it has ended.
        return self._threads[0].is_alive() or sum(map(len, self.read.values())) < sum(map(len, self.acknowledged.values()))

    def check(self) -> None:
        """Nothing lost, nothing doubled, everything in order."""
        assert not self.failures
        for partition in range(PARTITIONS):
            acknowledged = [number for _, number in self.acknowledged[partition]]
            assert acknowledged == list(range(len(acknowledged)))
            assert [number for _, number in self.read[partition]] == acknowledged


def test_a_group_goes_on_when_a_broker_goes(cluster: Cluster, topic: str) -> None:
    """Writers and readers alike, whatever the broker led or coordinated."""
    with Load(cluster, topic) as load:
        left = time.monotonic()
        cluster[2].terminate()
        time.sleep(1.5)  # the load goes on
        pauses = [load.longest_pause(what, left) for what in (load.acknowledged, load.read)]
        back_again(cluster, cluster[2])
        killed = time.monotonic()
        cluster[0].kill()
        time.sleep(2.5)
        pauses += [load.longest_pause(what, killed) for what in (load.acknowledged, load.read)]
    back_again(cluster, cluster[0])
    print("longest pause of a partition (written, read) after leaving and after a kill:", [round(pause, 2) for pause in pauses])

    load.check()
    assert max(pauses[:2]) <= LEAVING_S
    assert max(pauses[2:]) <= KILLED_S


def test_a_broker_that_stood_still_for_longer_than_its_lease_doubles_nothing(cluster: Cluster, topic: str) -> None:
    """What it had under way when it stopped is refused when it goes on: others have taken over by then."""
    with Load(cluster, topic) as load:
        cluster[1].send(signal.SIGSTOP)
        time.sleep(4.5)  # more than a lease and the time until somebody looks
        cluster[1].send(signal.SIGCONT)
        time.sleep(1)
    assert "fenced" in cluster[1].log_tail()
    back_again(cluster, cluster[1])
    load.check()
