"""Which quota holds for a client."""

import random
from itertools import combinations

import pytest

from security.quotas.entity import QuotaEntity
from security.quotas.kinds import QuotaKind
from security.quotas.quota_table import QuotaTable

KIND = QuotaKind.PRODUCER_BYTE_RATE
ORDER: tuple[tuple[dict[str, str | None], str], ...] = (
    ({"user": "u", "client-id": "c"}, "user and client id"),
    ({"user": "u", "client-id": None}, "user and default client id"),
    ({"user": "u"}, "user"),
    ({"user": None, "client-id": "c"}, "default user and client id"),
    ({"user": None, "client-id": None}, "default user and default client id"),
    ({"user": None}, "default user"),
    ({"client-id": "c"}, "client id"),
    ({"client-id": None}, "default client id"),
)


@pytest.mark.parametrize("size", range(1, len(ORDER) + 1))
def test_the_most_specific_holds(size: int) -> None:
    """Whichever of Kafka's eight levels there are, the first of them decides."""
    for chosen in combinations(range(len(ORDER)), size):
        table = QuotaTable()
        for level in reversed(chosen):
            table.set(QuotaEntity.of(ORDER[level][0]), KIND, level + 1.0)

        limit = table.find(KIND, "u", "c")

        assert limit is not None
        assert (limit.rate, limit.rule) == (chosen[0] + 1.0, ORDER[chosen[0]][1])


def test_nobody_else_is_bounded() -> None:
    """A quota of one is none of others; of another kind it is none either."""
    table = QuotaTable()
    table.set(QuotaEntity.of({"user": "u", "client-id": "c"}), KIND, 1.0)

    assert table.find(KIND, "u", "d") is None
    assert table.find(KIND, "v", "c") is None
    assert table.find(QuotaKind.CONSUMER_BYTE_RATE, "u", "c") is None
    assert table.kinds == {KIND}


def test_who_shares_a_quota() -> None:
    """A user's clients share the user's; a default gives each as much of its own."""
    table = QuotaTable()
    table.set(QuotaEntity.of({"user": "shared"}), KIND, 1.0)
    table.set(QuotaEntity.of({"user": None, "client-id": None}), KIND, 1.0)

    def bucket(user: str, client_id: str) -> tuple[str, ...]:
        limit = table.find(KIND, user, client_id)
        assert limit is not None
        return limit.bucket

    assert bucket("shared", "a") == bucket("shared", "b")
    assert len({bucket("u", "a"), bucket("u", "b"), bucket("v", "a")}) == 3


def test_a_client_named_like_a_default_is_only_a_client() -> None:
    """Whatever name a client takes, it is never taken for the default of others."""
    table = QuotaTable()
    table.set(QuotaEntity.of({"client-id": None}), KIND, 5.0)
    table.set(QuotaEntity.of({"client-id": "<default>"}), KIND, 1.0)

    named, other = table.find(KIND, "u", "<default>"), table.find(KIND, "u", "None")

    assert named is not None
    assert named.rate == 1.0
    assert other is not None
    assert other.rate == 5.0


def test_addresses() -> None:
    """One of their own, or the default."""
    table = QuotaTable()
    table.set(QuotaEntity.of({"ip": "10.0.0.1"}), QuotaKind.CONNECTION_CREATION_RATE, 2.0)
    assert table.find_address("10.0.0.2") is None
    table.set(QuotaEntity.of({"ip": None}), QuotaKind.CONNECTION_CREATION_RATE, 7.0)

    assert [limit and limit.rate for limit in map(table.find_address, ("10.0.0.1", "10.0.0.2"))] == [2.0, 7.0]
    assert table.kinds == {QuotaKind.CONNECTION_CREATION_RATE}


def test_setting_and_taking_away_leaves_no_trace() -> None:
    """A table that was changed at random is as one that was made of what is left."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    entities = [QuotaEntity.of(parts) for parts, _ in ORDER] + [QuotaEntity.of({"user": "v"})]
    kinds = [kind for kind in QuotaKind if kind is not QuotaKind.CONNECTION_CREATION_RATE]
    table = QuotaTable()
    for _ in range(500):
        table.set(chance.choice(entities), chance.choice(kinds), chance.choice([None, chance.random()]))
    rebuilt = QuotaTable()
    for entity, values in table:
        for kind, value in values.items():
            rebuilt.set(entity, kind, value)

    for kind in kinds:
        for user in ("u", "v", "w"):
            for client_id in ("c", "d", ""):
                assert table.find(kind, user, client_id) == rebuilt.find(kind, user, client_id)
    assert table.kinds == rebuilt.kinds

    for entity in entities:
        for kind in kinds:
            table.set(entity, kind, None)
    assert (len(table), table.kinds) == (0, frozenset())


def test_a_client_cannot_fill_memory_by_long_ids() -> None:
    """Buckets are kept for each client id there was. A quota on a long one holds all the same, and two long ones do not share."""
    table = QuotaTable()
    long, other = "\U0001f600" * 8_000, "\U0001f600" * 8_001
    table.set(QuotaEntity.of({"client-id": None}), KIND, 1.0)
    table.set(QuotaEntity.of({"client-id": long}), KIND, 2.0)
    table.set(QuotaEntity.of({"user": "u", "client-id": None}), KIND, 3.0)

    found = [table.find(KIND, user, client_id) for user in ("v", "u") for client_id in (long, other)]
    assert [limit.rate for limit in found if limit is not None] == [2.0, 1.0, 3.0, 3.0]
    buckets = {limit.bucket for limit in found if limit is not None}
    assert len(buckets) == 4
    assert max(sum(map(len, bucket)) for bucket in buckets) < 100
