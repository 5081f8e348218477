"""A cluster of brokers as processes: health, metrics, what is known everywhere, and what a broker says that cannot start."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from tests.broker.test_app import http
from tests.support.cluster import Cluster
from tests.support.postgres import postgres_server
from tests.support.s3 import CLIENT_ENVIRONMENT
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two brokers, and a database that can be stopped."""
    with Cluster(tmp_path_factory.mktemp("app") / "cluster", 2, own_postgres=True) as running:
        yield running


def figures(cluster: Cluster, index: int) -> dict[str, float]:
    text = http(cluster[index], "/metrics")[1]
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line and not line.startswith("#")}


def test_what_is_changed_at_one_broker_is_known_at_the_other(cluster: Cluster) -> None:
    """As soon as the change was answered."""
    one, two = (AdminClient({"bootstrap.servers": broker.bootstrap}) for broker in cluster)
    for number in range(5):
        name = f"known-{number}"
        one.create_topics([NewTopic(name, 3, 1)])[name].result(20)
        assert len(two.list_topics(name, timeout=20).topics[name].partitions) == 3
        two.delete_topics([name])[name].result(20)
        assert name not in one.list_topics(timeout=20).topics
    one.create_topics([NewTopic("set", 1, 1)])["set"].result(20)
    entry = ConfigEntry("retention.ms", "777777", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, "set", incremental_configs=[entry])
    one.incremental_alter_configs([resource])[resource].result(20)
    asked = ConfigResource(ResourceType.TOPIC, "set")

    assert two.describe_configs([asked])[asked].result(20)["retention.ms"].value == "777777"


def test_metrics_tell_of_the_cluster(cluster: Cluster) -> None:
    """Members, shards and connections, at each broker."""
    wait_until(lambda seen: seen["penstock_cluster_peers"] == 1, lambda: figures(cluster, 0))
    seen = [figures(cluster, index) for index in (0, 1)]

    assert [each["penstock_cluster_members"] for each in seen] == [2, 2]
    assert sum(each["penstock_cluster_shards"] for each in seen) == 64
    assert all(each["penstock_cluster_lease_age_seconds"] < 5 for each in seen)
    assert all(each["penstock_cluster_fencings_total"] == 0 for each in seen)


def test_a_catalog_that_is_away_is_said_at_readyz(cluster: Cluster) -> None:
    """Clients are not sent here then; the process stays, and goes on when it is back."""
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
    admin.create_topics([NewTopic("away", 1, 1)])["away"].result(20)
    cluster.postgres.terminate()
    status, body = wait_until(lambda answer: answer[0] == 503, lambda: http(cluster[0], "/readyz"))
    assert "the catalog cannot be reached" in json.dumps(json.loads(body))
    assert status == 503
    assert http(cluster[0], "/livez")[0] == 200
    cluster.postgres.start()
    wait_until(lambda answer: answer[0] == 200, lambda: http(cluster[0], "/readyz"))
    offsets = admin.list_offsets({TopicPartition("away", 0): OffsetSpec.latest()})
    assert next(iter(offsets.values())).result(30).offset == 0


@pytest.mark.parametrize(
    ("catalog", "objects", "says"),
    [
        ("unmigrated", "s3://b", "penstock catalog migrate"),
        ("postgresql://me:pa55word@127.0.0.1:1/x", "s3://b", "cannot be reached"),
        ("migrated", "ftp://b", "objects"),
    ],
)
def test_what_keeps_a_broker_from_starting_is_said(tmp_path: Path, catalog: str, objects: str, says: str) -> None:
    """In a line for an operator, without a traceback and without secrets."""
    server = postgres_server()
    if catalog in ("unmigrated", "migrated"):
        catalog = anyio.run(lambda migrated: server.new_database(migrated=migrated), catalog == "migrated")
    command = [sys.executable, "-m", "broker", "serve", "--data-dir", str(tmp_path), "--listener", "PLAINTEXT://127.0.0.1:0"]
    command += ["--http", "127.0.0.1:0", "--catalog", catalog, "--objects", objects]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **CLIENT_ENVIRONMENT, "PYTHONSAFEPATH": "1"}, timeout=60
    )

    assert done.returncode in (1, 2)
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert "pa55word" not in done.stderr + done.stdout
