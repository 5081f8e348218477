"""Who the cluster and its brokers are."""

from base64 import urlsafe_b64decode

import pytest

from broker.cluster.identity import ClusterIdentity, new_cluster_id
from broker.model import Node


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
