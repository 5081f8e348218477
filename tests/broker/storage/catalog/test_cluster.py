"""What brokers are told when they are no longer part of the cluster."""

from broker.storage.catalog.cluster import Fenced
from broker.wire.error_codes import ErrorCode


def test_clients_of_a_fenced_broker_are_sent_elsewhere() -> None:
    """They ask for metadata again and find another broker."""
    assert Fenced("the lease ran out").code is ErrorCode.NOT_LEADER_OR_FOLLOWER
