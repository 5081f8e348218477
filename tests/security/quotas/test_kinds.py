"""Which quotas there are, for whom, and with which values."""

import pytest

from security.quotas.entity import QuotaEntity
from security.quotas.kinds import QuotaKind, QuotaProblem, check_value, kind_of

USER = QuotaEntity.of({"user": "alice"})
BOTH = QuotaEntity.of({"user": "alice", "client-id": None})
ADDRESS = QuotaEntity.of({"ip": None})
OF_CLIENTS = ["producer_byte_rate", "consumer_byte_rate", "request_percentage", "controller_mutation_rate"]


@pytest.mark.parametrize("entity", [USER, BOTH, QuotaEntity.of({"client-id": "app"})], ids=str)
@pytest.mark.parametrize("key", OF_CLIENTS)
def test_clients_have_four(entity: QuotaEntity, key: str) -> None:
    """By Kafka's names, and not the one of addresses."""
    assert kind_of(entity, key) == key
    with pytest.raises(QuotaProblem):
        kind_of(entity, "connection_creation_rate")


@pytest.mark.parametrize("key", [*OF_CLIENTS, "colour", ""])
def test_addresses_have_one(key: str) -> None:
    """And no other."""
    assert kind_of(ADDRESS, "connection_creation_rate") is QuotaKind.CONNECTION_CREATION_RATE
    with pytest.raises(QuotaProblem):
        kind_of(ADDRESS, key)


@pytest.mark.parametrize("kind", QuotaKind)
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf"), float("-inf")])
def test_nonsense_is_refused(kind: QuotaKind, value: float) -> None:
    """As Kafka refuses it: a quota of nothing would never end."""
    with pytest.raises(QuotaProblem):
        check_value(kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (QuotaKind.PRODUCER_BYTE_RATE, 1.5),
        (QuotaKind.CONSUMER_BYTE_RATE, 1e300),
        (QuotaKind.CONNECTION_CREATION_RATE, 1e10),
        (QuotaKind.CONNECTION_CREATION_RATE, 0.5),
    ],
)
def test_some_are_whole_numbers_of_a_size(kind: QuotaKind, value: float) -> None:
    """Bytes and connections."""
    with pytest.raises(QuotaProblem):
        check_value(kind, value)


def test_others_may_be_fractions() -> None:
    """Half a percent of a thread makes sense, and so does a partition every ten seconds."""
    check_value(QuotaKind.REQUEST_PERCENTAGE, 0.5)
    check_value(QuotaKind.CONTROLLER_MUTATION_RATE, 0.1)
    check_value(QuotaKind.PRODUCER_BYTE_RATE, 1e12)
