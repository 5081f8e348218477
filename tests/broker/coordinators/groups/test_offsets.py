"""Committed offsets: the table, and what has expired."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.member import Member
from broker.coordinators.groups.offsets import OffsetTable, expire_ms, expired_keys, is_metadata_too_large
from broker.coordinators.groups.rebalancing import GroupState
from broker.model import CommittedOffset
from tests.broker.coordinators.groups.consumer_crowd import FakeTopics, SimulatedConsumer, group_of, settle

NAMES = st.sampled_from(["a", "b", "c"])
RETENTION_MS = 1000


class TableMachine(RuleBasedStateMachine):
    """The table against a plain dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.table = OffsetTable()
        self.plain: dict[tuple[str, str, int], CommittedOffset] = {}

    @rule(group=NAMES, topic=NAMES, partition=st.integers(0, 2), offset=st.integers(0, 9))
    def put(self, group: str, topic: str, partition: int, offset: int) -> None:
        self.plain[group, topic, partition] = CommittedOffset(offset=offset)
        self.table.put((group, topic, partition), CommittedOffset(offset=offset))

    @rule(group=NAMES, topic=NAMES, partition=st.integers(0, 2))
    def remove(self, group: str, topic: str, partition: int) -> None:
        self.plain.pop((group, topic, partition), None)
        self.table.remove((group, topic, partition))

    @rule(group=NAMES)
    def remove_group(self, group: str) -> None:
        self.plain = {key: offset for key, offset in self.plain.items() if key[0] != group}
        self.table.remove_group(group)

    @invariant()
    def both_hold_the_same(self) -> None:
        found = {
            (group, topic, partition): offset
            for group in "abc"
            for topic, partitions in self.table.of_group(group).items()
            for partition, offset in partitions.items()
        }
        assert found == self.plain
        assert len(self.table) == len(self.plain)
        assert set(self.table.groups()) == {key[0] for key in self.plain}
        for topic in "abc":
            assert set(self.table.keys_of_topic(topic)) == {key for key in self.plain if key[1] == topic}
        for group in "abc":
            for topic in "abc":
                assert self.table.get(group, topic, 1) == self.plain.get((group, topic, 1))


TestTableMachine = TableMachine.TestCase


def group(state: GroupState, protocol_type: str | None = "consumer", subscribed: Any = None) -> ClassicGroup:
    made = ClassicGroup("g", GroupPolicy())
    made.protocol_type = protocol_type
    made.state = state
    made.subscribed = subscribed
    if state is not GroupState.EMPTY:
        made.roster.add(Member("m", None, "c", "/h", 1, 1, (("range", b""),)), None)
    return made


def expired(of: ClassicGroup, now_ms: int, empty_since_ms: int = -1, **offset: int) -> bool:
    offsets = {"t": {0: CommittedOffset(offset=1, **{"commit_ms": 0, **offset})}}
    keys = expired_keys(of, empty_since_ms, offsets, RETENTION_MS, now_ms)
    assert keys in ([], [("g", "t", 0)])
    return bool(keys)


def test_offsets_of_an_empty_group_expire_after_it_became_empty() -> None:
    """However old they are; by their commit when that time is not known."""
    empty = group(GroupState.EMPTY, subscribed=frozenset())

    assert not expired(empty, 1999, empty_since_ms=1000)
    assert expired(empty, 2000, empty_since_ms=1000)
    assert not expired(empty, 999)
    assert expired(empty, 1000)


def test_offsets_of_a_stable_consumer_group_expire_when_nobody_subscribes() -> None:
    """By their commit."""
    assert expired(group(GroupState.STABLE, subscribed=frozenset({"other"})), 1000)
    assert not expired(group(GroupState.STABLE, subscribed=frozenset({"other"})), 999)
    assert not expired(group(GroupState.STABLE, subscribed=frozenset({"t"})), 10**9)


@pytest.mark.parametrize(
    "busy",
    [
        group(GroupState.STABLE, subscribed=None),
        group(GroupState.STABLE, protocol_type="connect"),
        group(GroupState.PREPARING_REBALANCE, subscribed=frozenset()),
        group(GroupState.COMPLETING_REBALANCE, subscribed=frozenset()),
    ],
)
def test_nothing_expires_while_it_cannot_be_told(busy: ClassicGroup) -> None:
    """In a rebalance, or when subscriptions cannot be read."""
    assert not expired(busy, 10**9)


def test_offsets_kept_without_a_group_expire_by_their_commit() -> None:
    """Nobody ever was a member."""
    lone = group(GroupState.EMPTY, protocol_type=None)

    assert not expired(lone, 1499, commit_ms=500)
    assert expired(lone, 1500, commit_ms=500)


def test_a_retention_time_of_its_own_counts_instead() -> None:
    """OffsetCommit 2-4; also when it is longer."""
    lone = group(GroupState.EMPTY, protocol_type=None)

    assert expired(lone, 10, expire_ms=10)
    assert not expired(lone, 4999, expire_ms=5000)
    assert expire_ms(100, 50) == 150
    assert expire_ms(100, -1) == -1


def test_metadata_is_measured_in_characters() -> None:
    """As Kafka does, for all the name says of bytes; none is fine."""
    assert not is_metadata_too_large("ä" * 4, 4)
    assert is_metadata_too_large("a" * 5, 4)
    assert not is_metadata_too_large(None, 4)


def test_offsets_of_the_consumer_protocol_expire_by_their_commit() -> None:
    """In every state; those of topics that members subscribe to stay."""
    topics = FakeTopics(t=1)
    group = group_of(topics)
    offsets = {name: {0: CommittedOffset(offset=1, commit_ms=0)} for name in ("t", "u")}
    assert len(expired_keys(group, 5_000, offsets, RETENTION_MS, RETENTION_MS)) == 2
    settle(group, [SimulatedConsumer("one")])

    assert expired_keys(group, -1, offsets, RETENTION_MS, RETENTION_MS) == [("g", "u", 0)]
    assert expired_keys(group, -1, offsets, RETENTION_MS, RETENTION_MS - 1) == []
