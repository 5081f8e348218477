"""Who the cluster and its brokers are."""

from base64 import urlsafe_b64decode

import pytest

from broker.cluster.directory import TopicDirectory
from broker.cluster.identity import ClusterIdentity, new_cluster_id
from broker.config.live import LiveSettings
from broker.config.settings import Settings
from broker.model import Node, Topic
from broker.storage.catalog.cluster import Member
from broker.storage.catalog.memory import MemoryCatalog


def test_cluster_ids_have_kafkas_form() -> None:
    """A UUID in URL-safe base64 without padding, never beginning with a dash, never the same twice."""
    made = {new_cluster_id() for _ in range(500)}

    assert len(made) == 500
    assert all(len(urlsafe_b64decode(cluster_id + "==")) == 16 and len(cluster_id) == 22 for cluster_id in made)
    assert not any(cluster_id.startswith("-") for cluster_id in made)


def test_each_listener_has_its_own_address() -> None:
    """Clients are told the address that they can reach; port and host may become known after the start."""
    identity = ClusterIdentity("c", 3, "rack", {"A": Node(3, "a.test", 1)})

    assert identity.advertise("B", "b.test", 2) == Node(3, "b.test", 2, "rack")
    assert identity.nodes("A") == [Node(3, "a.test", 1, "rack")]
    assert identity.nodes("B") == [Node(3, "b.test", 2, "rack")]
    with pytest.raises(KeyError):
        identity.nodes("C")


def test_one_broker_leads_and_coordinates_everything() -> None:
    """An embedded cluster has nobody else."""
    identity = ClusterIdentity("c", 3)

    assert identity.leader_of(99) == identity.coordinator_of(0, "group") == identity.controller_id == 3
    assert identity.is_coordinator(1, "transaction")
    assert identity.node_ids == {3}


def test_a_consumer_is_best_served_in_its_rack() -> None:
    """By a live broker there that stays, unless this one is there too; where nobody is, wherever it came."""
    topics = TopicDirectory(LiveSettings(Settings(), MemoryCatalog()))
    topics.put(Topic(topic_id=bytes(16), name="t", partitions=tuple(range(20))))
    identity = ClusterIdentity("c", 1, "a", topics=topics)
    assert identity.replica_near(5, "b") is None
    members = [
        Member(node_id=node_id, epoch=1, rack=rack, listeners={"PLAINTEXT": ("h", node_id)}, leaving=leaving)
        for node_id, rack, leaving in ((1, "a", False), (2, "a", False), (3, "b", False), (4, "b", False), (5, "c", True))
    ]
    identity.follow(members, {})
    assert [identity.replica_near(5, rack) for rack in ("a", "c", "d", "")] == [None] * 4
    near = {pid: identity.replica_near(pid, "b") for pid in range(20)}
    assert set(near.values()) == {3, 4}
    assert near == {pid: identity.leader_of(pid, "b") for pid in range(20)}
    identity.follow(members[:3], {})
    assert {identity.replica_near(pid, "b") for pid in range(20)} == {3}
