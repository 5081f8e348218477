"""What the benchmark of rebalances reads out of the members' ledgers."""

from benchmarks.rebalances import Kind, Phase, assigned_after_ms, is_shared, lines, metrics, resumed_after_ms

from broker.wire.messages.share_group_describe import (
    ShareGroupDescribeResponseAssignment,
    ShareGroupDescribeResponseDescribedGroup,
    ShareGroupDescribeResponseMember,
    ShareGroupDescribeResponseTopicPartitions,
)
from tests.clients.group_ledger import Event

_KIND = Kind("group", {})


def _read(at_ms: int, member: str, partition: int) -> Event:
    return Event(at_ms, member, "read", (partition,), 0, 1)


EVENTS = [
    Event(90, "one", "assigned", (0, 1, 2)),
    _read(95, "one", 2),
    Event(110, "one", "revoked", (1, 2)),
    Event(120, "two", "assigned", (1,)),
    _read(125, "two", 1),
    Event(130, "three", "assigned", (2,)),
    _read(131, "one", 0),
    _read(170, "three", 2),
    _read(190, "two", 1),
    Event(300, "two", "assigned", (0,)),
]


def test_assigned_is_when_the_last_partition_was() -> None:
    """What happened before and after does not count."""
    assert assigned_after_ms(EVENTS, Phase("join", 100, 200)) == 30
    assert assigned_after_ms(EVENTS, Phase("nothing", 131, 200)) == 0


def test_read_again_is_when_the_last_that_moved_was() -> None:
    """By whom it was assigned to; what stayed where it was does not count."""
    assert resumed_after_ms(EVENTS, Phase("join", 100, 200)) == 70


def test_a_partition_that_is_not_read_again_counts_to_the_end() -> None:
    """Nothing looks quicker than it was."""
    events = [event for event in EVENTS if event.member != "three" or event.what == "assigned"]

    assert resumed_after_ms(events, Phase("join", 100, 200)) == 100


def test_sessions_become_lines() -> None:
    """Each phase has both times, each time a sample of every session."""
    phases = [Phase("join", 100, 200)]
    slow = metrics(_KIND, [Phase("join", 50, 200)], EVENTS)
    found = lines([slow, slow], [metrics(_KIND, phases, EVENTS)])

    assert [line.metric.name for line in found] == ["group: join, until assigned", "group: join, until read again"]
    assert [(line.kafka_median, line.penstock_median) for line in found] == [(80, 30), (120, 70)]


def _share_group(*held: list[int], epoch: int = 5) -> ShareGroupDescribeResponseDescribedGroup:
    members = [
        ShareGroupDescribeResponseMember(
            member_epoch=5,
            assignment=ShareGroupDescribeResponseAssignment(
                topic_partitions=[ShareGroupDescribeResponseTopicPartitions(partitions=indexes)]
            ),
        )
        for indexes in held
    ]
    return ShareGroupDescribeResponseDescribedGroup(group_epoch=epoch, members=members)


def test_a_share_group_is_shared_out_when_everybody_was_told() -> None:
    """Everything has a reader, nobody has two more than another, and nobody is behind."""
    assert is_shared(_share_group([0, 1], [2]), 2, 3)
    assert is_shared(_share_group([0], [0], [1]), 3, 2)
    assert not is_shared(_share_group([0, 1, 2], []), 2, 3)
    assert not is_shared(_share_group([0, 1], [1]), 2, 3)
    assert not is_shared(_share_group([0, 1], [2]), 3, 3)
    assert not is_shared(_share_group([0, 1], [2], epoch=6), 2, 3)
    assert not is_shared(_share_group(), 1, 3)
