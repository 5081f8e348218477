"""Bit fields of operations."""

from broker.handlers.cluster import authorized_operations


def test_the_fields_are_those_kafka_sends_without_an_authorizer() -> None:
    """Bits are the codes of the ACL operations."""
    assert authorized_operations.bit_field(3, 8) == 0b1_0000_1000
    assert authorized_operations.ON_TOPIC == 3576
    assert authorized_operations.ON_CLUSTER == 8096
    assert authorized_operations.NOT_ASKED == -2147483648
