"""What each of several brokers on one machine listens on."""

import pytest
from pydantic import ValidationError

from broker.config.settings import Settings
from broker.config.workers import as_worker, shared_listeners

CLUSTER = {"catalog": "postgresql://db/x", "objects": "s3://b"}


def test_ports_follow_each_other() -> None:
    """The set one is shared; each has one more, and what is advertised moves along."""
    settings = Settings(
        **CLUSTER,
        workers=3,
        listeners="A://127.0.0.1:9092,B://127.0.0.1:9192",
        listener_security_protocol_map="A:PLAINTEXT,B:PLAINTEXT",
        advertised_listeners="A://a.test:19092",
        http="127.0.0.1:9644",
        cluster_peer="127.0.0.1:9700",
        node_id=10,
    )
    workers = [as_worker(settings, index) for index in range(3)]

    assert [str(listener) for listener in shared_listeners(settings, [9092, 9192])] == ["A://127.0.0.1:9092", "B://127.0.0.1:9192"]
    assert [[listener.port for listener in worker.listeners] for worker in workers] == [[9093, 9193], [9094, 9194], [9095, 9195]]
    assert [worker.advertised_listeners[0].port for worker in workers] == [19093, 19094, 19095]
    assert [worker.http.port for worker in workers] == [9644, 9645, 9646]
    assert [worker.cluster_peer.port for worker in workers if worker.cluster_peer] == [9700, 9701, 9702]
    assert [worker.node_id for worker in workers] == [10, 11, 12]


def test_what_is_left_open_stays_open() -> None:
    """Free ports are found by each worker for itself, and node ids by the cluster."""
    settings = Settings(**CLUSTER, workers=2, listeners="PLAINTEXT://127.0.0.1:0", http="127.0.0.1:0")
    worker = as_worker(settings, 1)

    assert (worker.listeners[0].port, worker.http.port) == (0, 0)
    assert not worker.names_its_node


def test_a_data_directory_has_one_process() -> None:
    """It is refused with what to do instead."""
    with pytest.raises(ValidationError) as refused:
        Settings(workers=2)

    assert "postgresql://" in str(refused.value.errors()[0]["ctx"]["error"].problems)
