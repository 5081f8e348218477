"""Consumers that say which rack they are in (KIP-392) are served by a broker there, in a cluster whose brokers are in two."""

import base64
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from tests.clients.catalog import BY_NAME, ClientSpec
from tests.clients.conftest import DriverOf
from tests.support.cluster import Cluster
from tests.support.penstock import Penstock

CLIENTS: Final = ("confluent-kafka", "java-4", "java-3", "franz-go")
PARTITIONS: Final = 6
COUNT: Final = 3000


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three brokers, of which the last is alone in rack b."""
    with Cluster(tmp_path_factory.mktemp("racks"), 0) as started:
        for rack in ("a", "a", "b"):
            started.add_broker(env={"PENSTOCK_BROKER_RACK": rack})
        yield started


def counted(broker: Penstock, name: str) -> float:
    """The sum of a counter's series."""
    with urllib.request.urlopen(f"http://{broker.http}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name) and not line.startswith("#"))


@pytest.mark.parametrize("spec", [pytest.param(BY_NAME[name], id=name) for name in CLIENTS])
def test_a_consumer_reads_from_the_broker_in_its_rack(cluster: Cluster, driver_of: DriverOf, spec: ClientSpec, tmp_path: Path) -> None:
    """All of it, in order, after the brokers that lead the partitions have sent it there; without a rack it reads from those."""
    driver = driver_of(spec.name)
    topic = f"near-{spec.name}-{time.time_ns()}"
    # Consumers go to replicas only, so one must be named in each rack.
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap, "log_level": 0})
    admin.create_topics([NewTopic(topic, PARTITIONS, 2)])[topic].result(20)
    padding = "x" * 1000
    records = [
        {"partition": number % PARTITIONS, "key": None, "value": base64.b64encode(f"{number} {padding}".encode()).decode()}
        for number in range(COUNT)
    ]
    driver.call("produce", bootstrap=cluster.bootstrap, topic=topic, records=records, compression="none", acks="all", idempotent=True)

    def read(**options: str) -> tuple[list[float], float]:
        """Bytes given by each broker, and how often somebody was sent on."""
        given = [counted(broker, "penstock_record_bytes_fetched_total") for broker in cluster]
        sent_on = sum(counted(broker, "penstock_fetches_redirected_total") for broker in cluster)
        found = driver.call("read", bootstrap=cluster.bootstrap, topic=topic, count=COUNT, deadline_ms=30_000, **options)["records"]
        for partition in range(PARTITIONS):
            offsets = [record["offset"] for record in found if record["partition"] == partition]
            assert offsets == list(range(COUNT // PARTITIONS))
        after = [counted(broker, "penstock_record_bytes_fetched_total") for broker in cluster]
        return (
            [now - before for now, before in zip(after, given, strict=True)],
            sum(counted(broker, "penstock_fetches_redirected_total") for broker in cluster) - sent_on,
        )

    by_broker, sent_on = read(rack="b")
    assert by_broker[2] >= COUNT * 1000
    assert sum(by_broker[:2]) == 0
    assert sent_on > 0
    by_broker, sent_on = read()
    assert sum(by_broker) >= COUNT * 1000
    assert sum(by_broker[:2]) > 0
    assert sent_on == 0
