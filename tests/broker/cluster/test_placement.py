"""Which broker leads which partition."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.cluster.placement import place, zone_of

NODES = st.sets(st.integers(0, 1 << 31), min_size=1, max_size=12)
KEYS = st.lists(st.integers(0, 1 << 31), unique=True, max_size=200)


@given(keys=KEYS, nodes=NODES)
def test_nobody_gets_more_than_its_share(keys: list[int], nodes: set[int]) -> None:
    """Rounded up; and everybody who looks comes to the same, in whatever order they know the brokers."""
    placed = place(keys, nodes)

    assert place(keys, sorted(nodes, reverse=True)) == placed
    assert set(placed) <= nodes
    assert max(Counter(placed).values(), default=0) <= -(-len(keys) // len(nodes))


def test_nobody_leads_where_nobody_is() -> None:
    """-1 is Kafka's word for that."""
    assert place([1, 2], ()) == [-1, -1]


@given(key=st.integers(0, 1 << 40), nodes=st.sets(st.integers(0, 1 << 31), min_size=2, max_size=12))
def test_a_single_partition_moves_only_when_its_broker_goes(key: int, nodes: set[int]) -> None:
    """Other brokers may come and go as they like."""
    (leader,) = place([key], nodes)
    for node in nodes - {leader}:
        assert place([key], nodes - {node}) == [leader]


@pytest.mark.parametrize("count", [12, 64, 300])
def test_few_partitions_move_when_a_broker_comes(count: int) -> None:
    """About those that it gets; the rest stay where their readers' caches are."""
    keys = range(5000, 5000 + count)
    before, after = place(keys, (1, 2, 3)), place(keys, (1, 2, 3, 4))
    moved = sum(old != new for old, new in zip(before, after, strict=True))

    assert count // 4 <= moved <= count // 4 + max(2, count // 10)


@pytest.mark.parametrize("nodes", [2, 3, 5])
def test_topics_of_one_partition_are_spread(nodes: int) -> None:
    """Within a few per cent of even, over many topics."""
    counts = Counter(place([key], range(1, nodes + 1))[0] for key in range(10_000))

    assert max(counts.values()) < 1.08 * 10_000 / nodes
    assert min(counts.values()) > 0.92 * 10_000 / nodes


def test_the_placement_never_changes_between_releases() -> None:
    """Brokers of two releases side by side must agree, or clients are sent to and fro."""
    assert place(range(1, 13), (1, 2, 3)) == PLACED


PLACED = [3, 2, 1, 1, 1, 2, 2, 3, 2, 3, 3, 1]


@pytest.mark.parametrize(
    ("client_id", "zone"),
    [
        ("app,zone=eu-1a", "eu-1a"),
        ("zone_id=use1-az2", "use1-az2"),
        ("x;diskless_az=a", "a"),
        ("consumer ws_az=b", "b"),
        ("app", None),
        ("timezone=utc", None),
        ("zone=", None),
        (None, None),
        ("", None),
    ],
)
def test_clients_say_their_zone_in_their_client_id(client_id: str | None, zone: str | None) -> None:
    """In any of the spellings that other brokers on object stores have made known."""
    assert zone_of(client_id) == zone
