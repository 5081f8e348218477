"""Clients push their metrics within a subscription, and they are shown (KIP-714)."""

import re
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from broker.wire.messages.get_telemetry_subscriptions import GetTelemetrySubscriptionsRequest
from broker.wire.messages.push_telemetry import PushTelemetryRequest
from tests.clients.brokers import brokers_of, count_of_brokers, target_broker, target_is_kafka
from tests.clients.conftest import DriverOf
from tests.clients.meddler import CODECS, Meddler
from tests.clients.test_matrix import DEADLINE_MS, new_name, new_topic
from tests.clients.test_transactions import Producer
from tests.differential.raw_client import RawClient
from tests.differential.scripts_configs import incremental
from tests.support.penstock import Penstock
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(target_is_kafka(), reason="Apache Kafka needs a plug-in that receives metrics")

CLIENTS = ("java-4", "confluent-kafka")
CLIENT_METRICS, SET, DELETE = 16, 0, 1
INVALID_RECORD = 87
_LINE = re.compile(r'^penstock_client_metric\{(?P<labels>.*)\} (?P<number>\S+)$', re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass
class Metered:
    """Brokers with a subscription to everything, every 200 ms, each behind somebody who meddles with the compression."""

    brokers: Sequence[Penstock]
    meddlers: Sequence[Meddler]

    @property
    def bootstrap(self) -> str:
        """Where clients go, so that all of their connections are meddled with."""
        return ",".join(f"127.0.0.1:{meddler.port}" for meddler in self.meddlers)

    def prefer(self, codec: str) -> None:
        """What pushes are to be compressed with from now on."""
        for meddler in self.meddlers:
            meddler.preferred = codec
            meddler.pushed.clear()

    def pushed(self) -> list[int]:
        """Codecs that pushes came with since."""
        return [codec for meddler in self.meddlers for codec in meddler.pushed]

    def subscribe(self, *operations: tuple[str, int, str | None]) -> None:
        client = RawClient(self.brokers[0].bootstrap)
        (answer,) = incremental(client, 1, (CLIENT_METRICS, "all", list(operations))).responses
        assert answer.error_code == 0
        client.close()

    def shown(self) -> list[dict[str, str]]:
        """The labels of every series, whichever broker they were pushed to."""
        found = []
        for broker in self.brokers:
            with urllib.request.urlopen(f"http://{broker.http}/metrics", timeout=10) as answer:
                found += [dict(_LABEL.findall(line["labels"])) for line in _LINE.finditer(answer.read().decode())]
        return found

    def names_since(self, before: set[str], kind: str) -> set[str]:
        """Names of metrics, of such a kind, that instances not in ``before`` have pushed."""
        return {
            each["metric"]
            for each in self.shown()
            if each["client_instance_id"] not in before and f".{kind}." in each["metric"]
        }

    def instances(self) -> set[str]:
        return {each["client_instance_id"] for each in self.shown()}


@pytest.fixture(scope="module")
def metered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Metered]:
    meddlers = [Meddler() for _ in range(count_of_brokers())]
    advertised = [f"127.0.0.1:{meddler.port}" for meddler in meddlers]
    with target_broker(tmp_path_factory.mktemp("metered"), advertised=advertised) as running:
        brokers = [broker for broker in brokers_of(running) if isinstance(broker, Penstock)]
        for broker, meddler in zip(brokers, meddlers, strict=True):
            meddler.broker_port = int(broker.bootstrap.rpartition(":")[2])
        it = Metered(brokers, meddlers)
        it.subscribe(("metrics", SET, "*"), ("interval.ms", SET, "200"))
        yield it
    for meddler in meddlers:
        meddler.close()


@pytest.mark.parametrize("codec", ["zstd", "lz4", "gzip", "snappy"])
@pytest.mark.parametrize("name", CLIENTS)
def test_what_producers_push_is_shown(name: str, codec: str, metered: Metered, driver_of: DriverOf) -> None:
    """Compressed as the broker likes it best."""
    metered.prefer(codec)
    before = metered.instances()
    driver = driver_of(name)
    topic = new_topic(driver, metered, "metered", 1)
    producer = Producer(driver, metered, new_name("txn"))
    producer.commit_one(topic, "a")

    names = wait_until(bool, lambda: metered.names_since(before, "producer"))
    assert any(each.startswith("org.apache.kafka.producer.") for each in names)
    assert CODECS[codec] in metered.pushed()
    producer.call("close")


@pytest.mark.parametrize("name", CLIENTS)
def test_what_consumers_push_is_shown(name: str, metered: Metered, driver_of: DriverOf) -> None:
    """While they read."""
    before = metered.instances()
    driver = driver_of(name)
    topic = new_topic(driver, metered, "metered", 1)
    producer = Producer(driver, metered, new_name("txn"))
    reading = driver.submit(
        "read", bootstrap=metered.bootstrap, topic=topic, count=1, deadline_ms=DEADLINE_MS, isolation="read_committed"
    )
    names = wait_until(bool, lambda: metered.names_since(before, "consumer"))
    producer.commit_one(topic, "a")

    assert any(each.startswith("org.apache.kafka.consumer.") for each in names)
    reading.result(90)
    producer.call("close")


def test_garbage_is_refused_and_said_in_the_log(metered: Metered) -> None:
    """At a bounded rate; the broker goes on."""
    client = RawClient(metered.brokers[-1].bootstrap)
    for _ in range(20):
        known = client.call(71, 0, GetTelemetrySubscriptionsRequest(client_instance_id=bytes(16)))
        push = PushTelemetryRequest(
            client_instance_id=known.client_instance_id, subscription_id=known.subscription_id, metrics=b"\xff\xff garbage"
        )
        assert client.call(72, 0, push).error_code == INVALID_RECORD
    lines = metered.brokers[-1].log_path.read_text().count("refused the metrics that a client pushed")
    assert 1 <= lines <= 6
    client.close()


def test_without_a_subscription_nothing_is_pushed(metered: Metered, driver_of: DriverOf) -> None:
    """A client that comes then is told so; those that push already are told with their next push."""
    metered.subscribe(("metrics", DELETE, None), ("interval.ms", DELETE, None))
    before = metered.instances()
    client = RawClient(metered.brokers[-1].bootstrap)
    answer = client.call(71, 0, GetTelemetrySubscriptionsRequest(client_instance_id=bytes(16)))
    assert (answer.error_code, answer.requested_metrics, answer.push_interval_ms) == (0, [], 300_000)
    driver = driver_of("java-4")
    topic = new_topic(driver, metered, "unmetered", 1)
    producer = Producer(driver, metered, new_name("txn"))
    producer.commit_one(topic, "a")
    producer.call("close")
    assert metered.instances() <= before
    client.close()
    metered.subscribe(("metrics", SET, "*"), ("interval.ms", SET, "200"))
