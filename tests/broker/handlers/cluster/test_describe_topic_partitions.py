"""DescribeTopicPartitions and its pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.handlers.cluster.describe_topic_partitions import HANDLER
from broker.model import Topic
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_topic_partitions import (
    DescribeTopicPartitionsRequest,
    DescribeTopicPartitionsRequestCursor,
    DescribeTopicPartitionsRequestTopicRequest,
    DescribeTopicPartitionsResponse,
)
from tests.support.topic_world import NODE_ID, TopicWorld


def request(
    *names: str, limit: int = 2000, cursor: tuple[str, int] | None = None
) -> DescribeTopicPartitionsRequest:
    return DescribeTopicPartitionsRequest(
        topics=[DescribeTopicPartitionsRequestTopicRequest(name=name) for name in names],
        response_partition_limit=limit,
        cursor=None
        if cursor is None
        else DescribeTopicPartitionsRequestCursor(topic_name=cursor[0], partition_index=cursor[1]),
    )


def seen(response: DescribeTopicPartitionsResponse) -> list[tuple[str | None, list[int]]]:
    return [(topic.name, [one.partition_index for one in topic.partitions]) for topic in response.topics]


def cursor_of(response: DescribeTopicPartitionsResponse) -> tuple[str, int] | None:
    cursor = response.next_cursor
    return None if cursor is None else (cursor.topic_name, cursor.partition_index)


async def test_topics_with_their_partitions() -> None:
    """By name, with the fields of a partition and all that may be done with the topic."""
    world = TopicWorld()
    await world.topic("b", 2, 2)
    state = await world.topic("a")

    response = await world.ask(HANDLER, request(), 0)

    assert seen(response) == [("a", [0]), ("b", [0, 1])]
    assert response.next_cursor is None
    first = response.topics[0]
    assert (first.topic_id, first.is_internal, first.topic_authorized_operations) == (state.topic_id, False, 3576)
    partition = response.topics[1].partitions[0]
    assert (partition.leader_id, partition.leader_epoch, partition.error_code) == (NODE_ID, 0, 0)
    assert partition.replica_nodes == partition.isr_nodes == [NODE_ID] * 2
    assert (partition.eligible_leader_replicas, partition.last_known_elr, partition.offline_replicas) == ([], [], [])


async def test_named_topics_come_sorted_and_once_with_their_errors() -> None:
    """Nothing is created."""
    world = TopicWorld()
    await world.topic("m")

    response = await world.ask(HANDLER, request("x", "m", "m", "no/way"), 0)

    assert [(topic.name, topic.error_code) for topic in response.topics] == [
        ("m", 0),
        ("no/way", ErrorCode.INVALID_TOPIC_EXCEPTION),
        ("x", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
    ]
    assert len(world.directory) == 1


async def test_pages() -> None:
    """A page ends inside a topic or between two, and the next one goes on there."""
    world = TopicWorld()
    await world.topic("a", 3)
    await world.topic("b", 2)

    first = await world.ask(HANDLER, request(limit=2), 0)
    second = await world.ask(HANDLER, request(limit=1, cursor=("a", 2)), 0)
    third = await world.ask(HANDLER, request(limit=9, cursor=("b", 0)), 0)

    assert (seen(first), cursor_of(first)) == ([("a", [0, 1])], ("a", 2))
    assert (seen(second), cursor_of(second)) == ([("a", [2])], ("b", 0))
    assert (seen(third), cursor_of(third)) == ([("b", [0, 1])], None)


async def test_a_cursor_at_a_topic_that_is_gone_goes_on_with_the_next() -> None:
    """Its partition index says nothing about another topic."""
    world = TopicWorld()
    await world.topic("a", 2)
    await world.topic("c", 2)

    response = await world.ask(HANDLER, request(cursor=("b", 1)), 0)

    assert seen(response) == [("c", [0, 1])]


@pytest.mark.parametrize("limit", [0, -1, -(2**31)])
async def test_a_page_holds_at_least_one_partition(limit: int) -> None:
    """Otherwise a client would never get on."""
    world = TopicWorld()
    await world.topic("a", 2)

    response = await world.ask(HANDLER, request(limit=limit), 0)

    assert (seen(response), cursor_of(response)) == ([("a", [0])], ("a", 1))


async def test_a_page_holds_no_more_than_the_broker_allows() -> None:
    """``max.request.partition.size.limit`` bounds what a client may ask for."""
    world = TopicWorld(max_request_partition_size_limit=2)
    await world.topic("a", 5)

    response = await world.ask(HANDLER, request(limit=2**31 - 1), 0)

    assert seen(response) == [("a", [0, 1])]


@pytest.mark.parametrize("cursor", [("z", 0), ("a", -1)])
async def test_impossible_cursors_are_refused(cursor: tuple[str, int]) -> None:
    """A cursor names one of the topics asked for, and a partition."""
    world = TopicWorld()
    await world.topic("a")

    response = await world.ask(HANDLER, request("a", cursor=cursor), 0)

    assert [topic.error_code for topic in response.topics] == [ErrorCode.INVALID_REQUEST]


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(1, 6), max_size=8), st.integers(1, 7))
def test_pages_together_are_everything_once(sizes: dict[str, int], limit: int) -> None:
    """Whatever the topics and the size of the page, following the cursor meets each partition once and in order."""
    world = TopicWorld()
    for number, (name, count) in enumerate(sizes.items()):
        world.directory.put(
            Topic(
                topic_id=number.to_bytes(16, "big"),
                name=name,
                partitions=tuple(range(number * 10, number * 10 + count)),
            )
        )
    met: list[tuple[str | None, int]] = []
    cursor: tuple[str, int] | None = None
    while True:
        page = HANDLER.handle(request(limit=limit, cursor=cursor), world.context(0))
        found = [(name, index) for name, indexes in seen(page) for index in indexes]
        assert len(found) <= limit
        met += found
        cursor = cursor_of(page)
        if cursor is None:
            break
        assert found, "every page gets on"

    assert met == [(name, index) for name in sorted(sizes) for index in range(sizes[name])]
